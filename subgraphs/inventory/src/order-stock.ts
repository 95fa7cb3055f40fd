import type { OutboxEvent } from '@waygraph/schema/events/define';
import { tellReleased, type Tell } from './reservation-events.ts';
import { movesOf, sumOf, type AssignedLine, type Move } from './shelf.ts';

/** HELD and CONFIRMED have stock; the others have none, or none any more. */
export type ReservationState = 'HELD' | 'CONFIRMED' | 'REJECTED' | 'RELEASED' | 'EXPIRED';

/** The answer to one attempt: all its lines or none. */
export type Reservation = {
  readonly attempt: number;
  readonly state: ReservationState;
  /** What it has; what it had last, or asked for, when it has nothing. */
  readonly lines: readonly AssignedLine[];
  readonly expiresAt: string | null;
  /** Why it is REJECTED. */
  readonly refusal: { readonly lineNos: readonly number[]; readonly reason: string } | null;
};

/** An order as far as stock is concerned; its reservations in the order of their attempts. */
export type OrderStock = {
  readonly orderId: string;
  readonly customerId: string;
  readonly sellerIds: readonly string[];
  readonly paid: boolean;
  /** The tombstone of the whole order: nothing is taken for it any more. `releasedFor`: the attempt for which its release was told. */
  readonly cancelled: { readonly reason: string; readonly releasedFor: number | null } | null;
  /** Lines whose goods are gone: they stay sold, whatever becomes of the order. */
  readonly lostLineNos: readonly number[];
  /** The `seq` of its newest event. */
  readonly version: number;
  readonly reservations: readonly Reservation[];
};

export type Change = {
  readonly order: OrderStock;
  /** Those of the order's reservations that are new or have changed. */
  readonly reservations: readonly Reservation[];
  readonly moves: readonly Move[];
  readonly events: readonly OutboxEvent[];
};

type Parties = Pick<OrderStock, 'orderId' | 'customerId' | 'sellerIds'>;

/** An order that nothing is known of yet. */
export const unheardOf = ({ orderId, customerId, sellerIds }: Parties): OrderStock => ({
  ...{ orderId, customerId, sellerIds },
  ...{ paid: false, cancelled: null, lostLineNos: [], version: 0, reservations: [] },
});

type Holding = Reservation & { readonly state: 'HELD' | 'CONFIRMED' };
export const holds = (reservation: Reservation): reservation is Holding =>
  reservation.state === 'HELD' || reservation.state === 'CONFIRMED';

/** `reservation`: as it is from now on. */
export type Step = {
  readonly reservation?: Reservation;
  readonly moves?: readonly Move[];
  readonly events: readonly Tell[];
};

export const isLost =
  ({ lostLineNos }: OrderStock) =>
  ({ lineNo }: AssignedLine): boolean =>
    lostLineNos.includes(lineNo);
/** The lines of a reservation whose goods are there. */
export const present = (order: OrderStock, { lines }: Reservation) => lines.filter(line => !isLost(order)(line));

/** Nothing at all when nothing changes. What neither goes back nor stays is another attempt's from now on. */
export function giveBack(
  held: Holding,
  back: readonly AssignedLine[],
  reason: string,
  stays: readonly AssignedLine[] = held.lines.filter(line => !back.includes(line)),
): (Step & { readonly reservation: Reservation })[] {
  if (stays.length === held.lines.length) return [];
  return [
    {
      reservation: stays.length > 0 ? { ...held, lines: stays } : { ...held, state: 'RELEASED' },
      moves: movesOf(back, held.state === 'HELD' ? 'GIVE_BACK_RESERVED' : 'GIVE_BACK_SOLD'),
      events: back.length > 0 ? [tellReleased(held.attempt, back, reason)] : [],
    },
  ];
}

/** The order behind these steps, with their events numbered in their order. */
export function changeOf(order: OrderStock, steps: readonly Step[]): Change {
  const { orderId, customerId, sellerIds } = order;
  const events = steps
    .flatMap(step => step.events)
    .map((tell, index) => tell({ orderId, customerId, sellerIds: [...sellerIds] }, order.version + 1 + index));
  const reservations = steps.flatMap(({ reservation }) => reservation ?? []);
  const untouched = order.reservations.filter(old => reservations.every(({ attempt }) => attempt !== old.attempt));
  return {
    order: {
      ...order,
      version: order.version + events.length,
      reservations: [...untouched, ...reservations].sort((one, other) => one.attempt - other.attempt),
    },
    reservations,
    moves: sumOf(steps.flatMap(({ moves }) => moves ?? [])),
    events,
  };
}
