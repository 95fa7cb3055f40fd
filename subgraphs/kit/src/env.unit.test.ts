import { expect, test } from '@jest/globals';
import { checkEnv, common, integer, list, port, postgresUrl, secret } from './env.ts';

test('defaults fill what is not set, and an empty variable is not set', () => {
  const result = checkEnv({ ...common, PORT: port(4103), BROKERS: list('a:1, b:2') }, { PORT: '' });
  expect(result).toEqual({
    env: { NODE_ENV: 'development', LOG_LEVEL: 'info', LISTEN_HOST: '127.0.0.1', PORT: 4103, BROKERS: ['a:1', 'b:2'] },
  });
});

test('all faults are told at once, with what was expected and what came', () => {
  const shape = {
    PORT: port(1),
    POOL: integer(4, { min: 1, max: 20 }),
    READ_DATABASE_URL: postgresUrl('postgres://a@b/c'),
    GATEWAY_SECRET: secret(),
  };
  expect(checkEnv(shape, { PORT: '70000', POOL: 'four', READ_DATABASE_URL: 'mysql://user:pw@host' })).toEqual({
    faults: [
      'PORT: expected at most 65535; got "70000"',
      'POOL: expected a whole number from 1 to 20; got "four"',
      'READ_DATABASE_URL: expected a URL like postgres://user:password@host:5432/database; got another value',
      'GATEWAY_SECRET: expected a secret of at least 32 characters; it is not set',
    ],
  });
});

test('a secret that is too short is refused and not repeated', () => {
  expect(checkEnv({ GATEWAY_SECRET: secret() }, { GATEWAY_SECRET: 'hunter2' })).toEqual({
    faults: ['GATEWAY_SECRET: expected at least 32 characters; got another value'],
  });
});
