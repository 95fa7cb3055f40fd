import type { EventOf } from '@waygraph/schema/events/define';
import { SellerAssigned } from '@waygraph/schema/events/delivery';
import {
  OrderCancelled,
  OrderCancelling,
  OrderLinesDropped,
  OrderPlaced,
  OrderReadyForPayment,
  StepRetryRequested,
  StepSettled,
} from '@waygraph/schema/events/orders';
import { answerStepAgain } from './answer-again.ts';
import type { Books } from './books.ts';
import { capturePayment } from './capture-payment.ts';
import { unchanged, type Change, type OrderPayment } from './order-payment.ts';
import { noteAssignment, noteOrder } from './redeem-coupon.ts';
import { refundLines } from './refund-payment.ts';
import { isCancelling, isOurs, settledByHand } from './step-answer.ts';
import { undoPayment } from './undo-payment.ts';

/** What others tell that an order's money depends on. */
export const paymentFacts = [
  OrderPlaced,
  SellerAssigned,
  OrderReadyForPayment,
  OrderLinesDropped,
  OrderCancelling,
  // An order may end without OrderCancelling, and the one may overtake the other: it says the same.
  OrderCancelled,
  StepRetryRequested,
  StepSettled,
] as const;
export type PaymentFact = EventOf<typeof paymentFacts>;

/** Whether a fact may change anything here, whatever is known of its order. */
export function mayMatter({ type, data }: PaymentFact): boolean {
  if (type === 'StepRetryRequested') return isOurs(data);
  // A coupon that was settled says nothing of the money.
  if (type === 'StepSettled') return isOurs(data) && data.step !== 'COUPON';
  return type !== 'OrderLinesDropped' || data.refundMinor > 0;
}

/** Whether it is remembered also of an order that nothing was heard of. */
export const isRemembered = ({ type }: PaymentFact): boolean =>
  type !== 'StepRetryRequested' && type !== 'StepSettled' && type !== 'OrderLinesDropped';

/** Whether it may book on the customer's wallet, which is then locked, unless a card pays. */
export function mayBookOnWallet({ type, data }: PaymentFact): boolean {
  if (type === 'OrderReadyForPayment') return data.payment === 'WALLET';
  // A coupon's answer moves no money, unless it is what tells of the cancellation.
  if (type === 'StepRetryRequested') return data.step !== 'COUPON' || isCancelling(data);
  return type !== 'OrderPlaced' && type !== 'SellerAssigned' && type !== 'StepSettled';
}

/** The coupon whose row it may change, which is then locked. One that a fact in front of it uses is that one's to name. */
export function couponOf({ placed, coupon }: OrderPayment, { type, data }: PaymentFact): string | undefined {
  if (type === 'OrderPlaced') return placed === null ? data.couponCode : undefined;
  const uses = type === 'SellerAssigned' && coupon.state === 'OPEN';
  const isRestored = type === 'OrderCancelling' || type === 'OrderCancelled' || type === 'StepRetryRequested';
  return uses || (isRestored && coupon.state === 'REDEEMED') ? (placed?.couponCode ?? undefined) : undefined;
}

/** What becomes of an order's money by a fact; `newId` names what it begins. The very same state: nothing. */
export function decide(state: OrderPayment, fact: PaymentFact, books: Books, newId: () => string): Change {
  switch (fact.type) {
    case 'OrderPlaced':
      return noteOrder(state, fact.data, books);
    case 'SellerAssigned':
      return noteAssignment(state, fact.data, books);
    case 'OrderReadyForPayment':
      return capturePayment(state, newId(), fact.data, books);
    case 'OrderLinesDropped':
      return refundLines(state, newId(), fact.data, books);
    case 'OrderCancelling':
    case 'OrderCancelled':
      return undoPayment(state, newId(), fact.data, books);
    case 'StepRetryRequested':
      return answerStepAgain(state, newId(), fact.data, books);
    case 'StepSettled':
      return unchanged(settledByHand(state, fact.data));
  }
}
