import { common, integer, loadEnv, port, postgresUrl, secret } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  PAYMENTS_PORT: port(4102),
  PAYMENTS_DATABASE_URL: postgresUrl('postgres://payments:payments@127.0.0.1:5432/command'),
  DATABASE_POOL: integer(6, { min: 1, max: 100 }),
  GATEWAY_SECRET: secret(),
  CURSOR_SECRET: secret(),
};

export const readEnv = () => loadEnv(envModel);
