import { userError, type UserError } from '@waygraph/kit/errors';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { StockAdjusted } from '@waygraph/schema/events/inventory';
import { isText } from '@waygraph/schema/inputs';

/** What one seller has of one product. Everything that ever came in is available, reserved or sold. */
export type Offer = {
  readonly offerId: string;
  readonly productId: string;
  readonly sellerId: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  readonly received: number;
  /** Grows with each change, whoever makes it. */
  readonly version: number;
  /** Grows with each change that is told on `inventory.events`: the `seq` there. */
  readonly adjustments: number;
};

const largestDelta = 1_000_000;
const largestStock = 2_147_483_647;

/** What is wrong with a change, whatever the stock is. */
export function checkAdjustment({ delta, idempotencyKey }: { delta: number; idempotencyKey: string }): UserError[] {
  const refusals: UserError[] = [];
  if (!Number.isInteger(delta) || delta === 0 || Math.abs(delta) > largestDelta) {
    refusals.push(
      userError('INVALID_INPUT', `expected a whole number from 1 to ${String(largestDelta)}, or its negative`, 'delta'),
    );
  }
  if (!isText(idempotencyKey, 255)) {
    refusals.push(userError('INVALID_INPUT', 'expected 1..255 characters', 'idempotencyKey'));
  }
  return refusals;
}

export type Adjustment = { readonly offer: Offer; readonly event: OutboxEvent };

/** Takes from or adds to what is free; what is reserved or sold is promised and stays. */
export function adjustStock(offer: Offer, delta: number): Adjustment | UserError {
  const available = offer.available + delta;
  if (available < 0) {
    return userError('OUT_OF_STOCK', `only ${String(offer.available)} can be taken`, 'delta');
  }
  if (offer.received + delta > largestStock) {
    return userError('INVALID_INPUT', `a seller holds at most ${String(largestStock)} of a product`, 'delta');
  }
  const next = {
    ...offer,
    available,
    received: offer.received + delta,
    version: offer.version + 1,
    adjustments: offer.adjustments + 1,
  };
  return { offer: next, event: stockAdjusted(next, delta) };
}

/** An offer that did not exist before; its first stock is told like any other that comes in. */
export function openOffer(given: {
  offerId: string;
  productId: string;
  sellerId: string;
  available: number;
}): Adjustment {
  const offer = { ...given, reserved: 0, sold: 0, received: given.available, version: 1, adjustments: 1 };
  return { offer, event: stockAdjusted(offer, given.available) };
}

function stockAdjusted(
  { offerId, productId, sellerId, available, reserved, version, adjustments }: Offer,
  delta: number,
): OutboxEvent {
  return StockAdjusted.outboxEvent(
    { offerId, productId, sellerId, delta, available, reserved, version },
    { seq: adjustments },
  );
}

/** How many can be bought of a product: the sum of the offers given, as far as a GraphQL Int reaches. */
export const availableOf = (offers: readonly Offer[]): number =>
  Math.min(
    offers.reduce((sum, { available }) => sum + available, 0),
    largestStock,
  );
