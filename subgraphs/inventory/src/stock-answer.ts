import {
  tellConfirmed,
  tellExpired,
  tellNotConfirmed,
  tellRejected,
  tellReleased,
  tellReserved,
  type Tell,
} from './reservation-events.ts';
import { changeOf, present, type Change, type OrderStock, type Reservation } from './order-stock.ts';
import { confirm } from './reservation.ts';
import { cancel, isExpired } from './stock-return.ts';

export type AnswerRequest = {
  readonly step: string;
  readonly attempt: number;
  /** The order is being cancelled: what is awaited is that the step is undone. */
  readonly isUndone: boolean;
};

/** Whether inventory is asked; the other steps have other owners. */
export const isOurs = (step: string): boolean => step === 'STOCK' || step === 'CONFIRMATION';

/**
 * The present answer to a step once more, as a new event; what can still be done is done first. Undefined: nothing is known of it, or
 * a later attempt has taken its place and is answered for itself. That stock is to be undone is always answered.
 */
export function answerAgain(order: OrderStock, { step, attempt, isUndone }: AnswerRequest): Change | undefined {
  if (isUndone) return step === 'STOCK' ? undoAgain(order, attempt) : undefined;
  if (order.reservations.length === 0 || !isOurs(step)) return undefined;
  // Who asks for the confirmation knows of the money.
  if (step === 'CONFIRMATION' && !order.paid) return confirm(order);
  const newest = order.reservations.at(-1);
  if (newest?.attempt !== attempt) return undefined;
  const there = present(order, newest);
  const answer = there.length > 0 ? { ...newest, lines: there } : newest;
  return changeOf(order, [{ events: step === 'STOCK' ? reserved(answer) : confirmed(answer) }]);
}

function undoAgain(order: OrderStock, attempt: number): Change | undefined {
  const reason = order.cancelled?.reason ?? 'the order is cancelled';
  const last = order.reservations.findLast(({ state }) => state !== 'REJECTED');
  const untold = { ...order, cancelled: order.cancelled && { reason, releasedFor: null } };
  return last !== undefined && isExpired(last, attempt)
    ? changeOf({ ...order, cancelled: { reason, releasedFor: null } }, [{ events: [tellExpired(last)] }])
    : cancel(untold, reason, { undoFor: attempt });
}

function reserved(reservation: Reservation): Tell[] {
  const { attempt, state, lines, refusal } = reservation;
  switch (state) {
    case 'HELD':
    case 'CONFIRMED':
      return [tellReserved(reservation)];
    case 'REJECTED':
      return refusal === null ? [] : [tellRejected(attempt, refusal)];
    case 'RELEASED':
      return [tellReleased(attempt, lines, 'released before')];
    case 'EXPIRED':
      return [tellExpired(reservation)];
  }
}

function confirmed(reservation: Reservation): Tell[] {
  const { attempt, state, refusal } = reservation;
  switch (state) {
    case 'CONFIRMED':
      return [tellConfirmed(reservation)];
    case 'REJECTED':
      return refusal === null ? [] : [tellRejected(attempt, refusal)];
    case 'RELEASED':
    case 'EXPIRED':
      return [tellNotConfirmed(reservation)];
    case 'HELD':
      return [];
  }
}
