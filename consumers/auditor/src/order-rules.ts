import type { Finding } from './finding.ts';
import type { OrderFacts } from './order-facts.ts';

/** Rules that no single service can be held to. */
export const orderRules = [
  'across/order-exists',
  'across/events-arrive',
  'across/order-goes-on',
  'across/money-is-the-total',
  'across/coupon-is-used-by-live-orders',
  'across/stock-is-what-was-bought',
  'across/parcels-carry-the-lines',
] as const;
type Rule = (typeof orderRules)[number];

export type Patience = {
  /** An order at which nothing changed for so long is at rest. */
  readonly quietS: number;
  /** An event that has not come for so long does not come by itself. */
  readonly graceS: number;
};

export type Verdict = 'under way' | readonly Finding[];

type Services = { [Name in keyof Omit<OrderFacts, 'id'>]-?: NonNullable<OrderFacts[Name]> };
type Present = Pick<Services, 'orders'> & { [Name in Exclude<keyof Services, 'orders'>]?: Services[Name] | undefined };

const gone = ['REASSIGNED', 'CANCELLED', 'LOST'];
const live = ['CONFIRMED', 'HANDED_OVER', 'DELIVERED'];
/** What an operator has answered for by settling a step: no service knows whether it is so. Of money there is a sum (`moneyFaults`). */
const settledBy: Readonly<Record<string, readonly Rule[]>> = {
  ASSIGNMENT: ['across/parcels-carry-the-lines'],
  CANCEL: ['across/parcels-carry-the-lines'],
  DELIVERY: ['across/parcels-carry-the-lines'],
  STOCK: ['across/stock-is-what-was-bought'],
  CONFIRMATION: ['across/stock-is-what-was-bought'],
  COUPON: ['across/coupon-is-used-by-live-orders'],
};
const ownerOf = {
  'payment.events': 'payments',
  'stock.events': 'inventory',
  'delivery.events': 'routing',
  'delivery.risk': 'risk',
} as const;

/** What is wrong with an order, or that it cannot be said yet. An order that is not at rest is not judged. */
export function judge(facts: OrderFacts, { quietS, graceS }: Patience): Verdict {
  const { id, orders } = facts;
  const found = (invariant: Rule, detail: string): Finding => ({ invariant, id, detail });
  const known = [facts.orders, facts.payments, facts.inventory, facts.routing, facts.risk].filter(
    one => one !== undefined,
  );
  const restsS = Math.min(...known.map(({ ageS }) => ageS));
  if (restsS < quietS) return 'under way';
  if (orders === undefined) {
    const who = ['payments', 'inventory', 'routing', 'risk'].filter(
      name => name in facts && facts[name as keyof OrderFacts] !== undefined,
    );
    return [found('across/order-exists', `${who.join(', ')} know an order that orders does not`)];
  }
  const missing = Object.entries(ownerOf).flatMap(([topic, owner]) => {
    const [told, came] = [facts[owner]?.version ?? 0, orders.told[topic] ?? 0];
    return told === came
      ? []
      : [found('across/events-arrive', `${topic}: ${String(told)} told, ${String(came)} came to orders`)];
  });
  if (missing.length > 0) return restsS < graceS ? 'under way' : missing;
  if (orders.isAwaited || orders.saga === 'NEEDS_OPERATOR') return 'under way';
  const hasEnded = orders.status === 'CANCELLED' || live.includes(orders.status);
  if (orders.isOwed || !hasEnded) {
    // Its next event may still be on its way. Without a deadline nobody asks for it again.
    const owes = orders.isOwed ? ', something is to be undone' : '';
    const stops = `${orders.status}, saga ${orders.saga}${owes}: nothing is awaited, and nobody is told`;
    return restsS < graceS ? 'under way' : [found('across/order-goes-on', stops)];
  }
  const present: Present = { ...facts, orders };
  const faults = orders.status === 'CANCELLED' ? ofCancelled(present) : ofLive(present);
  if (faults === 'under way') return faults;
  const excused = orders.closed.flatMap(step => settledBy[step] ?? []);
  return faults
    .filter(([rule]) => !excused.includes(rule))
    .map(([rule, detail]) => found(rule, `${orders.status}: ${detail}`));
}

type Fault = readonly [Rule, string];

function ofCancelled(present: Present): readonly Fault[] | 'under way' {
  const { payments, inventory, routing } = present;
  // The provider is asked until it is known whether the card was charged.
  if (payments?.payment === 'PENDING') return 'under way';
  const lost = linesOf(routing, ['LOST']);
  const bought = boughtLines(inventory).filter(lineNo => !lost.includes(lineNo));
  const sent = (routing?.parcels ?? []).filter(({ status }) => !gone.includes(status));
  return [
    ...moneyFaults(present, 0, kept => `${String(kept)} of the customer's money is kept`),
    ...when(payments?.coupon === 'REDEEMED', 'across/coupon-is-used-by-live-orders', 'its coupon is still used'),
    ...when(isHeld(inventory), 'across/stock-is-what-was-bought', 'stock is still held'),
    ...when(bought.length > 0, 'across/stock-is-what-was-bought', `lines ${bought.join(', ')} are still sold`),
    ...when(sent.length > 0, 'across/parcels-carry-the-lines', `a parcel is ${String(sent[0]?.status)}`),
  ];
}

function ofLive(present: Present): readonly Fault[] {
  const { orders, payments, inventory, routing } = present;
  const active = orders.lines.filter(({ status }) => status === 'ACTIVE').map(({ lineNo }) => lineNo);
  const bought = boughtLines(inventory);
  const lost = linesOf(routing, ['LOST']);
  const unbought = active.filter(lineNo => !bought.includes(lineNo));
  const tooMuch = bought.filter(lineNo => !active.includes(lineNo) && !lost.includes(lineNo));
  const parcels = (routing?.parcels ?? []).filter(({ status }) => !gone.includes(status));
  const sentBy = new Map(
    parcels.flatMap(({ sellerId, lines }) => lines.map(({ lineNo }) => [lineNo, sellerId] as const)),
  );
  const unsent = orders.lines.filter(
    ({ lineNo, status, sellerId }) => status === 'ACTIVE' && sentBy.get(lineNo) !== sellerId,
  );
  const open = parcels.filter(({ status }) => status !== 'DELIVERED');
  const isCaptured = payments?.payment === 'CAPTURED';
  // Then the operator has said that it was paid, and payments knows of no money.
  const isPaidByHand = !isCaptured && orders.closed.includes('PAYMENT');
  return [
    ...when(
      !isCaptured && !isPaidByHand,
      'across/money-is-the-total',
      `the payment is ${payments?.payment ?? 'unknown'}`,
    ),
    ...(isPaidByHand
      ? []
      : moneyFaults(present, orders.totalMinor, paid => `paid ${String(paid)} of ${String(orders.totalMinor)}`)),
    ...when(
      orders.couponCode !== null && payments?.coupon !== 'REDEEMED',
      'across/coupon-is-used-by-live-orders',
      `its coupon is ${payments?.coupon ?? 'unknown'}`,
    ),
    ...when(isHeld(inventory), 'across/stock-is-what-was-bought', 'stock is held and not sold'),
    ...when(unbought.length > 0, 'across/stock-is-what-was-bought', `lines ${unbought.join(', ')} are not sold`),
    ...when(
      tooMuch.length > 0,
      'across/stock-is-what-was-bought',
      `lines ${tooMuch.join(', ')} are sold and not wanted`,
    ),
    ...when(
      unsent.length > 0,
      'across/parcels-carry-the-lines',
      `line ${String(unsent[0]?.lineNo)} is not in its seller's parcel`,
    ),
    ...when(
      orders.status === 'DELIVERED' && open.length > 0,
      'across/parcels-carry-the-lines',
      `a parcel is ${String(open[0]?.status)}`,
    ),
  ];
}

const when = (isFault: boolean, rule: Rule, detail: string): Fault[] => (isFault ? [[rule, detail]] : []);

/** Payments knows which of its refunds were settled by hand; orders knows the sum that an operator has answered for, and no other is excused. */
function moneyFaults({ orders, payments }: Present, due: number, told: (paid: number) => string): readonly Fault[] {
  const held = (payments?.capturedMinor ?? 0) - (payments?.refundedMinor ?? 0);
  if (orders.settledMinor > 0 && held - due === orders.settledMinor) return [];
  const paid = held - (payments?.settledMinor ?? 0);
  return [
    ...when(paid !== due, 'across/money-is-the-total', told(paid)),
    ...when((payments?.openRefunds ?? 0) > 0, 'across/money-is-the-total', 'a refund is open'),
  ];
}

const isHeld = (inventory: Present['inventory']): boolean =>
  (inventory?.holds ?? []).some(({ state }) => state === 'HELD');

const boughtLines = (inventory: Present['inventory']): number[] =>
  (inventory?.holds ?? []).flatMap(({ state, lines }) =>
    state === 'CONFIRMED' ? lines.map(({ lineNo }) => lineNo) : [],
  );

const linesOf = (routing: Present['routing'], statuses: readonly string[]): number[] =>
  (routing?.parcels ?? []).flatMap(({ status, lines }) =>
    statuses.includes(status) ? lines.map(({ lineNo }) => lineNo) : [],
  );
