import { afterAll, expect, test } from '@jest/globals';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { whereAbouts } from './applied-events.ts';
import { auditOnce } from './audit.ts';
import { openDatabases } from './databases.ts';

const url = (name: string): string => testEnv(`${name}_DATABASE_URL`);
// Of its own: nobody reads what is told there.
const own = await ownDatabase('risk');
const { databases, close } = openDatabases({
  ...{ orders: url('ORDERS'), payments: url('PAYMENTS'), inventory: url('INVENTORY'), routing: url('ROUTING') },
  ...{ risk: own.url, read: url('READ') },
});
const risk = own.sql;
afterAll(async () => {
  await close();
  await own.dispose();
});

test('it cannot change what it looks at', async () => {
  await expect(databases.risk('delete from outbox where false')).rejects.toMatchObject({ code: '25006' });
});

test('an event that waits for another try or an operator is under way, one that was discarded excuses nothing', async () => {
  const [parked, dead, discarded, lost] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
  await risk(
    `insert into parked (consumer_group, key, event_id, topic, partition, record_offset, headers, timestamp_ms, handler, attempts, due_at)
     values ('risk', 'k', $1, 't', 0, 0, '{}', 0, 'h', 1, now())`,
    [parked],
  );
  await risk(
    `insert into dead_letters (consumer_group, key, event_id, topic, partition, record_offset, headers, timestamp_ms, handler, attempts, reason, stack_hash)
     values ('risk', 'k', $1, 't', 0, 0, '{}', 0, 'h', 1, 'r', 's')`,
    [dead],
  );
  for (const id of [discarded, dead])
    await risk(
      `insert into dead_letter_actions (position, consumer_group, event_id, action, who) values (1, 'risk', $1, 'DISCARD', 'o')`,
      [id],
    );
  const missing = [parked, dead, discarded, lost].map(id => ({ group: 'risk' as const, event: { id, type: 't' } }));
  const found = await whereAbouts(databases, missing);
  expect([...found.waiting].sort()).toEqual([`risk ${parked}`, `risk ${dead}`].sort());
  expect([...found.discarded]).toEqual([`risk ${discarded}`]);
});

test('an event that nobody applied and an order that nobody placed are found, when they are old enough', async () => {
  const [orderId, eventId] = [uniqueId('order'), uuidv7()];
  const since = new Date(Date.now() - 1_000);
  await risk(
    `insert into outbox (id, topic, key, type, seq, payload) values ($1, 'delivery.risk', $2, 'DelayConfirmed', 1, '{}')`,
    [eventId, orderId],
  );
  await risk(`insert into order_risks (order_id, customer_id, version) values ($1, 'c', 1)`, [orderId]);
  try {
    const options = { since, quietMs: 0, lateMs: 86_400_000 };
    const mine = async (graceMs: number) =>
      (await auditOnce(databases, { ...options, graceMs })).findings.filter(({ id }) =>
        [orderId, eventId].includes(id),
      );
    expect(await mine(3_600_000)).toMatchObject([{ invariant: 'across/order-exists', id: orderId }]);
    const found = await mine(0);
    expect(found).toContainEqual({
      invariant: 'across/every-event-is-applied',
      id: eventId,
      detail: `DelayConfirmed of ${orderId} (risk): not applied by orders`,
    });
    const all = await auditOnce(databases, { ...options, since: undefined, graceMs: 3_600_000 });
    expect(all.findings).toContainEqual(expect.objectContaining({ invariant: 'across/order-exists', id: orderId }));
    expect(all.checked['across/every-event-is-applied']).toBeGreaterThan(0);
  } finally {
    await risk('delete from outbox where id = $1', [eventId]);
    await risk('delete from order_risks where order_id = $1', [orderId]);
  }
});
