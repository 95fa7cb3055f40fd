import { expect, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { serviceNames } from '@waygraph/schema/services';
import { provision } from './provision.ts';

const names = [
  ...serviceNames.map(service => `${service.toUpperCase()}_DATABASE_URL`),
  ...[
    'CDC_DATABASE_URL',
    'READ_DATABASE_URL',
    'READ_SYNC_DATABASE_URL',
    'POSTGRES_ADMIN_USER',
    'POSTGRES_ADMIN_PASSWORD',
  ],
];
const env = () => Object.fromEntries(names.map(name => [name, testEnv(name)]));

test('a second and a third provisioning, at the same moment, find nothing to do', async () => {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const [first, second] = await Promise.all([provision(env(), say), provision(env(), say)]);
  expect(said).toEqual([]);
  expect(first).toEqual(second);
  expect(first.servers[0]).toMatchObject({
    ...{ index: 1, slotSuffix: '', slots: { outbox: 'outbox', tables: 'tables' } },
    capturedTables: ['inventory.sellers', 'inventory.products', 'inventory.stock', 'routing.deliveries', 'cdc.beats'],
  });
});

test('a server that is away is named', async () => {
  const away = { ...env(), INVENTORY_DATABASE_URL: 'postgres://inventory:inventory@127.0.0.1:1/command' };
  await expect(provision(away, () => undefined)).rejects.toThrow(
    /^PostgreSQL 127\.0\.0\.1:1\/postgres: .*ECONNREFUSED/,
  );
});
