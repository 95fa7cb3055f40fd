import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Viewer } from '@waygraph/kit/auth';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { enforceDeadlines } from './enforce-deadlines.ts';
import { ordersAtWork, type OrdersAtWork } from './testing/orders-at-work.ts';
import { facts } from './testing/saga-facts.ts';
import { operator } from './testing/start-orders.ts';
import type { Mutation } from './types.generated.ts';

const { assigned, reserved, captured, confirmed, assignmentRejected, unavailable } = facts;
const { deliveryCancelled, released, refunded, compensationStuck } = facts;
const args = '$orderId: ID!, $step: String!, $note: String!';
const given = 'orderId: $orderId, step: $step, note: $note';
const payload = '{ order { id status saga { status } } cursor userErrors { code field } }';
const resumeMutation = `mutation (${args}) { resumeSaga(${given}) ${payload} }`;
const closeMutation = `mutation (${args}, $resolution: SagaResolution!) { closeSaga(${given}, resolution: $resolution) ${payload} }`;
const stuckQuery = `query ($first: Int! = 100, $after: String) { stuckSagas(first: $first, after: $after) {
  nodes { id saga { status } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
const statsQuery = `{ sagaStats { running compensating completed compensated needsOperator overdue
  steps { name waiting overdue since } } }`;

describe('a stuck step', () => {
  let work: OrdersAtWork;
  beforeAll(async () => {
    work = await ordersAtWork();
  });
  afterAll(() => work.orders.dispose());

  const settle = async (
    name: 'resumeSaga' | 'closeSaga',
    variables: Record<string, unknown>,
    viewer: Viewer = operator,
  ) =>
    (
      (await work.orders.ask(viewer, name === 'resumeSaga' ? resumeMutation : closeMutation, variables))
        .data as Mutation
    )[name];
  /** An order whose refund its provider refuses for good. */
  const aStuckOrder = () =>
    work.anOrder(
      ...[assigned(), reserved(), captured(), confirmed(), assignmentRejected(), unavailable(2)],
      ...[deliveryCancelled(), released(), compensationStuck()],
    );
  const listed = async (viewer: Viewer | undefined, variables: Record<string, unknown> = {}) =>
    (await work.orders.ask(viewer, stuckQuery, variables)).data.stuckSagas;

  test('is told, shown, and tried again by an operator, with an audit', async () => {
    const orderId = await aStuckOrder();
    expect(await work.see(orderId)).toMatchObject({
      status: 'CANCELLING',
      saga: { status: 'NEEDS_OPERATOR', step: 'PAYMENT' },
    });
    expect((await listed(operator)).nodes).toContainEqual({ id: orderId, saga: { status: 'NEEDS_OPERATOR' } });
    const { order, userErrors } = await settle('resumeSaga', {
      orderId,
      step: 'PAYMENT',
      note: 'the card works again',
    });
    expect([order?.saga?.status, userErrors]).toEqual(['COMPENSATING', []]);
    expect((await work.types(orderId)).slice(-2)).toEqual(['SagaStuck', 'StepRetryRequested']);
    expect((await work.orders.events(orderId)).at(-1)?.payload).toMatchObject({
      step: 'PAYMENT',
      attempt: 1,
      round: 1,
    });
    expect(
      await work.orders.sql('select operator, action, step, note from operator_actions where order_id = $1', [orderId]),
    ).toEqual([{ operator: 'op', action: 'RESUME', step: 'PAYMENT', note: 'the card works again' }]);
    await work.tell(orderId, refunded());
    expect(await work.see(orderId)).toMatchObject({ status: 'CANCELLED', saga: { status: 'COMPENSATED' } });
    expect((await settle('resumeSaga', { orderId, step: 'PAYMENT', note: 'x' })).userErrors).toMatchObject([
      { code: 'STALE_STATE' },
    ]);
  });

  test('is settled by hand, with an audit, and the saga ends', async () => {
    const orderId = await aStuckOrder();
    const closed = await settle('closeSaga', { orderId, step: 'PAYMENT', note: 'by bank', resolution: 'DONE_BY_HAND' });
    expect(closed).toMatchObject({
      order: { status: 'CANCELLED', saga: { status: 'COMPENSATED' } },
      cursor: expect.any(String),
    });
    expect((await work.see(orderId)).saga?.steps).toContainEqual({
      ...{ name: 'PAYMENT', state: 'UNDONE', attempt: 1, detail: 'DONE_BY_HAND: by bank' },
    });
    expect(await work.orders.sql('select action, note from operator_actions where order_id = $1', [orderId])).toEqual([
      { action: 'DONE_BY_HAND', note: 'by bank' },
    ]);
    expect(await work.orders.sql('select settled_minor from saga_instances where order_id = $1', [orderId])).toEqual([
      { settled_minor: '1000' },
    ]);
  });

  test('that was settled by hand is told, and stands in the timeline', async () => {
    const orderId = await aStuckOrder();
    await settle('closeSaga', { orderId, step: 'PAYMENT', note: 'by bank', resolution: 'WRITTEN_OFF' });
    expect((await work.types(orderId)).slice(-2)).toEqual(['StepSettled', 'OrderCancelled']);
    expect((await work.orders.events(orderId)).at(-2)?.payload).toMatchObject({
      ...{ step: 'PAYMENT', resolution: 'WRITTEN_OFF', amountMinor: 1000 },
    });
    expect((await work.see(orderId)).timeline?.nodes).toContainEqual({
      ...{ type: 'StepSettled', detail: 'PAYMENT: written off, BRL 10.00' },
    });
    await work.tell(orderId, refunded());
    expect((await work.types(orderId)).at(-1)).toBe('SagaStuck');
    expect(
      await work.orders.sql('select refunded_minor, settled_minor from saga_instances where order_id = $1', [orderId]),
    ).toEqual([{ refunded_minor: '1000', settled_minor: '1000' }]);
  });

  test('of money is not settled while payments may still give it back', async () => {
    const assignments = async () =>
      (await work.orders.ask(operator, statsQuery)).data.sagaStats!.steps.find(({ name }) => name === 'ASSIGNMENT')
        ?.waiting ?? 0;
    const before = await assignments();
    const orderId = await work.anOrder(
      ...[assigned(), reserved(), captured(), confirmed(), assignmentRejected(), unavailable(2)],
    );
    for (let round = 1; round <= 4; round += 1) {
      await work.passDeadlines(orderId);
      await enforceDeadlines(work.orders.pool);
    }
    // The first assignment is to be undone, though a second was asked for.
    expect((await work.see(orderId)).saga).toMatchObject({
      ...{ status: 'NEEDS_OPERATOR', awaiting: ['DeliveryCancelled', 'StockReleased', 'PaymentRefunded'] },
    });
    expect(await assignments()).toBe(before + 1);
    const close = { orderId, step: 'PAYMENT', note: 'by bank', resolution: 'DONE_BY_HAND' };
    const { userErrors } = await settle('closeSaga', close);
    expect(userErrors).toEqual([{ code: 'IN_PROGRESS', field: ['step'] }]);
    expect(await work.orders.sql('select from operator_actions where order_id = $1', [orderId])).toEqual([]);
    await work.tell(orderId, compensationStuck());
    expect((await settle('closeSaga', close)).userErrors).toEqual([]);
  });

  test('is for operators, who name a step that is stuck and say why', async () => {
    const orderId = await aStuckOrder();
    for (const viewer of [work.ana, { sub: 's1', role: 'seller' } as const])
      expect((await settle('resumeSaga', { orderId, step: 'PAYMENT', note: 'x' }, viewer)).userErrors).toMatchObject([
        { code: 'FORBIDDEN' },
      ]);
    const refusals = async (variables: Record<string, unknown>) =>
      (await settle('closeSaga', { orderId, step: 'PAYMENT', note: 'x', resolution: 'WRITTEN_OFF', ...variables }))
        .userErrors;
    expect(await refusals({ step: 'LUNCH', note: '' })).toEqual([
      { code: 'INVALID_INPUT', field: ['step'] },
      { code: 'INVALID_INPUT', field: ['note'] },
    ]);
    expect(await refusals({ step: 'STOCK' })).toEqual([{ code: 'STALE_STATE', field: ['step'] }]);
    expect(await refusals({ orderId: uniqueId('none') })).toEqual([{ code: 'NOT_FOUND', field: ['orderId'] }]);
    expect(await work.orders.sql('select from operator_actions where order_id = $1', [orderId])).toEqual([]);
  });

  test('is listed with those past their deadline, the longest first, page by page, for operators only', async () => {
    const late = await work.anOrder(assigned());
    await work.passDeadlines(late);
    const stuck = await aStuckOrder();
    const all = (await listed(operator)).nodes.map(({ id }) => id);
    expect(all.indexOf(late)).toBeLessThan(all.indexOf(stuck));
    const paged: string[] = [];
    let after: string | null | undefined;
    do {
      const { nodes, pageInfo } = await listed(operator, { first: 1, after });
      expect(pageInfo.hasPreviousPage).toBe(paged.length > 0);
      paged.push(...nodes.map(({ id }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : undefined;
    } while (after !== undefined);
    expect(paged).toEqual(all);
    expect((await listed(work.ana)).nodes).toEqual([]);
    const { errors } = await work.orders.ask(operator, stuckQuery, { after: 'x' });
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  test('counts in the figures of all sagas', async () => {
    const before = (await work.orders.ask(operator, statsQuery)).data.sagaStats!;
    await aStuckOrder();
    await work.anOrder(unavailable());
    const late = await work.anOrder(assigned(), facts.rejected(), assigned(2));
    await work.passDeadlines(late);
    const after = (await work.orders.ask(operator, statsQuery)).data.sagaStats!;
    expect(after).toMatchObject({
      ...{ running: before.running + 1, compensated: before.compensated + 1 },
      ...{ needsOperator: before.needsOperator + 1, overdue: before.overdue + 1 },
    });
    const stock = (stats: typeof before) =>
      stats.steps.find(({ name }) => name === 'STOCK') ?? { waiting: 0, overdue: 0 };
    expect(stock(after)).toMatchObject({ waiting: stock(before).waiting + 1, overdue: stock(before).overdue + 1 });
    expect((await work.orders.ask(work.ana, statsQuery)).data.sagaStats).toBeNull();
  });
});
