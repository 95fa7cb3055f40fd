import { expect, test } from '@jest/globals';
import { auditOnce } from './audit.ts';
import { databaseNames, type Databases } from './databases.ts';
import { statement } from './statements.ts';

const order = {
  ...{ id: 'o', status: 'CANCELLED', saga: 'COMPENSATED', totalMinor: 900, couponCode: null, ageS: 600 },
  ...{ told: {}, lines: [], isAwaited: false, isOwed: false, settledMinor: 0, closed: [] },
};
const inventory = { id: 'o', version: 0, holds: [{ attempt: 1, state: 'HELD', lines: [] }], ageS: 600 };

/** A cancelled order whose stock is still held, since inventory has not applied that it was cancelled, told so long ago. */
function given(ageS: number, whereabouts: 'late' | 'dead' | 'discarded') {
  const told = { id: 'e', topic: 'order.events', type: 'OrderCancelled', key: 'o', orderId: 'o', day: 'd', ageS };
  const rows: Record<string, readonly unknown[]> = {
    'orders orders/known-orders': [{ id: 'o' }],
    'orders orders/order-facts': [order],
    'orders orders/told-of-orders': [told],
    'orders every/told-events': [told],
    'inventory inventory/order-facts': [inventory],
    'inventory every/parked-events': whereabouts === 'late' ? [] : [{ id: 'e', waits: whereabouts === 'dead' }],
    ...Object.fromEntries(['payments', 'routing', 'risk'].map(name => [`${name} every/applied-events`, [{ id: 'e' }]])),
  };
  const answers = new Map(
    Object.entries(rows).map(([named, found]) => {
      const [name, path = ''] = named.split(' ');
      return [`${String(name)} ${statement(path)}`, found];
    }),
  );
  const databases = Object.fromEntries(
    databaseNames.map(name => [name, (text: string) => Promise.resolve(answers.get(`${name} ${text}`) ?? [])]),
  ) as unknown as Databases;
  return auditOnce(databases, { graceMs: 60_000 });
}
const rulesOf = ({ findings }: Awaited<ReturnType<typeof given>>) => findings.map(({ invariant }) => invariant);

test('an event that is late excuses what follows from it, and is told itself when it does not come', async () => {
  const young = await given(59, 'late');
  expect(rulesOf(young)).toEqual([]);
  expect(young.underWayOrders).toEqual(['o']);
  const late = await given(61, 'late');
  expect(late.findings).toEqual([
    {
      invariant: 'across/every-event-is-applied',
      ...{ id: 'e', detail: 'OrderCancelled of o (orders): not applied by inventory' },
    },
  ]);
  expect(late.underWayOrders).toEqual([]);
});

test('one that waits for an operator is under way, what one leaves undone that was discarded is found', async () => {
  const dead = await given(61, 'dead');
  expect(rulesOf(dead)).toEqual([]);
  expect(dead.underWayOrders).toEqual(['o']);
  for (const ageS of [10, 61]) {
    expect(rulesOf(await given(ageS, 'discarded'))).toEqual(['across/stock-is-what-was-bought']);
  }
});
