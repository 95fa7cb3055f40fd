import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createLoaders } from './loaders.ts';
import { someOrders, type SomeOrders } from './testing/some-orders.ts';

let orders: SomeOrders;
beforeAll(async () => {
  orders = await someOrders('loaders');
  await orders.world.sellers({ id: 'here', lat: -30.04, lon: -51.21, state: 'RS' });
  await orders.world.stock({ bread: { here: 10 } });
});
afterAll(() => orders.dispose());

test('an estimate whose event was faster than its commit is waited for; one that never was is not', async () => {
  const { orderId } = await orders.assign(orders.placed(['bread']));
  const id = uuidv7();
  let looks = 0;
  const counted: Sql = (text, values) => {
    looks += 1;
    return orders.sql(text, values);
  };
  const client = await orders.pool.connect();
  await client.query('begin');
  await client.query(
    `insert into eta_ledger
     select (jsonb_populate_record(e, jsonb_build_object('id', $2::text, 'version', e.version + 1))).*
     from eta_ledger e join deliveries d on d.id = e.delivery_id where d.order_id = $1`,
    [orderId, id],
  );
  const told = createLoaders(counted).eta.load(id);
  await waitFor(() => looks > 0, { what: 'the first look' });
  await client.query('commit');
  client.release();
  expect(await told).toMatchObject({ eta: { id } });

  looks = 0;
  const longAgo = uuidv7(Date.now() - 3_600_000);
  expect(await createLoaders(counted).eta.load(longAgo)).toBeNull();
  expect(looks).toBe(1);
});
