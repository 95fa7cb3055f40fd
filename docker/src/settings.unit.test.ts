import { describe, expect, test } from '@jest/globals';
import { ownSystem, portNames, settingsFrom } from './settings.ts';

const source = { HOME: '/home/somebody', PATH: '/bin' };

describe('settings', () => {
  test('addresses follow the ports', () => {
    const { env } = settingsFrom({ ...source, POSTGRES_PORT: '6000', KAFKA_PORT: '6001', INVENTORY_PORT: '6002' });
    expect(env).toMatchObject({
      INVENTORY_DATABASE_URL: 'postgres://inventory:inventory@127.0.0.1:6000/command',
      READ_DATABASE_URL: 'postgres://reader:reader@127.0.0.1:6000/read',
      READ_SYNC_DATABASE_URL: 'postgres://read_sync:read_sync@127.0.0.1:6000/read',
      KAFKA_BROKERS: '127.0.0.1:6001',
      INVENTORY_URL: 'http://127.0.0.1:6002/graphql',
    });
  });

  test('an address that is given stays, the machine’s own variables are kept apart', () => {
    const url = 'postgres://risk:other@10.0.0.9:5432/command';
    const { env, machine } = settingsFrom({ ...source, RISK_DATABASE_URL: url, CORS_ORIGINS: 'https://shop.example' });
    expect(env['RISK_DATABASE_URL']).toBe(url);
    expect(machine).toEqual({ ...source, CORS_ORIGINS: 'https://shop.example' });
  });

  test('a second system shares neither ports, nor folder, nor the addresses that were given for the first', () => {
    const first = settingsFrom({
      ...source,
      REDIS_URL: 'redis://10.0.0.9:6379',
      WAYGRAPH_DATA: '/first',
      POSTGRES_PORT: '7000',
    });
    const second = ownSystem(first, '/second', 10_000);
    expect(second.data).toBe('/second');
    expect(second.env['REDIS_URL']).toBe('redis://127.0.0.1:16379');
    expect(second.ports.POSTGRES_PORT).toBe(17_000);
    expect(portNames.filter(name => second.ports[name] !== first.ports[name] + 10_000)).toEqual([]);
  });
});
