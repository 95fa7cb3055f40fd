import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Delivery } from '@waygraph/kit/consumer';
import type { EventHandler } from '@waygraph/kit/event-consumer';
import { handleOnce } from '@waygraph/kit/handle-once';
import { createLog } from '@waygraph/kit/log';
import { uuidv7 } from '@waygraph/kit/outbox';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { changeLaneFactors, lockLaneFactor } from '@waygraph/routing/lane-factors';
import { connectRedis, createLiveFactors } from '@waygraph/routing/live-factors';
import { someOrders, type SomeOrders } from '@waygraph/routing/testing/some-orders';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { LaneFactorChanged } from '@waygraph/schema/events/lane';
import { AssignmentRejected } from '@waygraph/schema/events/delivery';
import {
  OrderCancelled,
  OrderCancelling,
  OrderCancelRequested,
  OrderConfirmed,
  OrderPlaced,
  StepRetryRequested,
} from '@waygraph/schema/events/orders';
import { DelayConfirmed } from '@waygraph/schema/events/risk';
import { StockConfirmationFailed, StockRejected } from '@waygraph/schema/events/stock';
import { rejectAssignment } from '@waygraph/routing/reject-assignment';
import { onAssignmentRejected } from './on-assignment-rejected.ts';
import { onDelayConfirmed } from './on-delay-confirmed.ts';
import { onLaneFactorChanged } from './on-lane-factor-changed.ts';
import { onOrderCancelRequested } from './on-order-cancel-requested.ts';
import { onOrderCancelled } from './on-order-cancelled.ts';
import { onOrderCancelling } from './on-order-cancelling.ts';
import { onOrderConfirmed } from './on-order-confirmed.ts';
import { onOrderPlaced } from './on-order-placed.ts';
import { onStepRetryRequested } from './on-step-retry-requested.ts';
import { onStockConfirmationFailed } from './on-stock-confirmation-failed.ts';
import { onStockRejected } from './on-stock-rejected.ts';

describe('events that routing hears of', () => {
  let orders: SomeOrders;
  const redis = connectRedis({ url: testEnv('REDIS_URL'), log: createLog('test', 'silent') });
  const key = uniqueId('route:delay:factor');
  beforeAll(async () => {
    orders = await someOrders('handlers');
    await orders.world.sellers(
      { id: 'one', lat: -30.04, lon: -51.21, state: 'RS' },
      { id: 'two', lat: -30.05, lon: -51.22, state: 'RS' },
    );
    await orders.world.stock({ bread: { one: 9, two: 9 } });
    await waitFor(() => redis.status === 'ready');
  });
  afterAll(async () => {
    await redis.del(key);
    redis.disconnect();
    await orders.dispose();
  });

  /** Delivers the event as the consumer does: at least once, so here twice. */
  async function deliver(handler: EventHandler, event: OutboxEvent): Promise<void> {
    const handle = handler.wire({
      transact: handleOnce(orders.pool, 'routing'),
    });
    const { topic, type, seq, payload } = event;
    const delivery: Delivery<{ type: string; data: unknown }> = {
      ...{ id: uuidv7(), topic, partition: 0, offset: '0', key: event.key, seq, occurredUs: Date.now() * 1_000 },
      event: { type, data: payload },
    };
    await handle(delivery);
    const told = await orders.sql('select from outbox');
    await handle(delivery);
    expect(await orders.sql('select from outbox')).toHaveLength(told.length);
  }

  const reach = () => ({ read: orders.read, locate: orders.locate, roadKm: orders.roadKm, sql: orders.sql });
  const types = async (orderId: string) => (await orders.events(orderId)).map(({ type }) => type);
  async function placed() {
    const order = orders.placed(['bread']);
    await deliver(onOrderPlaced(reach()), OrderPlaced.outboxEvent(order, { seq: 1 }));
    const { orderId, customerId } = order;
    return {
      orderId,
      customerId,
      sellerIds: [orders.world.id('one')],
      attempt: 1,
      version: 2,
      status: 'PENDING' as const,
    };
  }

  test('OrderPlaced, StockRejected and OrderConfirmed: assigned, assigned anew, started; each once', async () => {
    const order = await placed();
    const rejected = StockRejected.outboxEvent({ ...order, lineNos: [1], reason: 'gone' }, { seq: 1 });
    await deliver(onStockRejected(reach()), rejected);
    await deliver(onOrderConfirmed()[0]!, OrderConfirmed.outboxEvent({ ...order, attempt: 2 }, { seq: 2 }));
    expect(await types(order.orderId)).toEqual([
      ...['SellerAssigned', 'EtaChanged', 'SellerAssigned', 'EtaChanged', 'DeliveryStarted'],
    ]);
  });

  const again = ['SellerAssigned', 'EtaChanged'];

  test('StockConfirmationFailed and AssignmentRejected: assigned anew, each once', async () => {
    const order = await placed();
    const failed = StockConfirmationFailed.outboxEvent({ ...order, reason: 'expired' }, { seq: 1 });
    await deliver(onStockConfirmationFailed(reach()), failed);
    expect(await types(order.orderId)).toEqual([...again, 'SellerAssigned']);
    const { orderId } = order;
    const [sellerId = ''] = order.sellerIds;
    await rejectAssignment(orders, { sub: 'op', role: 'operator' }, { orderId, sellerId, reason: 'broken' });
    const told = (await orders.events(orderId)).at(-1);
    const rejected = AssignmentRejected.outboxEvent(AssignmentRejected.parse(told?.payload).data, { seq: 4 });
    await deliver(onAssignmentRejected(reach()), rejected);
    expect((await types(orderId)).slice(2)).toEqual(['SellerAssigned', 'AssignmentRejected', ...again]);
  });

  test('DelayConfirmed: the parcel moves to who is so much faster', async () => {
    const order = await placed();
    const [sellerId = ''] = order.sellerIds;
    const late = { ...order, sellerId, predictedDelayMinutes: 100_000, reason: 'the lane is jammed' };
    await deliver(onDelayConfirmed(reach()), DelayConfirmed.outboxEvent(late, { seq: 1 }));
    expect(await types(order.orderId)).toEqual([...again, ...again]);
  });

  test('OrderCancelRequested and StepRetryRequested are answered, each once', async () => {
    const order = await placed();
    const retry = (step: string, seq: number) => StepRetryRequested.outboxEvent({ ...order, step, round: 1 }, { seq });
    await deliver(onStepRetryRequested(reach()), retry('ASSIGNMENT', 2));
    await deliver(onStepRetryRequested(reach()), retry('STOCK', 3));
    await deliver(onOrderCancelRequested(), OrderCancelRequested.outboxEvent(order, { seq: 4 }));
    await deliver(onStepRetryRequested(reach()), retry('CANCEL', 5));
    expect((await types(order.orderId)).slice(2)).toEqual(['SellerAssigned', 'DeliveryCancelled', 'DeliveryCancelled']);
    expect((await orders.events(order.orderId)).at(-1)?.payload).toMatchObject({ reason: 'cancelled by the customer' });
  });

  test('OrderCancelling is answered when deliveries are to be undone, OrderCancelled never', async () => {
    const [asked, notAsked, late] = [await placed(), await placed(), await placed()];
    const cancelling = (order: typeof asked, undo: ('DELIVERY' | 'STOCK')[]) =>
      OrderCancelling.outboxEvent(
        { ...order, status: 'CANCELLING', reason: 'the wallet is too low', undo },
        { seq: 2 },
      );
    await deliver(onOrderCancelling(), cancelling(asked, ['STOCK', 'DELIVERY']));
    await deliver(onOrderCancelling(), cancelling(notAsked, ['STOCK']));
    const cancelled = { ...late, status: 'CANCELLED' as const, reason: 'the wallet is too low' };
    await deliver(onOrderCancelled(), OrderCancelled.outboxEvent(cancelled, { seq: 2 }));
    expect((await orders.events(asked.orderId)).at(-1)).toMatchObject({
      ...{ type: 'DeliveryCancelled', payload: { attempt: 1, reason: 'the wallet is too low' } },
    });
    for (const { orderId } of [notAsked, late]) expect(await types(orderId)).toEqual(['SellerAssigned', 'EtaChanged']);
    const statuses = await orders.sql('select distinct status from deliveries where order_id = any ($1)', [
      [asked, notAsked, late].map(({ orderId }) => orderId),
    ]);
    expect(statuses).toEqual([{ status: 'CANCELLED' }]);
  });

  test('LaneFactorChanged: the live copy and the parcels on the lane follow; without Redis the parcels do', async () => {
    const liveFactors = createLiveFactors({ redis, sql: orders.sql, key });
    const away = connectRedis({ url: 'redis://127.0.0.1:1', log: createLog('test', 'silent') });
    const { orderId } = await placed();
    for (const [factor, live] of [
      [2, liveFactors],
      [3, createLiveFactors({ redis: away, sql: orders.sql, key })],
    ] as const) {
      let revision = 0;
      await orders.finish(async sql => {
        revision = (await lockLaneFactor(sql, 'RS>RS')).revision + 1;
        const change = { laneId: 'RS>RS', previousFactor: 1, factor, validUntil: null, revision };
        await changeLaneFactors(sql, [{ ...change, setBy: 'OPERATOR', reason: 'test' }]);
      });
      const event = {
        laneId: 'RS>RS',
        factor,
        previousFactor: 1,
        revision,
        setBy: 'OPERATOR',
        reason: 'test',
      } as const;
      await deliver(
        onLaneFactorChanged({ pool: orders.pool, liveFactors: live, log: createLog('test', 'silent') }),
        LaneFactorChanged.outboxEvent(event, { seq: revision }),
      );
      expect((await orders.events(orderId)).at(-1)).toMatchObject({ payload: { eta: { reason: 'DELAY_FACTOR' } } });
    }
    away.disconnect();
    expect(JSON.parse((await redis.hget(key, 'RS>RS')) ?? 'null')).toMatchObject({ factor: 2 });
    expect(await types(orderId)).toEqual(['SellerAssigned', 'EtaChanged', 'EtaChanged', 'EtaChanged']);
  });
});
