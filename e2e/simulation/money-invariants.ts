import type { OrderPayment } from '@waygraph/payments/order-payment';
import type { SimulatedOrder } from './orders.ts';
import { note, type Run } from './run.ts';
import { expect, type World } from './world.ts';

const told = ({ told: all }: Run, id: string, type: string): boolean =>
  (all.get(id) ?? []).some(event => event.type === type);
const captured = ({ payment }: OrderPayment): number => (payment?.state === 'CAPTURED' ? payment.amountMinor : 0);

/** What was taken and not given back is what a live order costs. Gives that. */
export function checkMoney(
  { run, provider, services }: World,
  order: SimulatedOrder,
  used: Map<string, number>,
): number {
  const { id, status, couponCode, discountMinor } = order;
  const money = services.payments.orders.get(id);
  const subtotal = order.lines.reduce(
    (sum, line) => (line.status === 'ACTIVE' ? sum + line.quantity * line.unitPriceMinor : sum),
    0,
  );
  const total = status === 'DELIVERED' ? subtotal - discountMinor : 0;
  const taken = money === undefined ? 0 : captured(money);
  const refunded = money?.payment?.refundedMinor ?? 0;
  expect(id, refunded <= taken, () => `${refunded} of ${taken} was refunded`);
  expect(id, discountMinor >= 0 && discountMinor <= subtotal, () => `a discount of ${discountMinor} on ${subtotal}`);
  // What no way led back is settled by an operator's hand, and stands in no book of ours.
  const sumOf = (wanted: string) =>
    (money?.refunds ?? []).reduce((sum, { state, amountMinor }) => (state === wanted ? sum + amountMinor : sum), 0);
  const settled = sumOf('SETTLED');
  if (settled > 0) {
    note(run, 'settled by hand');
    expect(id, told(run, id, 'SagaStuck'), () => `${settled} cannot be refunded, and nobody was told`);
    expect(id, told(run, id, 'StepSettled'), () => `${settled} was settled by nobody`);
  }
  expect(id, sumOf('STUCK') === 0, () => `${sumOf('STUCK')} is stuck though the order is ${status}`);
  expect(
    id,
    taken - refunded - settled === total,
    () => `${taken} was taken, ${refunded} refunded, ${settled} settled by hand; the order costs ${total}`,
  );
  expect(
    id,
    order.refundedMinor === refunded,
    () => `orders knows of ${order.refundedMinor} that went back, payments of ${refunded}`,
  );
  const back = order.refundedMinor + order.settledMinor;
  if (back > Math.max(order.paidMinor, taken)) {
    note(run, 'went back twice');
    expect(id, told(run, id, 'SagaStuck'), () => `${back} of ${order.paidMinor} went back, and nobody was told`);
  }
  if (money?.payment?.method === 'CARD') {
    const there = provider.balanceOf(id);
    expect(id, there === taken - refunded, () => `the provider holds ${there}, the books say ${taken - refunded}`);
  } else expect(id, provider.balanceOf(id) === 0, () => 'a card was charged for a wallet');
  if (couponCode !== null && status === 'DELIVERED') used.set(couponCode, (used.get(couponCode) ?? 0) + 1);
  return taken - refunded;
}

export function checkCoupons({ market }: World, used: ReadonlyMap<string, number>): void {
  for (const coupon of market.coupons.values()) {
    const live = used.get(coupon.code) ?? 0;
    expect('?', coupon.used === live, () => `coupon ${coupon.code} counts ${coupon.used} uses, ${live} orders have it`);
    expect(
      '?',
      coupon.used <= coupon.quota,
      () => `coupon ${coupon.code} was used ${coupon.used} of ${coupon.quota} times`,
    );
  }
}

export function checkLedger({ market }: World, sales: number): void {
  const sum = [...market.ledger.values()].reduce((total, each) => total + each, 0);
  expect('?', sum === 0, () => `the ledger sums to ${sum}`);
  expect(
    '?',
    (market.ledger.get('sales') ?? 0) === sales,
    () => `the ledger sold ${market.ledger.get('sales') ?? 0}, the orders ${sales}`,
  );
  for (const [customerId, { balanceMinor }] of market.wallets)
    expect(
      '?',
      market.ledger.get(`wallet:${customerId}`) === balanceMinor,
      () => `the wallet of ${customerId} is not its account`,
    );
}
