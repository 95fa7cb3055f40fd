import type { OrderPayment } from '@waygraph/payments/order-payment';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { Violation } from './run.ts';

const taken = ({ payment }: OrderPayment): number => (payment?.state === 'CAPTURED' ? payment.amountMinor : 0);

/** Money and coupon only go the way they may; `isOver`: the order was cancelled here, before or by this very change. */
export function checkPayment(
  before: OrderPayment,
  after: OrderPayment,
  events: readonly OutboxEvent[],
  isOver: boolean,
): void {
  const expect = (isSo: boolean, message: () => string): void => {
    if (!isSo) throw new Violation(after.orderId, message());
  };
  const refunded = after.payment?.refundedMinor ?? 0;
  expect(refunded >= 0 && refunded <= taken(after), () => `${refunded} of ${taken(after)} is refunded`);
  expect(refunded >= (before.payment?.refundedMinor ?? 0), () => 'a refund was taken back');
  expect(before.payment === null || before.payment.id === after.payment?.id, () => 'an order has a second payment');
  expect(taken(before) === 0 || taken(before) === taken(after), () => 'money was captured twice');
  expect(
    before.payment?.state !== 'FAILED' || after.payment?.state === 'FAILED',
    () => `a failed payment is ${after.payment?.state ?? ''}`,
  );
  const [was, is] = [before.coupon.state, after.coupon.state];
  const next: Readonly<Record<string, readonly string[]>> = { OPEN: ['REDEEMED', 'REJECTED'], REDEEMED: ['RESTORED'] };
  expect(was === is || (next[was] ?? []).includes(is), () => `a coupon that was ${was} is ${is}`);
  if (!isOver) return;
  expect(is !== 'REDEEMED', () => 'a cancelled order has its coupon');
  const claimed = after.refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const isTaken = after.payment?.state === 'CAPTURED';
  expect(
    !isTaken || taken(after) === claimed,
    () => `of a cancelled order ${taken(after)} was taken, ${claimed} is to go back`,
  );
  const late = events.find(({ type }) => type === 'CouponRedeemed');
  expect(late === undefined, () => `${late?.type ?? ''} of a cancelled order`);
}
