import type { EventOf } from '@waygraph/schema/events/define';
import { DeliveryLost, SellerAssigned } from '@waygraph/schema/events/delivery';
import { OrderCancelled, OrderCancelling, OrderLinesDropped, StepRetryRequested } from '@waygraph/schema/events/orders';
import { PaymentCaptured } from '@waygraph/schema/events/payment';
import type { Change, OrderStock } from './order-stock.ts';
import { confirm, reserve } from './reservation.ts';
import type { AssignedLine, Shelf } from './shelf.ts';
import { answerAgain, isOurs } from './stock-answer.ts';
import { cancel, drop, lose } from './stock-return.ts';

/** What others tell that an order's stock depends on. */
export const stockFacts = [
  SellerAssigned,
  DeliveryLost,
  PaymentCaptured,
  OrderCancelling,
  OrderCancelled,
  OrderLinesDropped,
  StepRetryRequested,
] as const;
export type StockFact = EventOf<typeof stockFacts>;

/** The lines that are wanted, in their order: their shelves count beside those of what the order has. */
export const wantedLines = (fact: StockFact): readonly AssignedLine[] =>
  fact.type === 'SellerAssigned'
    ? fact.data.parcels.flatMap(parcel => parcel.lines).sort((one, other) => one.lineNo - other.lineNo)
    : [];

/** Whether a fact may change anything here: most requests to answer again are for other owners' steps. */
export const concernsStock = (fact: StockFact): boolean => fact.type !== 'StepRetryRequested' || isOurs(fact.data.step);

/** What becomes of an order's stock by a fact. Undefined: nothing, for it is a repeat or comes too late. */
export function decide(
  order: OrderStock,
  fact: StockFact,
  shelves: readonly Shelf[],
  { nowMs, holdMs }: { readonly nowMs: number; readonly holdMs: number },
): Change | undefined {
  switch (fact.type) {
    case 'SellerAssigned': {
      const { attempt, sellerIds } = fact.data;
      const expiresAt = new Date(nowMs + holdMs).toISOString();
      return reserve(order, { attempt, sellerIds, lines: wantedLines(fact), expiresAt }, shelves);
    }
    case 'PaymentCaptured':
      return confirm(order);
    case 'OrderCancelling': {
      const { attempt, reason, undo } = fact.data;
      // With the delivery to be undone nothing is on its way any more, and with nothing to be undone nothing ever was: what was sold here
      // goes back, also when orders gave up waiting for its answer. Else every parcel may be lost, and what was sold stays so.
      const atSellers = undo.includes('DELIVERY') || undo.length === 0;
      return cancel(order, reason, { undoFor: undo.includes('STOCK') ? attempt : undefined, atSellers });
    }
    case 'OrderCancelled':
      return cancel(order, fact.data.reason);
    case 'OrderLinesDropped': {
      const { lineNos, reason, lost } = fact.data;
      return lost === true ? lose(order, lineNos) : drop(order, lineNos, reason);
    }
    case 'DeliveryLost':
      return lose(order, fact.data.lineNos);
    case 'StepRetryRequested': {
      const { step, attempt, status } = fact.data;
      const isUndone = status === 'CANCELLING' || status === 'CANCELLED';
      return answerAgain(order, { step, attempt, isUndone });
    }
  }
}
