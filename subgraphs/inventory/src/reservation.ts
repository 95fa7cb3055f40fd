import type { OutboxEvent } from '@waygraph/schema/events/define';
import {
  StockConfirmationFailed,
  StockConfirmed,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@waygraph/schema/events/stock';
import { lackOf, movesOf, sumOf, type AssignedLine, type Lack, type Move, type Shelf } from './shelf.ts';

/** HELD and CONFIRMED have stock; the others have none, or none any more. */
export type ReservationState = 'HELD' | 'CONFIRMED' | 'REJECTED' | 'RELEASED' | 'EXPIRED';

/** The answer to one attempt: all its lines or none. */
export type Reservation = {
  readonly attempt: number;
  readonly state: ReservationState;
  readonly lines: readonly AssignedLine[];
  readonly expiresAt: string | null;
};

/** An order as far as stock is concerned; its reservations in the order of their attempts. */
export type OrderStock = {
  readonly orderId: string;
  readonly customerId: string;
  readonly sellerIds: readonly string[];
  readonly paid: boolean;
  /** The `seq` of its newest event. */
  readonly version: number;
  readonly reservations: readonly Reservation[];
};

export type Change = {
  readonly order: OrderStock;
  /** Those of the order's reservations that are new or have another state. */
  readonly reservations: readonly Reservation[];
  readonly moves: readonly Move[];
  readonly events: readonly OutboxEvent[];
};

export type ReservationRequest = {
  readonly attempt: number;
  readonly sellerIds: readonly string[];
  readonly lines: readonly AssignedLine[];
  readonly expiresAt: string;
};

type Holding = Reservation & { readonly state: 'HELD' | 'CONFIRMED' };
const holds = (reservation: Reservation): reservation is Holding =>
  reservation.state === 'HELD' || reservation.state === 'CONFIRMED';

/** The lines for which the order has stock now; at most one attempt has any. */
export const heldLines = ({ reservations }: OrderStock): readonly AssignedLine[] =>
  reservations.find(holds)?.lines ?? [];

/**
 * All lines of an attempt or none. Whatever an older attempt still has is given back with it: the new one speaks of the whole order.
 * An order that is paid already buys at once. Undefined: this attempt, or a later one, has its answer.
 */
export function reserve(
  given: OrderStock,
  { attempt, sellerIds, lines, expiresAt }: ReservationRequest,
  shelves: readonly Shelf[],
): Change | undefined {
  if (given.reservations.some(known => known.attempt >= attempt)) return undefined;
  const order = { ...given, sellerIds };
  const older = order.reservations.filter(holds).map(held => giveBack(held, 'assigned anew'));
  const lack = lackOf(lines, heldLines(order), shelves);
  if (lack.length > 0) {
    const rejected: Reservation = { attempt, state: 'REJECTED', lines, expiresAt: null };
    return changeOf(order, [...older, { reservation: rejected, moves: [], events: [tellRejected(rejected, lack)] }]);
  }
  const reserved: Reservation = { attempt, state: order.paid ? 'CONFIRMED' : 'HELD', lines, expiresAt };
  const moves = movesOf(lines, order.paid ? 'RESERVE_AND_SELL' : 'RESERVE');
  const events = [tellReserved(reserved, expiresAt), ...(order.paid ? [tellConfirmed(reserved)] : [])];
  return changeOf(order, [...older, { reservation: reserved, moves, events }]);
}

/** The money is there, which happens to an order once: what is held is sold. Undefined: known already. */
export function confirm(given: OrderStock): Change | undefined {
  if (given.paid) return undefined;
  const order = { ...given, paid: true };
  const newest = order.reservations.at(-1);
  if (newest?.state === 'HELD') {
    const confirmed: Reservation = { ...newest, state: 'CONFIRMED' };
    const moves = movesOf(newest.lines, 'SELL');
    return changeOf(order, [{ reservation: confirmed, moves, events: [tellConfirmed(confirmed)] }]);
  }
  if (newest?.state === 'RELEASED' || newest?.state === 'EXPIRED') {
    return changeOf(order, [{ reservation: newest, moves: [], events: [tellNotConfirmed(newest)] }]);
  }
  // Nothing was ever held, or the newest attempt was rejected: the next attempt finds the order paid.
  return changeOf(order, []);
}

/** Whatever the order has goes back on the shelves, sold or not. Undefined: it has nothing, or nothing any more. */
export function release(order: OrderStock, reason: string): Change | undefined {
  const held = order.reservations.filter(holds);
  return held.length === 0
    ? undefined
    : changeOf(
        order,
        held.map(reservation => giveBack(reservation, reason)),
      );
}

type Parties = { orderId: string; customerId: string; sellerIds: string[] };
type Tell = (parties: Parties, seq: number) => OutboxEvent;
type Step = { reservation: Reservation; moves: Move[]; events: Tell[] };

const giveBack = (held: Holding, reason: string): Step => ({
  reservation: { ...held, state: 'RELEASED' },
  moves: movesOf(held.lines, held.state === 'HELD' ? 'GIVE_BACK_RESERVED' : 'GIVE_BACK_SOLD'),
  events: [tellReleased(held, reason)],
});

function changeOf(order: OrderStock, steps: readonly Step[]): Change {
  const { orderId, customerId, sellerIds } = order;
  const events = steps
    .flatMap(step => step.events)
    .map((tell, index) => tell({ orderId, customerId, sellerIds: [...sellerIds] }, order.version + 1 + index));
  const reservations = steps.map(step => step.reservation);
  const untouched = order.reservations.filter(old => reservations.every(({ attempt }) => attempt !== old.attempt));
  return {
    order: { ...order, version: order.version + events.length, reservations: [...untouched, ...reservations] },
    reservations,
    moves: sumOf(steps.flatMap(step => step.moves)),
    events,
  };
}

const whole = ({ attempt, lines }: Reservation) => ({ attempt, lines: [...lines] });

const tellReserved =
  (reservation: Reservation, expiresAt: string): Tell =>
  (parties, seq) =>
    StockReserved.outboxEvent({ ...parties, ...whole(reservation), expiresAt }, { seq });

const tellRejected =
  ({ attempt }: Reservation, lack: readonly Lack[]): Tell =>
  (parties, seq) => {
    const reason = [...new Set(lack.map(({ why }) => why))].sort().join(', ');
    return StockRejected.outboxEvent(
      { ...parties, attempt, lineNos: lack.map(({ lineNo }) => lineNo), reason },
      { seq },
    );
  };

const tellReleased =
  (reservation: Reservation, reason: string): Tell =>
  (parties, seq) =>
    StockReleased.outboxEvent({ ...parties, ...whole(reservation), reason }, { seq });

const tellConfirmed =
  (reservation: Reservation): Tell =>
  (parties, seq) =>
    StockConfirmed.outboxEvent({ ...parties, ...whole(reservation) }, { seq });

const tellNotConfirmed =
  ({ attempt, state }: Reservation): Tell =>
  (parties, seq) => {
    const reason = state === 'EXPIRED' ? 'the reservation had expired' : 'the stock had been released';
    return StockConfirmationFailed.outboxEvent({ ...parties, attempt, reason }, { seq });
  };
