import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { bookTopUps } from '../book-transfers.ts';
import type { Assigned, PaymentMethod, Placed, ReadyForPayment } from '../order-payment.ts';
import type { Cancelled, Cancelling, LinesDropped } from '../order-refund.ts';
import type { PaymentProvider } from '../provider.ts';
import type { PaymentFact } from '../payment-fact.ts';
import { settleCard } from '../settle-card.ts';
import { settlePayments } from '../settle-payments.ts';
import type { RetryRequested } from '../step-answer.ts';

type Settled = Extract<PaymentFact, { type: 'StepSettled' }>['data'];

const eta = {
  etaId: 'e',
  version: 1,
  expectedAt: '2026-11-23T12:00:00.000Z',
  earliestAt: '2026-11-22T12:00:00.000Z',
  latestAt: '2026-11-24T12:00:00.000Z',
  computedAt: '2026-11-21T12:00:00.000Z',
  reason: 'ASSIGNED',
};

/** An order of two lines, 1,000 and 2 × 250, and the events about it that payments hears. */
export function someOrder({
  customerId = uniqueId('customer'),
  couponCode,
  payment = 'WALLET',
}: { customerId?: string; couponCode?: string; payment?: PaymentMethod } = {}) {
  const orderId = uniqueId('order');
  const parties = { orderId, customerId, sellerIds: ['s1'] };
  const placed: Placed = {
    ...parties,
    sellerIds: [],
    status: 'PENDING',
    version: 1,
    placedAt: '2026-11-21T12:00:00.000Z',
    lines: [
      { lineNo: 1, productId: 'p1', quantity: 1, unitPriceMinor: 1_000 },
      { lineNo: 2, productId: 'p2', quantity: 2, unitPriceMinor: 250 },
    ],
    shipTo: { postalCode: '90000-000', city: 'Porto Alegre', state: 'RS' },
    payment,
    ...(couponCode === undefined ? {} : { couponCode }),
    allowPartial: true,
    subtotalMinor: 1_500,
  };
  const lines = [{ lineNo: 1, productId: 'p1', quantity: 1, sellerId: 's1' }];
  const parcel = { deliveryId: 'd', sellerId: 's1', laneId: 'SP>RJ', lines, scoreMinutes: 1, eta };
  return {
    orderId,
    customerId,
    placed,
    assigned: (attempt = 1, droppedLineNos: number[] = []): Assigned => ({
      ...parties,
      attempt,
      parcels: [parcel],
      droppedLineNos,
    }),
    ready: (totalMinor = 1_500): ReadyForPayment => ({
      ...parties,
      ...{ status: 'AWAITING_PAYMENT', version: 2, attempt: 1, payment },
      ...{ subtotalMinor: 1_500, discountMinor: 1_500 - totalMinor, totalMinor },
    }),
    cancelling: (...undo: Cancelling['undo']): Cancelling => ({
      ...parties,
      ...{ status: 'CANCELLING', version: 3, attempt: 1, reason: 'nobody has it', undo },
    }),
    cancelled: (): Cancelled => ({ ...parties, status: 'CANCELLED', version: 4, reason: 'no answer' }),
    dropped: (refundMinor: number, version = 3): LinesDropped => ({
      ...parties,
      ...{ status: 'CONFIRMED', version, attempt: 2, lineNos: [1], refundMinor, reason: 'nobody can serve them' },
    }),
    retry: (step: string, status: RetryRequested['status'] = 'PENDING', attempt = 1): RetryRequested => ({
      ...parties,
      ...{ status, version: 9, attempt, step, round: 1 },
    }),
    settled: (step: string): Settled => ({
      ...parties,
      ...{ status: 'CANCELLED', version: 10, attempt: 1, step, resolution: 'DONE_BY_HAND', amountMinor: 1_500 },
    }),
  };
}

/** What was told about an order, in order. */
export const told = (sql: Sql, orderId: string) =>
  sql<{ seq: number; type: string; payload: Record<string, unknown> }>(
    `select seq::int, type, payload from outbox where topic = 'payment.events' and key = $1 order by seq`,
    [orderId],
  );

export const topUp = (pool: Pool, customerId: string, amountMinor: number) =>
  withTransaction(pool, sql => bookTopUps(sql, [{ customerId, amountMinor }]));

const telling =
  <Type extends PaymentFact['type']>(type: Type) =>
  (sql: Sql, data: Extract<PaymentFact, { type: Type }>['data']) =>
    settlePayments(sql, [{ type, data } as PaymentFact]);

/** What payments does when it is told one thing, in the caller's transaction; gives the order if the provider is to be asked for it. */
export const tell = {
  placed: telling('OrderPlaced'),
  assigned: telling('SellerAssigned'),
  ready: telling('OrderReadyForPayment'),
  dropped: telling('OrderLinesDropped'),
  cancelling: telling('OrderCancelling'),
  cancelled: telling('OrderCancelled'),
  retry: telling('StepRetryRequested'),
  settled: telling('StepSettled'),
};

/** The same, each in a transaction; then the provider is asked at once, and waited for, as a handler's process does soon. */
export function payer(pool: Pool, provider: PaymentProvider) {
  const settle = (orderId: string) => settleCard({ pool, provider }, orderId);
  const then =
    <Event>(work: (sql: Sql, event: Event) => Promise<string[]>) =>
    async (event: Event): Promise<void> => {
      for (const orderId of await withTransaction(pool, sql => work(sql, event))) await settle(orderId);
    };
  return {
    settle,
    capture: then(tell.ready),
    dropLines: then(tell.dropped),
    undo: then((sql, event: Cancelled) =>
      'attempt' in event ? tell.cancelling(sql, event as Cancelling) : tell.cancelled(sql, event),
    ),
    answerAgain: then(tell.retry),
    settleByHand: then(tell.settled),
  };
}

/** Only the test asks the provider: the system's own consumer, which may be at work on this database, knows another one. */
export const leaveToTest = (sql: Sql, orderId: string) =>
  sql("update provider_asks set due_at = 'infinity' where order_id = $1", [orderId]);

/** Amounts that an order moved, by account and kind. */
export const moved = (sql: Sql, orderId: string) =>
  sql<{ kind: string; account_id: string; amount: number }>(
    `select t.kind, e.account_id, e.amount_minor::int as amount from transfers t join entries e on e.transfer_id = t.id
     where t.order_id = $1 order by t.kind, e.amount_minor`,
    [orderId],
  );
