import { expect, test } from '@jest/globals';
import { decideCancel, tellAgain } from './cancellation.ts';
import { counts, isSent, wasSent, type Delivery } from './delivery.ts';
import { isLive } from './order-route.ts';
import { loseParcel, rejectParcel } from './parting.ts';
import type { Cause } from './reassignment.ts';
import { forSeeds, type randomOf } from './testing/random.ts';
import { someRoute, type Shelves } from './testing/some-route.ts';

type Order = ReturnType<typeof someRoute>;
type Random = ReturnType<typeof randomOf>;

const sellers = ['a', 'b', 'c', 'd', 'e'];
const shelvesOf = (random: Random): Shelves =>
  Object.fromEntries(sellers.map(id => [id, [1, 2, 3, 4].filter(() => random.next() < 0.6)]));
const pick = <Item>(random: Random, items: readonly Item[]): Item | undefined =>
  items[Math.floor(random.next() * items.length)];

/** Anything that may come, in any order: of the present attempt, of an older one, for parcels of any status. */
function anything(order: Order, random: Random): void {
  const { route, deliveries, now } = order;
  const attempt = Math.max(1, route.attempt - (random.next() < 0.2 ? 1 : 0));
  const lineNos = [1, 2, 3, 4].filter(() => random.next() < 0.4);
  const reason = 'whatever';
  const cause = pick<Cause>(random, [
    { kind: 'STOCK_REJECTED', attempt, lineNos, reason },
    { kind: 'CONFIRMATION_FAILED', attempt, reason },
    { kind: 'REJECTED', reason },
    { kind: 'REJECTED', reason },
    { kind: 'ASKED_AGAIN', attempt: route.attempt + (random.next() < 0.5 ? 1 : 0) },
  ]);
  const parcel = pick(random, deliveries);
  const deeds: readonly (() => void)[] = [
    () => cause && order.reassign(cause, shelvesOf(random)),
    () => order.confirm(attempt),
    () => {
      if (parcel?.status === 'STARTED') order.handOver(parcel.sellerId);
    },
    () => {
      const parting = parcel && (random.next() < 0.7 ? rejectParcel : loseParcel)(route, parcel, { reason, now });
      if (parting?.kind === 'done') order.apply(parting.change);
    },
    () =>
      order.reassign({ kind: 'ASKED_AGAIN', attempt }, shelvesOf(random)) ??
      order.apply(tellAgain(route, deliveries, { attempt })),
    () => {
      if (random.next() < 0.1) order.apply(decideCancel(route, deliveries, { reason }));
    },
  ];
  pick(random, deeds)?.();
}

function check(order: Order, before: { readonly deliveries: readonly Delivery[]; readonly attempt: number }): void {
  const { route, deliveries, told } = order;
  expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
  expect(route.attempt - before.attempt).toBeGreaterThanOrEqual(0);
  expect(route.attempt - before.attempt).toBeLessThanOrEqual(1);

  const present = deliveries.filter(counts);
  if (!isLive(route)) expect(present.every(isSent)).toBe(true);
  if (route.state === 'UNAVAILABLE') expect(present).toEqual([]);
  const lineNos = deliveries
    .filter(each => counts(each) || wasSent(each))
    .flatMap(({ lines }) => lines.map(({ lineNo }) => lineNo));
  expect(lineNos).toHaveLength(new Set(lineNos).size);
  for (const lineNo of route.droppedLineNos) expect(lineNos).not.toContain(lineNo);
  if (isLive(route) && route.attempt > before.attempt)
    expect([...lineNos, ...route.droppedLineNos].sort()).toEqual([1, 2, 3, 4]);

  for (const was of before.deliveries) {
    const is = order.parcel(was.sellerId);
    // Who has handed over sends what it has handed over, and nothing else.
    if (wasSent(was)) expect(is.lines).toEqual(was.lines);
    if (isSent(was)) expect(wasSent(is)).toBe(true);
    if (was.ended?.how === 'REJECTED') expect(is).toEqual(was);
    expect(is.version).toBeGreaterThanOrEqual(was.version);
  }
}

test('whatever comes, each line is with one seller, dropped, lost or over; and nothing is told of two minds', () => {
  forSeeds(40, random => {
    const order = someRoute([1, 2, 3, 4], { allowPartial: random.next() < 0.5 });
    order.assign(shelvesOf(random));
    for (let step = 0; step < 25; step += 1) {
      const before = { deliveries: order.deliveries, attempt: order.route.attempt };
      anything(order, random);
      check(order, before);
    }
    expect(order.route.stockRefusals).toBeLessThan(25);
  });
});
