import type { Decision, Delivery, LaneNow, Moment } from '@waygraph/routing/delivery';
import { iso, nextVersion, parcelOf, partiesOf, type OrderRoute } from '@waygraph/routing/order-route';
import type { Cause } from '@waygraph/routing/reassignment';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { AssignmentRejected, Delivered, DeliveryLost, HandedOver, Scanned } from '@waygraph/schema/events/delivery';
import type { Decisions } from './decisions.ts';
import type { RouteStore } from './route-store.ts';
import type { Run } from './run.ts';

/** Each tells whether it was done, now or before. */
type Deed = (orderId: string, sellerId: string) => boolean;
export type Parcels = {
  readonly confirmHandover: Deed;
  readonly recordScan: Deed;
  readonly confirmDelivery: Deed;
  readonly reportLost: Deed;
  readonly rejectAssignment: Deed;
  readonly reassignDelivery: Deed;
};

const lineNosOf = ({ lines }: Delivery): number[] => lines.map(({ lineNo }) => lineNo);

/** What sellers, carriers and operators do with parcels: routing's mutations in memory. */
export function createParcels(run: Run, store: RouteStore, decisions: Decisions['routing']): Parcels {
  const { agenda, random, newId } = run;
  const { routes, parcelsOf, lock, save, findOthers, saveReassignment } = store;

  function changeParcel(
    orderId: string,
    sellerId: string,
    decide: (delivery: Delivery, moment: Moment, lane: LaneNow) => Decision,
    fact: (parcel: ReturnType<typeof parcelOf>, at: number, sequence: { seq: number }) => OutboxEvent,
    remember: (delivery: Delivery, seq: number) => Delivery,
  ): boolean {
    const route = routes.get(orderId);
    const delivery = parcelsOf(orderId).find(each => each.sellerId === sellerId);
    if (route === undefined || delivery === undefined) return false;
    const now = agenda.now();
    const decision = decide(delivery, { at: now, now }, { factor: 1, revision: 0 });
    if (decision.kind !== 'done') return decision.kind === 'repeat';
    const given = {
      ...{ reason: decision.reason, now },
      fact: (sequence: { seq: number }) => fact(parcelOf(route, delivery), now, sequence),
    };
    save(decisions.advance(route, remember(decision.delivery, route.version + 2), given, newId));
    return true;
  }

  function endParcel(
    orderId: string,
    sellerId: string,
    how: 'REJECTED' | 'LOST',
    tell: (route: OrderRoute, delivery: Delivery, sequence: { seq: number }) => OutboxEvent,
  ): boolean {
    const route = routes.get(orderId);
    const before = parcelsOf(orderId).find(each => each.sellerId === sellerId);
    if (route === undefined || before === undefined) return false;
    const seq = route.version + 1;
    const decision = decisions.end(before, { how, seq, at: agenda.now() });
    if (decision.kind !== 'done') return decision.kind === 'repeat';
    const delivery = nextVersion(decision.delivery);
    const known = how === 'REJECTED' ? decisions.excludeForGood(route, sellerId) : route;
    const told = tell(route, delivery, { seq });
    save({ route: { ...known, version: seq }, deliveries: [delivery], events: [told] });
    return true;
  }

  /** Between looking for others and locking the order it may change: then others are looked for anew. */
  function reassignDelivery(orderId: string, sellerId: string, tries = 3): boolean {
    const cause: Cause = { kind: 'MOVED', sellerId, reason: 'too late' };
    const answered = findOthers(orderId, cause);
    agenda.after(random.between(1, 60), () => {
      const known = lock(orderId);
      const delivery = known?.deliveries.find(each => each.sellerId === sellerId);
      if (known === undefined || delivery === undefined) return;
      const { route, deliveries: of } = known;
      if (decisions.end(delivery, { how: 'REASSIGNED', seq: route.version + 1, at: 0 }).kind !== 'done') return;
      const plan = decisions.planReassignment(route, of, cause);
      if (plan === undefined || answered === undefined || !decisions.sameQuestion(plan, answered.plan)) {
        if (tries > 1) reassignDelivery(orderId, sellerId, tries - 1);
        return;
      }
      const { choice } = answered;
      if (choice !== undefined && choice.unserved.length === 0) saveReassignment(of, { plan, choice });
    });
    return answered?.choice?.unserved.length === 0;
  }

  return {
    confirmHandover: (orderId, sellerId) =>
      changeParcel(
        ...([orderId, sellerId, decisions.handOver] as const),
        (parcel, at, sequence) => HandedOver.outboxEvent({ ...parcel, handedOverAt: iso(at) }, sequence),
        (delivery, seq) => ({ ...delivery, handedOverSeq: seq }),
      ),
    recordScan: (orderId, sellerId) => {
      const scanned = random.pick([
        { hub: 'RJ', kind: 'HUB' },
        { hub: 'SP', kind: 'OUT_FOR_DELIVERY' },
      ] as const);
      return changeParcel(
        ...([orderId, sellerId] as const),
        (delivery, moment, lane) => decisions.scan(delivery, scanned, moment, lane),
        (parcel, at, sequence) => Scanned.outboxEvent({ ...parcel, ...scanned, scannedAt: iso(at) }, sequence),
        delivery => delivery,
      );
    },
    confirmDelivery: (orderId, sellerId) =>
      changeParcel(
        ...([orderId, sellerId, decisions.deliver] as const),
        (parcel, at, sequence) => Delivered.outboxEvent({ ...parcel, deliveredAt: iso(at) }, sequence),
        (delivery, seq) => ({ ...delivery, deliveredSeq: seq }),
      ),
    reportLost: (orderId, sellerId) =>
      endParcel(orderId, sellerId, 'LOST', (route, delivery, sequence) =>
        DeliveryLost.outboxEvent(
          { ...parcelOf(route, delivery), lineNos: lineNosOf(delivery), reason: 'lost' },
          sequence,
        ),
      ),
    rejectAssignment: (orderId, sellerId) =>
      endParcel(orderId, sellerId, 'REJECTED', (route, delivery, sequence) =>
        AssignmentRejected.outboxEvent(
          {
            ...{ ...partiesOf(route), attempt: route.attempt, deliveryId: delivery.id, sellerId },
            ...{ lineNos: lineNosOf(delivery), reason: 'broken' },
          },
          sequence,
        ),
      ),
    reassignDelivery,
  };
}
