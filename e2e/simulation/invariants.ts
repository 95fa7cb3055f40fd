import { noAnswer } from '@waygraph/orders/saga-table';
import { checkCause } from './causes.ts';
import { checkCoupons, checkLedger, checkMoney } from './money-invariants.ts';
import { hasEnded, mayBeSilent } from './order-rules.ts';
import type { SimulatedOrder } from './orders.ts';
import { note } from './run.ts';
import { expect, type World } from './world.ts';

/** What must hold when nothing is under way any more. */
export function checkEnd(world: World): void {
  const { run, services } = world;
  const sold = new Map<string, number>();
  const used = new Map<string, number>();
  let sales = 0;
  for (const order of services.orders.orders.values()) {
    checkOrder(order);
    checkVersions(world, order);
    checkCancel(world, order);
    checkCause(world, order);
    checkParcels(world, order, sold);
    checkStock(world, order);
    sales += checkMoney(world, order, used);
    note(run, `order ${order.status}`);
  }
  checkKeys(world);
  checkShelves(world, sold);
  checkCoupons(world, used);
  checkLedger(world, sales);
}

/** One order per key, however often it was asked for, and one OrderPlaced of each. */
function checkKeys({ run, services }: World): void {
  const { keys, orders } = services.orders;
  expect('?', new Set(keys.values()).size === orders.size, () => `${keys.size} keys made ${orders.size} orders`);
  for (const [id, events] of run.told) {
    const placed = events.filter(({ type }) => type === 'OrderPlaced').length;
    expect(id, placed === 1, () => `it was placed ${placed} times`);
  }
}

/** An order ends, and so does its saga. */
function checkOrder({ id, status, saga, steps, cancelReason }: SimulatedOrder): void {
  expect(id, hasEnded({ status }), () => `an order has stopped at ${status} ${saga}`);
  expect(id, saga === (status === 'DELIVERED' ? 'COMPLETED' : 'COMPENSATED'), () => `a saga is ${saga} when ${status}`);
  // One that was asked for again is of no interest any more; what is to be undone is, whatever was asked for later.
  const isLast = ({ name, attempt }: (typeof steps)[number]): boolean =>
    !steps.some(other => other.name === name && other.attempt > attempt);
  const open = steps.find(
    step => step.state === 'UNDOING' || (step.state === 'STUCK' && (status === 'CANCELLED' || isLast(step))),
  );
  expect(
    id,
    open === undefined,
    () => `the step ${open?.name ?? ''} is ${open?.state ?? ''} though the order is ${status}`,
  );
  expect(id, status !== 'CANCELLED' || cancelReason !== null, () => 'an order is cancelled for no reason');
}

/** Whether a parcel was handed over is decided once, and kept to. */
function checkCancel({ run }: World, { id, status, cancelRefused, cancelReason }: SimulatedOrder): void {
  const told = new Set((run.told.get(id) ?? []).map(({ type }) => type));
  const [refused, cancelled] = [told.has('CancelRefused'), told.has('DeliveryCancelled')];
  expect(id, !refused || !cancelled, () => 'a cancellation was refused and granted');
  expect(id, cancelRefused === null || refused, () => 'an order refused a cancellation that routing did not refuse');
  expect(id, status !== 'DELIVERED' || !cancelled, () => 'an order was delivered whose parcels were cancelled');
  expect(
    id,
    cancelReason !== noAnswer || mayBeSilent(run.faults),
    () => 'an order was cancelled for a silence that nobody kept',
  );
}

/** Each service's version of the order is the seq of its newest event. */
function checkVersions({ run, services }: World, { id, version }: SimulatedOrder): void {
  const seqs = { 'order.events': 0, 'delivery.events': 0, 'stock.events': 0, 'payment.events': 0 };
  for (const { topic, seq } of run.told.get(id) ?? []) if (topic in seqs) seqs[topic as keyof typeof seqs] = seq;
  const owners = {
    'order.events': version,
    'delivery.events': services.routing.routes.get(id)?.version,
    'stock.events': services.inventory.orders.get(id)?.version,
    'payment.events': services.payments.orders.get(id)?.version,
  };
  for (const [topic, known = 0] of Object.entries(owners)) {
    const seq = seqs[topic as keyof typeof seqs];
    expect(id, seq === known, () => `${topic} ends at ${seq}, its owner is at ${known}`);
  }
}

const sent = ['HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED'];

/** A cancelled order sends nothing; a delivered one has delivered its lines, each once. */
function checkParcels({ run, services }: World, order: SimulatedOrder, sold: Map<string, number>): void {
  const parcels = services.routing.deliveries.get(order.id) ?? [];
  const arrived = new Set<number>();
  for (const { status, sellerId, lines } of parcels) {
    const open = status !== 'DELIVERED' && status !== 'LOST' && status !== 'REASSIGNED' && status !== 'CANCELLED';
    expect(order.id, !open, () => `the parcel of ${sellerId} is ${status} though the order is ${order.status}`);
    if (order.status === 'CANCELLED')
      expect(order.id, !sent.includes(status), () => `the parcel of ${sellerId} is ${status} though it is cancelled`);
    if (status !== 'DELIVERED' && status !== 'LOST') continue;
    note(run, `parcel ${status}`);
    for (const { lineNo, productId, quantity } of lines) {
      const key = `${productId} ${sellerId}`;
      sold.set(key, (sold.get(key) ?? 0) + quantity);
      if (status === 'LOST') continue;
      expect(order.id, !arrived.has(lineNo), () => `line ${lineNo} has arrived twice`);
      arrived.add(lineNo);
    }
  }
  if (order.status !== 'DELIVERED') return;
  for (const { lineNo, status } of order.lines)
    expect(
      order.id,
      arrived.has(lineNo) === (status === 'ACTIVE'),
      () => `line ${lineNo} is ${status}, but ${arrived.has(lineNo) ? '' : 'not '}there`,
    );
}

/** Nothing is held for an order that has ended, and what is sold to it is what it got. */
function checkStock({ services }: World, { id, status }: SimulatedOrder): void {
  const stock = services.inventory.orders.get(id);
  if (stock === undefined) return;
  const lost = (services.routing.deliveries.get(id) ?? []).some(parcel => parcel.status === 'LOST');
  for (const reservation of stock.reservations) {
    expect(
      id,
      reservation.state !== 'HELD',
      () => `attempt ${reservation.attempt} is held though the order is ${status}`,
    );
    if (status === 'CANCELLED' && !lost)
      expect(
        id,
        reservation.state !== 'CONFIRMED',
        () => `attempt ${reservation.attempt} is sold though it is cancelled`,
      );
  }
}

function checkShelves({ market }: World, sold: ReadonlyMap<string, number>): void {
  for (const shelf of market.shelves) {
    const key = `${shelf.productId} ${shelf.sellerId}`;
    const { received, available, reserved } = shelf;
    const all = () => JSON.stringify(shelf);
    expect('?', available + reserved + shelf.sold === received, () => `a shelf does not add up: ${all()}`);
    expect('?', reserved === 0, () => `a shelf is reserved for nobody: ${all()}`);
    expect('?', shelf.sold === (sold.get(key) ?? 0), () => `${sold.get(key) ?? 0} were sent or lost: ${all()}`);
  }
}
