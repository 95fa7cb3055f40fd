import { describe, expect, test } from '@jest/globals';
import { planPlaces } from './places.ts';

describe('planPlaces', () => {
  test('one server by default, with a schema and a login per service', () => {
    const { command, read } = planPlaces({ POSTGRES_PORT: '6000' });
    expect(command.map(({ host, port, database }) => ({ host, port, database }))).toEqual([
      { host: '127.0.0.1', port: 6000, database: 'command' },
    ]);
    expect(command[0]?.owners.map(({ schema }) => schema)).toEqual([
      'orders',
      'payments',
      'inventory',
      'routing',
      'risk',
    ]);
    expect(read).toMatchObject({
      port: 6000,
      database: 'read',
      reader: { user: 'reader' },
      writer: { user: 'read_sync' },
    });
  });

  test('a service whose URL names another server moves there, alone', () => {
    const { command } = planPlaces({ INVENTORY_DATABASE_URL: 'postgres://inventory:i%40@db2:5433/command' });
    expect(command.map(({ host, owners }) => [host, owners.map(({ schema }) => schema)])).toEqual([
      ['127.0.0.1', ['orders', 'payments', 'routing', 'risk']],
      ['db2', ['inventory']],
    ]);
    expect(command[1]?.owners[0]?.login).toEqual({ user: 'inventory', password: 'i@' });
  });

  test('says every fault at once', () => {
    const faulty = { ORDERS_DATABASE_URL: 'mysql://a:b@c/d', RISK_DATABASE_URL: 'postgres://routing@h/command' };
    expect(() => planPlaces(faulty)).toThrow(
      /ORDERS_DATABASE_URL: expected postgres[^]*RISK_DATABASE_URL: expected postgres.*lacks password/,
    );
  });

  test('refuses a login that serves two purposes', () => {
    expect(() => planPlaces({ RISK_DATABASE_URL: 'postgres://routing:routing@127.0.0.1/command' })).toThrow(
      'RISK_DATABASE_URL: the login "routing" is also that of ROUTING_DATABASE_URL',
    );
  });
});
