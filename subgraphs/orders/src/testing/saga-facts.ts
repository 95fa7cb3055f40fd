import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { OrderStatus } from '../order.ts';
import { decide } from '../saga.ts';
import { newSaga, type SagaOrder } from '../saga-state.ts';
import type { Fact } from '../saga-table.ts';

const orderId = 'order';
const parties = { orderId, customerId: 'ana', sellerIds: [] };
const payment = { paymentId: 'p', method: 'WALLET' } as const;
const parcel = { laneId: 'SP>SP', ...parties };
const instant = '2026-11-21T09:30:00.000Z';
const eta = {
  ...{ etaId: 'e', version: 1, expectedAt: instant, earliestAt: instant, latestAt: instant, computedAt: instant },
  reason: 'ASSIGNED',
};
const lines = [{ lineNo: 1, productId: 'a', quantity: 1, sellerId: 's' }];

/** An order of two lines for 1,000 together, placed a moment ago. */
export const anOrder = (given: Partial<SagaOrder> = {}): SagaOrder => ({
  ...{ id: orderId, customerId: 'ana', status: 'PENDING', version: 1 },
  lines: [1, 2].map(lineNo => ({
    ...{ lineNo, productId: `p${lineNo}`, name: 'Café', quantity: lineNo, unitPriceMinor: lineNo === 1 ? 600 : 200 },
    ...{ status: 'ACTIVE', sellerId: null },
  })),
  ...{ couponCode: null, paymentMethod: 'WALLET', discountMinor: 0, cancelReason: null, cancelRefused: null },
  ...newSaga(0),
  ...given,
});

/** Facts of the other services, by what they say. */
export const facts = {
  /** `sellers`: of line 1 and 2; null drops the line. */
  assigned: (attempt = 1, sellers: readonly (string | null)[] = ['s1', 's2']): Fact => ({
    type: 'SellerAssigned',
    data: {
      ...parties,
      attempt,
      parcels: [...new Set(sellers)]
        .filter(seller => seller !== null)
        .map(sellerId => ({
          ...{ deliveryId: `d-${sellerId}`, sellerId, laneId: 'SP>SP', scoreMinutes: 1, eta },
          lines: sellers.flatMap((seller, index) =>
            seller === sellerId
              ? [{ lineNo: index + 1, productId: `p${index + 1}`, quantity: index + 1, sellerId }]
              : [],
          ),
        })),
      droppedLineNos: sellers.flatMap((seller, index) => (seller === null ? [index + 1] : [])),
    },
  }),
  unavailable: (attempt = 1): Fact => ({
    type: 'SellerUnavailable',
    data: { ...parties, attempt, lineNos: [1], reason: 'nobody has it' },
  }),
  reserved: (attempt = 1): Fact => ({
    type: 'StockReserved',
    data: { ...parties, attempt, lines, expiresAt: instant },
  }),
  rejected: (attempt = 1): Fact => ({
    type: 'StockRejected',
    data: { ...parties, attempt, lineNos: [1], reason: 'it is gone' },
  }),
  redeemed: (discountMinor = 100): Fact => ({
    type: 'CouponRedeemed',
    data: { ...parties, attempt: 1, couponCode: 'TEN', discountMinor },
  }),
  couponRejected: (): Fact => ({
    type: 'CouponRejected',
    data: { ...parties, attempt: 1, couponCode: 'TEN', reason: 'the coupon has expired' },
  }),
  captured: (amountMinor = 1000): Fact => ({
    type: 'PaymentCaptured',
    data: { ...parties, attempt: 1, ...payment, amountMinor },
  }),
  paymentFailed: (): Fact => ({
    type: 'PaymentFailed',
    data: { ...parties, attempt: 1, ...payment, reason: 'the wallet is too low' },
  }),
  confirmed: (attempt = 1): Fact => ({ type: 'StockConfirmed', data: { ...parties, attempt, lines } }),
  notConfirmed: (attempt = 1): Fact => ({
    type: 'StockConfirmationFailed',
    data: { ...parties, attempt, reason: 'the reservation has expired' },
  }),
  handedOver: (sellerId: string): Fact => ({
    type: 'HandedOver',
    data: { ...parcel, deliveryId: `d-${sellerId}`, sellerId, handedOverAt: instant },
  }),
  /** `lineNos`: of the parcel, all of it. */
  lost: (sellerId: string, ...lineNos: number[]): Fact => ({
    type: 'DeliveryLost',
    data: { ...parcel, deliveryId: `d-${sellerId}`, sellerId, lineNos, reason: 'it fell off' },
  }),
  assignmentRejected: (attempt = 1, sellerId = 's1'): Fact => ({
    type: 'AssignmentRejected',
    data: { ...parties, attempt, deliveryId: `d-${sellerId}`, sellerId, lineNos: [1], reason: 'too busy' },
  }),
  expired: (attempt = 1): Fact => ({ type: 'ReservationExpired', data: { ...parties, attempt, lines } }),
  cancelRefused: (attempt = 1): Fact => ({
    type: 'CancelRefused',
    data: { ...parties, attempt, reason: 'it was handed over' },
  }),
  compensationStuck: (step = 'PAYMENT', attempt = 1): Fact => ({
    type: 'CompensationStuck',
    data: { ...parties, attempt, step, reason: 'the card is closed' },
  }),
  delivered: (sellerId: string): Fact => ({
    type: 'Delivered',
    data: { ...parcel, deliveryId: `d-${sellerId}`, sellerId, deliveredAt: instant },
  }),
  deliveryCancelled: (attempt = 1): Fact => ({
    type: 'DeliveryCancelled',
    data: { ...parties, attempt, reason: 'asked' },
  }),
  released: (attempt = 1, lineNo = 1): Fact => ({
    type: 'StockReleased',
    data: { ...parties, attempt, lines: lines.map(line => ({ ...line, lineNo })), reason: 'asked' },
  }),
  restored: (attempt = 1): Fact => ({ type: 'CouponRestored', data: { ...parties, attempt, couponCode: 'TEN' } }),
  refunded: (amountMinor = 1000, refundedMinor = amountMinor): Fact => ({
    type: 'PaymentRefunded',
    data: { ...parties, attempt: 1, ...payment, amountMinor, refundedMinor, reason: 'asked' },
  }),
};

/** Facts one after the other, a second apart; every status that was told or rested in, and every event. */
export function play(order: SagaOrder, ...given: Fact[]) {
  let now = order;
  const events: OutboxEvent[] = [];
  const statuses: OrderStatus[] = [];
  for (const [index, fact] of given.entries()) {
    const decision = decide(now, fact, (index + 1) * 1000);
    now = decision.order;
    events.push(...decision.events);
    statuses.push(now.status);
  }
  return { order: now, events, types: events.map(({ type }) => type), statuses };
}

export const statesOf = ({ steps }: SagaOrder) =>
  steps.map(({ name, attempt, state }) => `${name} ${attempt} ${state}`);

/** What its owners are told when an order is cancelled. */
export const cancelling = (events: readonly OutboxEvent[]) =>
  events.find(({ type }) => type === 'OrderCancelling')?.payload;

/** Topics keep the order of their own events, but nobody keeps the order between topics. */
export function interleavings(...topics: readonly (readonly Fact[])[]): Fact[][] {
  if (topics.every(topic => topic.length === 0)) return [[]];
  return topics.flatMap((topic, index) => {
    const [first, ...rest] = topic;
    if (first === undefined) return [];
    return interleavings(...topics.with(index, rest)).map(others => [first, ...others]);
  });
}
