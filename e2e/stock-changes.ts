import { randomUUID } from 'node:crypto';
import { ask } from './support.ts';

export type OfferUnderTest = { productId: string; sellerId: string };
type Sent = { delta: number; changes: number };

const adjustStock = `mutation($productId: ID!, $sellerId: ID!, $delta: Int!, $key: String!) {
  adjustStock(productId: $productId, sellerId: $sellerId, delta: $delta, idempotencyKey: $key) {
    offer { id } cursor userErrors { code message } } }`;

type Answer = { adjustStock: { offer: { id: string } | null; userErrors: { code: string; message: string }[] } };

export const offerKey = (offer: OfferUnderTest): string => `${offer.productId}:${offer.sellerId}`;

/**
 * Sellers who count their shelves without a pause, as a client does that means it: a change is repeated under its key
 * until it is acknowledged. What was acknowledged must stand in the books once.
 */
export function startStockChanges(
  offers: readonly OfferUnderTest[],
  bearer: string,
  { workers = 2, pauseMs = 50 } = {},
) {
  const acknowledged = new Map<string, Sent>(offers.map(offer => [offerKey(offer), { delta: 0, changes: 0 }]));
  let running = true;
  let abandoned = false;
  let count = 0;
  let repeats = 0;
  let lastFault = '';

  async function change(offer: OfferUnderTest, delta: number): Promise<void> {
    const key = randomUUID();
    for (;;) {
      try {
        const { adjustStock: payload } = await ask<Answer>(adjustStock, { ...offer, delta, key }, bearer);
        if (payload.userErrors.length > 0)
          throw new Error(payload.userErrors.map(error => `${error.code} ${error.message}`).join('; '));
        const sent = acknowledged.get(offerKey(offer));
        if (sent !== undefined) {
          sent.delta += delta;
          sent.changes += 1;
        }
        count += 1;
        return;
      } catch (error) {
        lastFault = error instanceof Error ? error.message : String(error);
        repeats += 1;
        if (abandoned) return;
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
  }

  async function work(worker: number): Promise<void> {
    for (let turn = worker; running; turn += 1) {
      const offer = offers[(turn * 7) % offers.length];
      if (offer !== undefined) await change(offer, 1 + (turn % 3));
      await new Promise(resolve => setTimeout(resolve, pauseMs));
    }
  }

  const done = Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return {
    acknowledged,
    count: () => count,
    repeats: () => repeats,
    lastFault: () => lastFault,
    /** Resolves when the changes under way are acknowledged too. */
    stop: async () => {
      running = false;
      await done;
    },
    /** Lets go of everything as it is, for a test that has failed. */
    abandon: async () => {
      running = false;
      abandoned = true;
      await done;
    },
  };
}
