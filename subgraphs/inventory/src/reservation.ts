import {
  changeOf,
  giveBack,
  holds,
  isLost,
  present,
  type Change,
  type OrderStock,
  type Reservation,
  type Step,
} from './order-stock.ts';
import { tellConfirmed, tellExpired, tellNotConfirmed, tellRejected, tellReserved } from './reservation-events.ts';
import { isSame, lackOf, movesOf, type AssignedLine, type Shelf } from './shelf.ts';

export type ReservationRequest = {
  readonly attempt: number;
  readonly sellerIds: readonly string[];
  readonly lines: readonly AssignedLine[];
  readonly expiresAt: string;
};

/**
 * All lines of an attempt or none. The new attempt speaks of the whole order: what an older one has and this one does not name goes
 * back; what it names unchanged is kept. An order that is paid buys at once. When a line cannot be had, what is only held goes back
 * too, but what was sold and is named unchanged stays sold: it may be on its way already. Undefined: this attempt, or a later one,
 * has its answer.
 */
export function reserve(given: OrderStock, request: ReservationRequest, shelves: readonly Shelf[]): Change | undefined {
  const { attempt, sellerIds, lines, expiresAt } = request;
  if (given.reservations.some(known => known.attempt >= attempt)) return undefined;
  const order = { ...given, sellerIds };
  if (order.cancelled !== null) {
    const refusal = { lineNos: lines.map(({ lineNo }) => lineNo), reason: 'the order is cancelled' };
    return changeOf(order, [refuse(attempt, lines, refusal)]);
  }
  const older = order.reservations.find(holds);
  const had = older === undefined ? [] : present(order, older);
  const kept = had.filter(isAmong(lines));
  const [asked, unwanted] = [lines.filter(isNotAmong(kept)), had.filter(isNotAmong(kept))];
  const lack = lackOf(asked, unwanted, shelves);
  if (lack.length > 0) {
    const steps = older ? giveBack(older, older.state === 'HELD' ? had : unwanted, assignedAnew) : [];
    const reason = [...new Set(lack.map(({ why }) => why))].sort().join(', ');
    return changeOf(order, [...steps, refuse(attempt, lines, { lineNos: lack.map(({ lineNo }) => lineNo), reason })]);
  }
  const steps = older ? giveBack(older, unwanted, assignedAnew, []) : [];
  const [state, deed] = order.paid ? (['CONFIRMED', 'RESERVE_AND_SELL'] as const) : (['HELD', 'RESERVE'] as const);
  const told: Reservation = { attempt, state, lines, expiresAt, refusal: null };
  // What is lost was sold once and stays so, with whichever attempt has the rest.
  const lost = older?.lines.filter(isLost(order)) ?? [];
  const reservation = { ...told, lines: [...lines, ...lost] };
  const events = [tellReserved(told), ...(order.paid ? [tellConfirmed(told)] : [])];
  return changeOf(order, [...steps, { reservation, moves: movesOf(asked, deed), events }]);
}

/** The money is there, which happens to an order once: what is held is sold. Undefined: known already. */
export function confirm(given: OrderStock): Change | undefined {
  if (given.paid) return undefined;
  const order = { ...given, paid: true };
  const held = order.reservations.find(({ state }) => state === 'HELD');
  if (held !== undefined) {
    const confirmed: Reservation = { ...held, state: 'CONFIRMED' };
    const moves = movesOf(held.lines, 'SELL');
    return changeOf(order, [{ reservation: confirmed, moves, events: [tellConfirmed(confirmed)] }]);
  }
  const newest = order.reservations.at(-1);
  if (newest?.state === 'RELEASED' || newest?.state === 'EXPIRED')
    return changeOf(order, [{ reservation: newest, moves: [], events: [tellNotConfirmed(newest)] }]);
  // Nothing was ever held, or the newest attempt was rejected: the next attempt finds the order paid.
  return changeOf(order, []);
}

/** Nobody has paid in time: what is held goes back. Undefined: nothing is due. */
export function expire(order: OrderStock, nowMs: number): Change | undefined {
  const due = order.reservations.find(
    ({ state, expiresAt }) => state === 'HELD' && expiresAt !== null && Date.parse(expiresAt) <= nowMs,
  );
  if (due === undefined) return undefined;
  const moves = movesOf(due.lines, 'GIVE_BACK_RESERVED');
  return changeOf(order, [{ reservation: { ...due, state: 'EXPIRED' }, moves, events: [tellExpired(due)] }]);
}

const assignedAnew = 'assigned anew';
const isAmong = (lines: readonly AssignedLine[]) => (line: AssignedLine) => lines.some(other => isSame(line, other));
const isNotAmong = (lines: readonly AssignedLine[]) => (line: AssignedLine) => !isAmong(lines)(line);

const refuse = (
  attempt: number,
  lines: readonly AssignedLine[],
  refusal: NonNullable<Reservation['refusal']>,
): Step => ({
  reservation: { attempt, state: 'REJECTED', lines, expiresAt: null, refusal },
  events: [tellRejected(attempt, refusal)],
});
