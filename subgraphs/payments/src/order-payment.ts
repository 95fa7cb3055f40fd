import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { SellerAssigned } from '@waygraph/schema/events/delivery';
import type { OrderPlaced, OrderReadyForPayment } from '@waygraph/schema/events/orders';
import { CouponRedeemed, CouponRejected, PaymentCaptured, PaymentFailed } from '@waygraph/schema/events/payment';

export type Placed = ReturnType<typeof OrderPlaced.parse>['data'];
export type Assigned = ReturnType<typeof SellerAssigned.parse>['data'];
export type ReadyForPayment = ReturnType<typeof OrderReadyForPayment.parse>['data'];

export type PaymentMethod = 'WALLET' | 'CARD';

export type Payment = {
  readonly id: string;
  readonly customerId: string;
  readonly method: PaymentMethod;
  /** PENDING: a provider is asked, and nobody knows yet whether it took effect. */
  readonly state: 'PENDING' | 'CAPTURED' | 'FAILED';
  readonly attempt: number;
  readonly amountMinor: number;
  readonly refundedMinor: number;
  readonly reason: string | null;
  /** A provider was asked for it, or is about to be: from then on it may have taken effect. */
  readonly isSent: boolean;
};

/** Money that goes back. It counts as claimed from its first moment on, so that all refunds together never exceed the capture. */
export type Refund = {
  readonly id: string;
  /** Each cause has one refund per order. */
  readonly cause: 'CANCELLED' | `LINES:${number}`;
  /** SETTLED: somebody has seen to it by hand, and nothing is done about it any more. */
  readonly state: 'PENDING' | 'DONE' | 'STUCK' | 'SETTLED';
  readonly attempt: number;
  readonly amountMinor: number;
  readonly reason: string;
  /** How often it was tried again after it was STUCK. */
  readonly tries: number;
  /** Why it is STUCK, or was. */
  readonly fault: string | null;
};

type Line = Pick<Placed['lines'][number], 'lineNo' | 'quantity' | 'unitPriceMinor'>;

/** What payments knows of an order, and what it has done for it. */
export type OrderPayment = {
  readonly orderId: string;
  /** How many events were told: the seq of the newest one. */
  readonly version: number;
  readonly customerId: string;
  readonly sellerIds: readonly string[];
  /** Null until OrderPlaced came: SellerAssigned, of another topic, may be faster. */
  readonly placed: {
    readonly method: PaymentMethod;
    readonly couponCode: string | null;
    readonly lines: readonly Line[];
  } | null;
  /** The assignment that the coupon was decided with; before that, the newest one. */
  readonly assigned: { readonly attempt: number; readonly droppedLineNos: readonly number[] } | null;
  readonly coupon: {
    readonly state: 'OPEN' | 'REDEEMED' | 'REJECTED' | 'RESTORED';
    readonly discountMinor: number;
    /** Why it is REJECTED. */
    readonly reason: string | null;
  };
  readonly payment: Payment | null;
  /** Oldest first. */
  readonly refunds: readonly Refund[];
  /** The tombstone of the whole order: whatever is asked for later, of any attempt, is refused. */
  readonly cancelled: { readonly attempt: number; readonly reason: string } | null;
  /** Somebody was told of what the provider leaves unanswered. It is asked all the same. */
  readonly givenUp: boolean;
};

/** An order that nothing is known of yet. */
export const unheardOf = (orderId: string, customerId: string): OrderPayment => ({
  ...{ orderId, version: 0, customerId, sellerIds: [], placed: null, assigned: null, payment: null },
  coupon: { state: 'OPEN', discountMinor: 0, reason: null },
  refunds: [],
  cancelled: null,
  givenUp: false,
});

/** The state after a step, and what is told about it. */
export type Change = { readonly state: OrderPayment; readonly events: readonly OutboxEvent[] };

export const unchanged = (state: OrderPayment): Change => ({ state, events: [] });

/** One change after another, in one transaction. */
export const andThen = ({ state, events }: Change, next: (state: OrderPayment) => Change): Change => {
  const after = next(state);
  return { state: after.state, events: [...events, ...after.events] };
};

/** The state with events that take the next versions. */
export const changed = (state: OrderPayment, ...tell: ((at: { seq: number }) => OutboxEvent)[]): Change => ({
  state: { ...state, version: state.version + tell.length },
  events: tell.map((event, index) => event({ seq: state.version + index + 1 })),
});

export const parties = ({ orderId, customerId, sellerIds }: OrderPayment) => ({
  orderId,
  customerId,
  sellerIds: [...sellerIds],
});

/** Why nothing is done for an order that is cancelled. */
export const refusal = 'the order is cancelled';

// The coupon

/** What payments keeps of an order that was placed. */
export const termsOf = ({ payment, couponCode, lines }: Placed): NonNullable<OrderPayment['placed']> => ({
  method: payment,
  couponCode: couponCode ?? null,
  lines: lines.map(({ lineNo, quantity, unitPriceMinor }) => ({ lineNo, quantity, unitPriceMinor })),
});

export const orderPlaced = (state: OrderPayment, placed: Placed): OrderPayment => ({
  ...state,
  placed: termsOf(placed),
});

/** Whether an assignment is news for payments: only coupons wait for one. */
export const concerns = ({ placed, coupon, assigned }: OrderPayment, { attempt }: Assigned): boolean =>
  placed?.couponCode !== null && coupon.state === 'OPEN' && attempt > (assigned?.attempt ?? 0);

export const sellerAssigned = (
  state: OrderPayment,
  { attempt, droppedLineNos, sellerIds }: Assigned,
): OrderPayment => ({
  ...state,
  sellerIds,
  assigned: { attempt, droppedLineNos },
});

export type CouponDue = {
  readonly code: string;
  readonly attempt: number;
  readonly subtotalMinor: number;
  /** Why it is not to be redeemed but rejected; undefined: it is to be redeemed. */
  readonly refusal: string | undefined;
};

/** The coupon that is to be decided now: once per order, as soon as lines and assignment are both known. */
export function couponDue({ placed, assigned, coupon, cancelled }: OrderPayment): CouponDue | undefined {
  if (placed === null || assigned === null || placed.couponCode === null || coupon.state !== 'OPEN') return undefined;
  const kept = placed.lines.filter(({ lineNo }) => !assigned.droppedLineNos.includes(lineNo));
  return {
    code: placed.couponCode,
    attempt: assigned.attempt,
    subtotalMinor: kept.reduce((sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor, 0),
    refusal: cancelled === null ? undefined : refusal,
  };
}

type CouponStep = Pick<CouponDue, 'code' | 'attempt'>;

const couponStep = (state: OrderPayment, { code, attempt }: CouponStep) => ({
  ...parties(state),
  attempt,
  couponCode: code,
});

export const couponRedeemed = (state: OrderPayment, due: CouponStep, discountMinor: number): Change =>
  changed({ ...state, coupon: { state: 'REDEEMED', discountMinor, reason: null } }, at =>
    CouponRedeemed.outboxEvent({ ...couponStep(state, due), discountMinor }, at),
  );

export const couponRejected = (state: OrderPayment, due: CouponStep, reason: string): Change =>
  changed({ ...state, coupon: { state: 'REJECTED', discountMinor: 0, reason } }, at =>
    CouponRejected.outboxEvent({ ...couponStep(state, due), reason }, at),
  );

// The payment

/** The payment that is asked for, PENDING, or refused at once when the order is cancelled; undefined when there is one already. */
export function paymentAskedFor(state: OrderPayment, id: string, ready: ReadyForPayment): Change | undefined {
  if (state.payment !== null) return undefined;
  const { attempt, payment: method, totalMinor: amountMinor, sellerIds } = ready;
  const { customerId, cancelled } = state;
  const nothingYet = { state: 'PENDING', refundedMinor: 0, reason: null, isSent: false } as const;
  const payment: Payment = { id, customerId, method, attempt, amountMinor, ...nothingYet };
  const asked = { ...state, sellerIds, payment };
  return cancelled === null ? unchanged(asked) : paymentFailed(asked, payment, refusal);
}

export const paymentStep = (state: OrderPayment, { id, method, attempt }: Payment) => ({
  ...parties(state),
  attempt,
  paymentId: id,
  method,
});

export const paymentCaptured = (state: OrderPayment, payment: Payment): Change =>
  changed({ ...state, payment: { ...payment, state: 'CAPTURED', reason: null } }, at =>
    PaymentCaptured.outboxEvent({ ...paymentStep(state, payment), amountMinor: payment.amountMinor }, at),
  );

export const paymentFailed = (state: OrderPayment, payment: Payment, reason: string): Change =>
  changed({ ...state, payment: { ...payment, state: 'FAILED', reason } }, at =>
    PaymentFailed.outboxEvent({ ...paymentStep(state, payment), reason }, at),
  );

/** Whether the provider has yet to say how a charge or a refund went. */
export const isUnknown = ({ payment, refunds }: OrderPayment): boolean =>
  payment?.method === 'CARD' && (payment.state === 'PENDING' || refunds.some(({ state }) => state === 'PENDING'));

/** What the graph tells: a capture with what became of it. */
export function paymentStatus({ state, amountMinor, refundedMinor }: Payment) {
  if (state !== 'CAPTURED' || refundedMinor === 0) return state;
  return refundedMinor < amountMinor ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
}

/** A payment is its customer's and the operators' business. */
export const maySeePayment = (actor: { sub: string; role: string } | undefined, { customerId }: Payment): boolean =>
  actor?.role === 'operator' || (actor?.role === 'customer' && actor.sub === customerId);
