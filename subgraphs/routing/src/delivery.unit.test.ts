import { describe, expect, test } from '@jest/globals';
import {
  cancel,
  changeFactor,
  counts,
  deliver,
  handOver,
  isOpen,
  mayBecome,
  openStatuses,
  scan,
  start,
  type Delivery,
  type DeliveryStatus,
} from './delivery.ts';
import { assigned, estimateAt } from './eta.ts';
import { estimate } from './order-route.ts';
import { someCandidate } from './testing/some-candidate.ts';

const statuses: readonly DeliveryStatus[] = [...openStatuses, 'DELIVERED', 'REASSIGNED', 'CANCELLED', 'LOST'];
const hour = 3_600_000;
const began = Date.parse('2026-11-21T09:00:00.000Z');
const lane = { factor: 1, revision: 3 };
const ids = () => 'id';

function some(change: Partial<Delivery> = {}): Delivery {
  const progress = assigned(someCandidate(), new Date(began));
  return {
    ...{ id: 'd', orderId: 'o', customerId: 'c', sellerId: 's1', laneId: 'RS>SP', status: 'ASSIGNED', version: 1 },
    ...{
      attempt: 1,
      score: 2_100,
      ended: null,
      lines: [{ lineNo: 1, productId: 'p', quantity: 1 }],
      progress,
      laneRevision: 0,
    },
    ...{ startedAt: null, handoverDueAt: null, handedOverAt: null, scannedAt: null, deliveredAt: null },
    ...{ handedOverSeq: null, deliveredSeq: null },
    eta: estimate({ progress }, undefined, { reason: 'ASSIGNED', now: began, seq: 2, promisedAt: null }, ids),
    ...change,
  };
}
const at = (hours: number) => ({ at: began + hours * hour, now: began + hours * hour });
const done = (decision: ReturnType<typeof handOver>): Delivery => {
  if (decision.kind !== 'done') throw new Error(decision.kind);
  return decision.delivery;
};

describe('a parcel', () => {
  test('never leaves an end, and what is open counts', () => {
    for (const status of statuses) {
      expect(mayBecome(status, status)).toBe(['IN_TRANSIT', 'OUT_FOR_DELIVERY'].includes(status));
      if (isOpen({ status })) expect(counts({ status })).toBe(true);
      else expect(statuses.filter(to => mayBecome(status, to))).toEqual(status === 'REASSIGNED' ? ['ASSIGNED'] : []);
    }
  });

  test('goes its way, and its estimate follows what is known', () => {
    const started = start(some(), began + hour);
    expect(started).toMatchObject({ status: 'STARTED', startedAt: began + hour, handoverDueAt: began + 73 * hour });
    const handed = done(handOver(started!, at(10), lane));
    expect(handed).toMatchObject({ status: 'HANDED_OVER', handedOverAt: began + 10 * hour, laneRevision: 3 });
    const arrived = done(scan(handed, { hub: 'SP', kind: 'HUB' }, at(30), lane));
    expect(arrived.progress.arrivedAt).toBe(began + 30 * hour);
    const out = done(scan(arrived, { hub: 'SP', kind: 'OUT_FOR_DELIVERY' }, at(33), lane));
    expect(out.progress.outAt).toBe(began + 33 * hour);
    const back = done(scan(out, { hub: 'SP', kind: 'HUB' }, at(35), lane));
    expect(back.progress).not.toHaveProperty('outAt');
    // Nobody was at home: it lies there again, and then goes on its tour: five hours in all.
    expect(estimateAt(back.progress, new Date(began + 35 * hour)).expectedAt.getTime()).toBe(began + 40 * hour);
    const elsewhere = done(scan(out, { hub: 'PR', kind: 'HUB' }, at(36), lane));
    expect(estimateAt(elsewhere.progress, new Date(began + 36 * hour)).expectedAt.getTime()).toBe(began + 41 * hour);
    expect(done(deliver(back, at(40), lane))).toMatchObject({ status: 'DELIVERED', deliveredAt: began + 40 * hour });
  });

  test('goes by the factor that holds at each step', () => {
    const started = start(some(), began)!;
    const handed = done(handOver(started, at(10), { factor: 2, revision: 4 }));
    expect(handed).toMatchObject({ laneRevision: 4, progress: { factor: 2 } });
    const known = done(scan(handed, { hub: 'PR', kind: 'HUB' }, at(20), { factor: 1, revision: 5 }));
    // Ten hours at half the pace: five of twenty are done.
    expect(known.progress).toMatchObject({ factor: 1, lineHaulDoneMs: 5 * hour });
  });

  test('refuses steps before the one before them, and instants that have not come', () => {
    const started = start(some(), began + hour)!;
    expect(handOver(started, at(0), lane)).toMatchObject({ kind: 'refused', refusal: { field: ['at'] } });
    expect(handOver(started, { at: began + 2 * hour, now: began + hour }, lane)).toMatchObject({ kind: 'refused' });
    expect(handOver(some(), at(1), lane)).toMatchObject({ refusal: { code: 'STALE_STATE' } });
    expect(deliver(started, at(1), lane)).toMatchObject({ refusal: { code: 'STALE_STATE' } });
    expect(handOver(some({ status: 'CANCELLED' }), at(1), lane)).toMatchObject({ refusal: { code: 'TOO_LATE' } });
    const handed = done(handOver(started, at(10), lane));
    expect(deliver(handed, at(9), lane)).toMatchObject({ refusal: { field: ['at'] } });
    expect(cancel(handed)).toBeUndefined();
    expect(start(handed, began)).toBeUndefined();
  });

  test('another factor is told only when it changes what is expected', () => {
    expect(changeFactor(some(), { factor: 1, revision: 9 }, began)).toMatchObject({
      ...{ retold: false, delivery: { laneRevision: 9 } },
    });
    expect(changeFactor(some(), { factor: 2, revision: 9 }, began).retold).toBe(true);
    const out = some({ status: 'OUT_FOR_DELIVERY' });
    const known = { ...out.progress, handedOverAt: began, arrivedAt: began + hour, outAt: began + 2 * hour };
    const told = estimate(
      { progress: known },
      out.eta,
      { reason: 'SCANNED', now: began, seq: 3, promisedAt: null },
      ids,
    );
    const late = changeFactor({ ...out, progress: known, eta: told }, { factor: 5, revision: 9 }, began);
    expect(late.retold).toBe(false);
  });
});
