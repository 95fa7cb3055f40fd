import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withTransaction } from '@waygraph/kit/database';
import { enforceDeadlines } from './enforce-deadlines.ts';
import { forgetRequests } from './forget-requests.ts';
import { ordersAtWork, type OrdersAtWork } from './testing/orders-at-work.ts';
import { facts } from './testing/saga-facts.ts';
import { placeOrderMutation } from './testing/start-orders.ts';

const { assigned, reserved, captured, confirmed, paymentFailed } = facts;

describe('deadlines', () => {
  let work: OrdersAtWork;
  beforeAll(async () => {
    work = await ordersAtWork();
  });
  afterAll(() => work.orders.dispose());

  const sweep = () => enforceDeadlines(work.orders.pool);
  /** Everything that is awaited is overdue, so often. */
  const passRounds = async (id: string, rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      await work.passDeadlines(id);
      await sweep();
    }
  };

  test('that have not passed are left alone, and so is what only people are awaited for', async () => {
    const id = await work.anOrder(assigned());
    const sold = await work.anOrder(assigned(), reserved(), captured(), confirmed());
    await sweep();
    expect(await work.types(id)).toEqual(['OrderPlaced']);
    expect((await work.see(sold)).saga).toMatchObject({ step: 'HANDOVER', deadlineAt: null });
  });

  test('are enforced: the owner is asked three times, then the order is cancelled', async () => {
    const id = await work.anOrder();
    await passRounds(id, 3);
    expect(await work.types(id)).toEqual(['OrderPlaced', ...Array<string>(3).fill('StepRetryRequested')]);
    expect((await work.orders.events(id)).slice(1).map(({ payload }) => payload['round'])).toEqual([1, 2, 3]);
    await passRounds(id, 1);
    expect((await work.types(id)).slice(4)).toEqual(['OrderCancelling', 'OrderCancelled']);
    expect(await work.see(id)).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'no answer',
      saga: { status: 'COMPENSATED' },
    });
    const late = await work.see(id);
    await work.tell(id, assigned());
    expect((await work.see(id)).version).toBe(late.version);
  });

  test('of what is being undone lead to an operator', async () => {
    const id = await work.anOrder(assigned(), reserved(), paymentFailed());
    await passRounds(id, 4);
    expect(await work.see(id)).toMatchObject({
      status: 'CANCELLING',
      saga: { status: 'NEEDS_OPERATOR', deadlineAt: null },
    });
    expect((await work.types(id)).slice(-2)).toEqual(['SagaStuck', 'SagaStuck']);
  });

  test('are enforced once, however many look at the same moment', async () => {
    const ids = await Promise.all([1, 2, 3, 4, 5].map(() => work.anOrder()));
    await Promise.all(ids.map(id => work.passDeadlines(id)));
    await Promise.all([sweep(), sweep(), sweep()]);
    for (const id of ids) expect(await work.types(id)).toEqual(['OrderPlaced', 'StepRetryRequested']);
  });

  test('wait for whoever is changing the order: the answer that comes at that moment counts', async () => {
    const id = await work.anOrder();
    await work.passDeadlines(id);
    await withTransaction(work.orders.pool, async sql => {
      await sql('select from orders where id = $1 for update', [id]);
      await sweep();
    });
    expect(await work.types(id)).toEqual(['OrderPlaced']);
    await work.tell(id, assigned());
    await sweep();
    expect(await work.types(id)).toEqual(['OrderPlaced']);
  });

  test('an order that cannot be brought on does not hold up the others', async () => {
    const [broken, sound] = [await work.anOrder(), await work.anOrder()];
    await work.passDeadlines(broken);
    await work.passDeadlines(sound);
    await work.orders.sql(`update saga_instances set parcels = '{}', steps = '"x"' where order_id = $1`, [broken]);
    const faults: string[] = [];
    await enforceDeadlines(work.orders.pool, { onFault: orderId => faults.push(orderId) });
    expect(faults).toEqual([broken]);
    expect(await work.types(sound)).toEqual(['OrderPlaced', 'StepRetryRequested']);
    await work.orders.sql('update saga_instances set deadline_at = null where order_id = $1', [broken]);
  });

  test('however many cannot be brought on, or are being changed: those behind them are', async () => {
    const [broken, held, sound] = [await work.anOrder(), await work.anOrder(), await work.anOrder()];
    for (const id of [broken, held, sound]) await work.passDeadlines(id);
    await work.orders.sql(`update saga_instances set parcels = '{}', steps = '"x"' where order_id = $1`, [broken]);
    await withTransaction(work.orders.pool, async sql => {
      await sql('select from orders where id = $1 for update', [held]);
      await enforceDeadlines(work.orders.pool, { onFault: () => undefined, mostAtOnce: 1 });
    });
    expect(await work.types(held)).toEqual(['OrderPlaced']);
    expect(await work.types(sound)).toEqual(['OrderPlaced', 'StepRetryRequested']);
    await work.orders.sql('update saga_instances set deadline_at = null where order_id = any ($1)', [[broken, held]]);
  });

  test('are enforced only as long as that may go on, which is asked before each order; the others wait for the next turn', async () => {
    const ids = [await work.anOrder(), await work.anOrder(), await work.anOrder()];
    for (const id of ids) await work.passDeadlines(id);
    let asked = 0;
    const mayGoOn = () => (asked += 1) <= 2;
    expect(await enforceDeadlines(work.orders.pool, { mayGoOn })).toBe(2);
    expect(asked).toBe(3);
    const refusing = () => {
      throw new Error('answers are not read');
    };
    await expect(enforceDeadlines(work.orders.pool, { mayGoOn: refusing })).rejects.toThrow('answers are not read');
    const told = async () => (await Promise.all(ids.map(id => work.types(id)))).map(types => types.length).toSorted();
    expect(await told()).toEqual([1, 2, 2]);
    await sweep();
    expect(await told()).toEqual([2, 2, 2]);
  });

  test('are not enforced while events of the order wait to be tried again, or for an operator: the answer may be one', async () => {
    const [waits, other] = [await work.anOrder(), await work.anOrder()];
    const park = `insert into parked_keys (consumer_group, key) values ('orders', $1), ('another', $2)`;
    await work.orders.sql(park, [waits, other]);
    for (const id of [waits, other]) await work.passDeadlines(id);
    await sweep();
    expect(await work.types(waits)).toEqual(['OrderPlaced']);
    expect(await work.types(other)).toEqual(['OrderPlaced', 'StepRetryRequested']);
    await work.orders.sql('delete from parked_keys where key = $1', [waits]);
    await sweep();
    expect(await work.types(waits)).toEqual(['OrderPlaced', 'StepRetryRequested']);
  });

  test('of keys: after a week an answer is forgotten, and not before', async () => {
    const keys = ['old', 'young'];
    for (const idempotencyKey of keys)
      await work.orders.ask(work.ana, placeOrderMutation, { input: work.input({ idempotencyKey }) });
    await work.orders.sql(`update idempotency set created_at = now() - interval '7 days 1 s' where key = 'old'`);
    expect(await forgetRequests(work.orders.sql)).toBe(1);
    expect(await work.orders.sql('select key from idempotency where key = any ($1)', [keys])).toEqual([
      { key: 'young' },
    ]);
  });
});
