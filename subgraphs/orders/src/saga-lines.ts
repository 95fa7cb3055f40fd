import { subtotalOf, type OrderLine } from './order.ts';
import {
  answered,
  latest,
  present,
  waiting,
  withStep,
  type Moment,
  type Parcel,
  type SagaOrder,
} from './saga-state.ts';
import type { Fact, StepName } from './saga-table.ts';

type ParcelFact = Extract<Fact, { type: 'HandedOver' | 'Delivered' | 'DeliveryLost' }>;

/** What the coupon takes off: never more than what is left to pay. */
export const discountOf = (discountMinor: number, lines: readonly OrderLine[]): number =>
  Math.min(discountMinor, subtotalOf(lines));

/** With other lines; once the money was asked for, the discount shrinks with the sum it was given on. */
function withLines(order: SagaOrder, lines: readonly OrderLine[]): SagaOrder {
  const [before, after] = [subtotalOf(order.lines), subtotalOf(lines)];
  const isAsked = latest(order, 'PAYMENT') !== undefined;
  const discountMinor =
    isAsked && before > 0 ? Math.round((order.discountMinor * after) / before) : Math.min(order.discountMinor, after);
  return { ...order, lines, discountMinor };
}

/** Without some of its lines, of which is to be told. */
function dropLines(order: SagaOrder, lineNos: ReadonlySet<number>, lost: boolean): SagaOrder {
  const gone = order.lines.filter(({ status, lineNo }) => status === 'ACTIVE' && lineNos.has(lineNo));
  if (gone.length === 0) return order;
  const lines = order.lines.map((line): OrderLine =>
    gone.includes(line) ? { ...line, status: 'DROPPED', sellerId: lost ? line.sellerId : null } : line,
  );
  return {
    ...withLines(order, lines),
    untold: [...order.untold, ...gone.map(({ lineNo }) => ({ lineNo, lost }))],
  };
}

/** The order as it is assigned now. Parcels that were handed over stay, whether or not they are named again. */
export function withAssignment(
  order: SagaOrder,
  { data }: Extract<Fact, { type: 'SellerAssigned' }>,
  at: Moment,
): SagaOrder {
  const sellers = new Map(
    data.parcels.flatMap(({ sellerId, lines }) => lines.map(({ lineNo }) => [lineNo, sellerId] as const)),
  );
  const left = dropLines(order, new Set(data.droppedLineNos), false);
  const lines = left.lines.map((line): OrderLine =>
    line.status === 'ACTIVE' ? { ...line, sellerId: sellers.get(line.lineNo) ?? line.sellerId } : line,
  );
  const named = data.parcels.map(({ deliveryId, sellerId }): Parcel => {
    const known = order.parcels.find(parcel => parcel.deliveryId === deliveryId);
    return { deliveryId, sellerId, state: known?.state ?? 'ASSIGNED' };
  });
  const kept = order.parcels.filter(
    ({ deliveryId, state }) => state !== 'ASSIGNED' && !named.some(parcel => parcel.deliveryId === deliveryId),
  );
  return withParcels({ ...left, lines, attempt: data.attempt }, [...named, ...kept], at);
}

const wayOfParcel: readonly Parcel['state'][] = ['ASSIGNED', 'HANDED_OVER', 'DELIVERED', 'LOST'];

const hasCome = (parcel: Parcel, to: Parcel['state']): boolean =>
  wayOfParcel.indexOf(parcel.state) >= wayOfParcel.indexOf(to);

/** A step of all parcels is done when the last one that counts has come so far. */
function withParcels(order: SagaOrder, parcels: readonly Parcel[], at: Moment): SagaOrder {
  const counting = parcels.filter(({ state, early }) => state !== 'LOST' && early !== true);
  const stepsThere = (['HANDED_OVER', 'DELIVERED'] as const)
    .filter(to => counting.length > 0 && counting.every(parcel => hasCome(parcel, to)))
    .map((to): StepName => (to === 'HANDED_OVER' ? 'HANDOVER' : 'DELIVERY'));
  return stepsThere.reduce<SagaOrder>(
    (after, name) => {
      const step = present(after, name) ?? waiting(name, order.attempt, at);
      return step.state === 'WAITING' ? withStep(after, answered(step, 'DONE', at.nowMs, null)) : after;
    },
    { ...order, parcels },
  );
}

/** A parcel's way. What has arrived was handed over, whoever tells of it later; what is lost stays lost. */
export function learnOfParcel(order: SagaOrder, fact: ParcelFact, at: Moment): SagaOrder {
  const state = fact.type === 'HandedOver' ? 'HANDED_OVER' : fact.type === 'Delivered' ? 'DELIVERED' : 'LOST';
  const { deliveryId, sellerId } = fact.data;
  const known = order.parcels.find(parcel => parcel.deliveryId === deliveryId);
  if (known !== undefined && (hasCome(known, state) || known.state === 'DELIVERED')) return order;
  const moved: Parcel = known === undefined ? { deliveryId, sellerId, state, early: true } : { ...known, state };
  const parcels =
    known === undefined ? [...order.parcels, moved] : order.parcels.map(one => (one === known ? moved : one));
  const left = fact.type === 'DeliveryLost' ? withoutLost(order, fact, at) : order;
  return withParcels(left, parcels, at);
}

/** Without what was lost; when that was all there was, the delivery has failed as a whole. */
function withoutLost(order: SagaOrder, { data }: Extract<Fact, { type: 'DeliveryLost' }>, at: Moment): SagaOrder {
  const left = dropLines(order, new Set(data.lineNos), true);
  if (left.lines.some(({ status }) => status === 'ACTIVE')) return left;
  const step = latest(order, 'DELIVERY') ?? waiting('DELIVERY', order.attempt, at);
  return withStep(order, answered(step, 'FAILED', at.nowMs, `every parcel is lost: ${data.reason}`.slice(0, 500)));
}
