import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { createApply } from './apply.ts';
import { tables } from './tables.ts';

const pool = createPool({ url: testEnv('READ_SYNC_DATABASE_URL'), max: 1, name: 'read-sync-test' });
const sql = sqlOfPool(pool);
const apply = createApply({ pool, tables });
const mine = uniqueId('delivery');

afterAll(async () => {
  await sql('delete from stats.deliveries where id like $1', [`${mine}%`]);
  await pool.end();
});

const delivery = (version: number, change: object) => ({
  ...{ id: mine, order_id: `${mine}-o`, customer_id: 'c', seller_id: 's', lane_id: 'RS>SP', status: 'ASSIGNED' },
  ...{ attempt: 1, lines: '[{"lineNo":1}]', progress: '{"factor":1}', lane_revision: 0, version },
  ...{ started_at: null, handover_due_at: null, handed_over_at: null, scanned_at: null, delivered_at: null },
  updated_at: '2026-11-21T09:30:00.123456Z',
  ...change,
});

const record = (row: ReturnType<typeof delivery>): RawMessage => ({
  ...{ topic: 'db.command.routing.deliveries', partition: 0, offset: '0', headers: {}, timestampMs: 0 },
  key: JSON.stringify({ id: row.id }),
  value: JSON.stringify({ op: 'u', before: null, after: row }),
});

test('a parcel’s row follows it, whatever the order in which its versions come', async () => {
  const started = { started_at: '2026-11-21T10:00:00Z', handover_due_at: '2026-11-24T10:00:00Z', status: 'STARTED' };
  const handedOver = { ...started, status: 'HANDED_OVER', handed_over_at: '2026-11-22T08:00:00.5Z' };
  await apply([record(delivery(1, {}))]);
  await apply([record(delivery(3, handedOver)), record(delivery(2, started))]);
  await apply([record(delivery(2, started))]);
  const rows = await sql(
    `select order_id, seller_id, lane_id, status, version, started_at at time zone 'utc' as started,
       handed_over_at at time zone 'utc' as "handedOver", delivered_at
     from stats.deliveries where id = $1`,
    [mine],
  );
  expect(rows).toEqual([
    {
      ...{ order_id: `${mine}-o`, seller_id: 's', lane_id: 'RS>SP', status: 'HANDED_OVER', version: '3' },
      ...{ started: '2026-11-21 10:00:00', handedOver: '2026-11-22 08:00:00.5', delivered_at: null },
    },
  ]);
});
