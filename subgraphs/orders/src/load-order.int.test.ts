import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withTransaction, type Sql } from '@waygraph/kit/database';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { lockOrder, lockOrders } from './load-order.ts';
import { decide } from './saga.ts';
import { saveOrder } from './save-order.ts';
import { ordersAtWork, type OrdersAtWork } from './testing/orders-at-work.ts';
import { facts } from './testing/saga-facts.ts';

describe('lockOrders', () => {
  let work: OrdersAtWork;
  beforeAll(async () => {
    work = await ordersAtWork();
  });
  afterAll(() => work.orders.dispose());

  const pidOf = async (sql: Sql) => (await sql<{ pid: number }>('select pg_backend_pid() as pid'))[0]!.pid;
  const isWaiting = async (pid: number) =>
    (await work.orders.sql(`select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`, [pid])).length >
    0;
  const told = (orderId: string) => ({ ...facts.assigned(), data: { ...facts.assigned().data, orderId } });

  /** Has another connection lock orders while `id` is being changed; gives what it got once the change is there. */
  async function lockMeanwhile<Result>(id: string, lock: (sql: Sql) => Promise<Result>): Promise<Result> {
    const { pool } = work.orders;
    let locking: Promise<Result> | undefined;
    await withTransaction(pool, async sql => {
      const { order: before, nowMs } = (await lockOrder(sql, id))!;
      const pid = Promise.withResolvers<number>();
      locking = withTransaction(pool, async other => {
        pid.resolve(await pidOf(other));
        return await lock(other);
      });
      const waiting = await pid.promise;
      await waitFor(() => isWaiting(waiting));
      const { order, events } = decide(before, told(id) as Parameters<typeof decide>[1], nowMs);
      await saveOrder(sql, before, order, events);
    });
    return await locking!;
  }

  test('whoever waited for an order sees all that the one before has done to it: its row, its lines and its saga', async () => {
    const id = await work.anOrder();
    const { order } = (await lockMeanwhile(id, sql => lockOrder(sql, id)))!;
    expect(order).toMatchObject({
      ...{ status: 'ROUTED', lines: [{ sellerId: 's1' }, { sellerId: 's2' }] },
      ...{ parcels: [{ sellerId: 's1' }, { sellerId: 's2' }] },
      steps: [
        { name: 'ASSIGNMENT', state: 'DONE' },
        { name: 'STOCK', state: 'WAITING' },
      ],
    });
    // What it saw can be saved.
    await work.tell(id, facts.reserved());
    expect((await work.see(id)).status).toBe('AWAITING_PAYMENT');
  });

  test('of several orders the one that was changed is new, and the others are as they were', async () => {
    const [one, two] = [await work.anOrder(), await work.anOrder(facts.assigned())];
    const orders = await lockMeanwhile(one, sql => lockOrders(sql, [two, one, 'no-such-order']));
    expect([...orders].map(([id, { order }]) => [id, order.status, order.lines[0]?.sellerId])).toEqual(
      [one, two].toSorted().map(id => [id, 'ROUTED', 's1']),
    );
  });

  test('takes one statement, and leaves out what somebody else is changing where that is wished', async () => {
    const [free, held] = [await work.anOrder(), await work.anOrder()];
    await withTransaction(work.orders.pool, async sql => {
      await lockOrder(sql, held);
      await withTransaction(work.orders.pool, async other => {
        work.orders.statements.length = 0;
        const orders = await lockOrders(other, [free, held], { skipLocked: true });
        expect([[...orders.keys()], work.orders.statements.length]).toEqual([[free], 1]);
      });
    });
  });
});
