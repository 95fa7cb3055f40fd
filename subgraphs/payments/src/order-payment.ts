import type { OutboxEvent } from '@waygraph/schema/events/define';
import type { SellerAssigned } from '@waygraph/schema/events/delivery';
import type { OrderCancelling, OrderPlaced, OrderReadyForPayment } from '@waygraph/schema/events/orders';
import {
  CompensationStuck,
  CouponRedeemed,
  CouponRejected,
  CouponRestored,
  PaymentCaptured,
  PaymentFailed,
  PaymentRefunded,
} from '@waygraph/schema/events/payment';

export type Placed = ReturnType<typeof OrderPlaced.parse>['data'];
export type Assigned = ReturnType<typeof SellerAssigned.parse>['data'];
export type ReadyForPayment = ReturnType<typeof OrderReadyForPayment.parse>['data'];
export type Cancelling = ReturnType<typeof OrderCancelling.parse>['data'];

export type PaymentMethod = 'WALLET' | 'CARD';

export type Payment = {
  readonly id: string;
  readonly customerId: string;
  readonly method: PaymentMethod;
  readonly state: 'PENDING' | 'CAPTURED' | 'FAILED';
  readonly attempt: number;
  readonly amountMinor: number;
  readonly refundedMinor: number;
  readonly reason: string | null;
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
  readonly assigned: { readonly attempt: number; readonly droppedLineNos: readonly number[] } | null;
  readonly coupon: {
    readonly state: 'OPEN' | 'REDEEMED' | 'REJECTED' | 'RESTORED';
    readonly discountMinor: number;
  };
  readonly payment: Payment | null;
  /** Steps of this attempt or an older one are not done any more. */
  readonly cancelledAttempt: number | null;
};

/** The state after a step, and what is told about it. */
export type Change = { readonly state: OrderPayment; readonly events: readonly OutboxEvent[] };

type Tell = (at: { seq: number }) => OutboxEvent;

const changed = (state: OrderPayment, ...tell: Tell[]): Change => ({
  state: { ...state, version: state.version + tell.length },
  events: tell.map((event, index) => event({ seq: state.version + index + 1 })),
});

const parties = ({ orderId, customerId, sellerIds }: OrderPayment) => ({
  orderId,
  customerId,
  sellerIds: [...sellerIds],
});

const isCancelled = ({ cancelledAttempt }: OrderPayment, attempt: number): boolean =>
  cancelledAttempt !== null && attempt <= cancelledAttempt;

export const orderPlaced = (state: OrderPayment, { payment, couponCode, lines }: Placed): OrderPayment => ({
  ...state,
  placed: {
    method: payment,
    couponCode: couponCode ?? null,
    lines: lines.map(({ lineNo, quantity, unitPriceMinor }) => ({ lineNo, quantity, unitPriceMinor })),
  },
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

export type CouponDue = { readonly code: string; readonly attempt: number; readonly subtotalMinor: number };

/** The coupon that is to be redeemed now: once per order, as soon as lines and assignment are both known. */
export function couponDue(state: OrderPayment): CouponDue | undefined {
  const { placed, assigned, coupon } = state;
  if (placed === null || assigned === null || placed.couponCode === null || coupon.state !== 'OPEN') return undefined;
  if (isCancelled(state, assigned.attempt)) return undefined;
  const kept = placed.lines.filter(({ lineNo }) => !assigned.droppedLineNos.includes(lineNo));
  return {
    code: placed.couponCode,
    attempt: assigned.attempt,
    subtotalMinor: kept.reduce((sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor, 0),
  };
}

const couponStep = (state: OrderPayment, { code, attempt }: CouponDue) => ({
  ...parties(state),
  attempt,
  couponCode: code,
});

export const couponRedeemed = (state: OrderPayment, due: CouponDue, discountMinor: number): Change =>
  changed({ ...state, coupon: { state: 'REDEEMED', discountMinor } }, at =>
    CouponRedeemed.outboxEvent({ ...couponStep(state, due), discountMinor }, at),
  );

export const couponRejected = (state: OrderPayment, due: CouponDue, reason: string): Change =>
  changed({ ...state, coupon: { state: 'REJECTED', discountMinor: 0 } }, at =>
    CouponRejected.outboxEvent({ ...couponStep(state, due), reason }, at),
  );

/** The payment that is asked for, PENDING; undefined when the order has one already or is being cancelled. */
export function paymentAskedFor(state: OrderPayment, id: string, ready: ReadyForPayment): OrderPayment | undefined {
  const { attempt, payment: method, totalMinor: amountMinor, sellerIds } = ready;
  if (state.payment !== null || isCancelled(state, attempt)) return undefined;
  const { customerId } = state;
  const nothingYet = { state: 'PENDING', refundedMinor: 0, reason: null } as const;
  return { ...state, sellerIds, payment: { id, customerId, method, attempt, amountMinor, ...nothingYet } };
}

const paymentStep = (state: OrderPayment, { id, method, attempt }: Payment) => ({
  ...parties(state),
  attempt,
  paymentId: id,
  method,
});

export const paymentCaptured = (state: OrderPayment, payment: Payment): Change =>
  changed({ ...state, payment: { ...payment, state: 'CAPTURED' } }, at =>
    PaymentCaptured.outboxEvent({ ...paymentStep(state, payment), amountMinor: payment.amountMinor }, at),
  );

export const paymentFailed = (state: OrderPayment, payment: Payment, reason: string): Change =>
  changed({ ...state, payment: { ...payment, state: 'FAILED', reason } }, at =>
    PaymentFailed.outboxEvent({ ...paymentStep(state, payment), reason }, at),
  );

export type Refund = {
  readonly id: string;
  readonly attempt: number;
  readonly amountMinor: number;
  readonly reason: string;
};

/** What was captured and is not given back, nor about to be. */
export const refundableMinor = ({ payment }: OrderPayment, claimedMinor: number): number =>
  payment?.state === 'CAPTURED' ? payment.amountMinor - claimedMinor : 0;

export const paymentRefunded = (state: OrderPayment, payment: Payment, refund: Refund): Change => {
  const { attempt, amountMinor, reason } = refund;
  const refundedMinor = payment.refundedMinor + amountMinor;
  return changed({ ...state, payment: { ...payment, refundedMinor, reason } }, at =>
    PaymentRefunded.outboxEvent({ ...paymentStep(state, payment), attempt, amountMinor, refundedMinor, reason }, at),
  );
};

/** The money cannot be given back by itself: somebody has to look. */
export const refundStuck = (state: OrderPayment, { attempt }: Refund, reason: string): Change =>
  changed(state, at => CompensationStuck.outboxEvent({ ...parties(state), attempt, step: 'PAYMENT', reason }, at));

/** Remembers that the order is being cancelled, so that a step that comes late is not done. */
export const orderCancelling = (state: OrderPayment, { attempt, sellerIds }: Cancelling): OrderPayment => ({
  ...state,
  sellerIds,
  cancelledAttempt: Math.max(attempt, state.cancelledAttempt ?? 0),
});

/** The code whose use is to be given back; undefined when there is none, or it was already. */
export const couponToRestore = ({ coupon, placed }: OrderPayment): string | undefined =>
  coupon.state === 'REDEEMED' ? (placed?.couponCode ?? undefined) : undefined;

export const couponRestored = (state: OrderPayment, couponCode: string, attempt: number): Change =>
  changed({ ...state, coupon: { ...state.coupon, state: 'RESTORED' } }, at =>
    CouponRestored.outboxEvent({ ...parties(state), attempt, couponCode }, at),
  );

/** What the graph tells: a capture with what became of it. */
export function paymentStatus({ state, amountMinor, refundedMinor }: Payment) {
  if (state !== 'CAPTURED' || refundedMinor === 0) return state;
  return refundedMinor < amountMinor ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
}

/** A payment is its customer's and the operators' business. */
export const maySeePayment = (actor: { sub: string; role: string } | undefined, { customerId }: Payment): boolean =>
  actor?.role === 'operator' || (actor?.role === 'customer' && actor.sub === customerId);
