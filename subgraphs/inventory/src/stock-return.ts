import { changeOf, giveBack, holds, present, type Change, type OrderStock, type Reservation } from './order-stock.ts';
import { tellReleased } from './reservation-events.ts';

/** Lines that the order does not have any more. Undefined: nothing of them was there. */
export function drop(order: OrderStock, lineNos: readonly number[], reason: string): Change | undefined {
  const steps = order.reservations.filter(holds).flatMap(held =>
    giveBack(
      held,
      present(order, held).filter(({ lineNo }) => lineNos.includes(lineNo)),
      reason,
    ),
  );
  return steps.length === 0 ? undefined : changeOf(order, steps);
}

/** Lines whose goods are gone. Undefined: known already. */
export function lose(order: OrderStock, lineNos: readonly number[]): Change | undefined {
  const fresh = lineNos.filter(lineNo => !order.lostLineNos.includes(lineNo));
  return fresh.length === 0
    ? undefined
    : changeOf({ ...order, lostLineNos: [...order.lostLineNos, ...fresh].sort((a, b) => a - b) }, []);
}

/**
 * The order is over. What is only held goes back whoever says so; what is sold when `undoFor` names the attempt whose stock is to be
 * undone, when its goods are `atSellers` for certain, or when the last answer was a rejection, behind which nobody knows of it.
 * `undoFor` is answered with StockReleased, once, also when everything went back before or nothing was ever there: who asks waits for
 * it. Only that this very attempt had expired was told before. Undefined: nothing new.
 */
export function cancel(
  given: OrderStock,
  reason: string,
  { undoFor, atSellers = false }: { readonly undoFor?: number | undefined; readonly atSellers?: boolean } = {},
): Change | undefined {
  const isUndone = undoFor !== undefined || atSellers || given.reservations.at(-1)?.state === 'REJECTED';
  const holding = given.reservations.filter(holds).filter(({ state }) => state === 'HELD' || isUndone);
  const steps = holding.flatMap(held => giveBack(held, present(given, held), reason));
  const told = given.cancelled?.releasedFor ?? null;
  const over = (releasedFor: number | null) => ({
    ...given,
    cancelled: { reason: given.cancelled?.reason ?? reason, releasedFor },
  });
  const last = given.reservations.findLast(({ state }) => state !== 'REJECTED');
  if (undoFor !== undefined && (told ?? 0) < undoFor && !isExpired(last, undoFor)) {
    const returned = holding.flatMap(held => present(given, held));
    const answer = tellReleased(undoFor, returned.length > 0 ? returned : (last?.lines ?? []), reason);
    return changeOf(over(undoFor), [...steps.map(step => ({ ...step, events: [] })), { events: [answer] }]);
  }
  if (steps.length === 0 && given.cancelled !== null) return undefined;
  return changeOf(over(told ?? steps.at(-1)?.reservation.attempt ?? null), steps);
}

/** Whether an attempt had expired, which is the answer to who undoes it; of another attempt's end it learns nothing. */
export const isExpired = (last: Reservation | undefined, attempt: number): boolean =>
  last?.state === 'EXPIRED' && last.attempt === attempt;
