import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { onProductChanged } from './on-product-changed.ts';

const pool = createPool({ url: testEnv('ORDERS_DATABASE_URL'), max: 1, name: 'orders-consumer-test' });
const sql = sqlOfPool(pool);
const handle = onProductChanged(sql);
const id = uniqueId('product');
afterAll(() => pool.end());

const record = (op: string, version: number, price_minor = 100): RawMessage => ({
  ...{ topic: 'db.command.inventory.products', partition: 0, offset: '0', headers: {}, timestampMs: 0 },
  key: JSON.stringify({ id }),
  value: JSON.stringify({
    op,
    after:
      op === 'd'
        ? null
        : {
            id,
            name: 'Café',
            category: null,
            price_minor,
            currency: 'BRL',
            version,
            updated_at: '2026-11-21T09:30:00.000001Z',
          },
  }),
});

const price = async () =>
  (await sql<{ price_minor: string }>('select price_minor from orders.products where product_id = $1', [id]))[0]
    ?.price_minor;

test('keeps the newest price, whatever is repeated, and forgets a product that is gone', async () => {
  await handle(record('r', 1));
  await handle(record('u', 3, 300));
  await handle(record('u', 2, 200));
  expect(await price()).toBe('300');
  await handle(record('d', 3));
  expect(await price()).toBeUndefined();
});

test('refuses a row that is no product', async () => {
  await expect(handle({ ...record('u', 4), value: JSON.stringify({ op: 'u', after: { id } }) })).rejects.toThrow(
    /price_minor/,
  );
});
