import { requestHash } from '@waygraph/kit/idempotency';
import { z } from 'zod';
import type { Behaviour, Behaviours } from './behaviours.ts';
import type { Answer, Book, Entry } from './charges.ts';

const name = z.string().min(1).max(255);
const amountMinor = z.int().min(1).max(2_147_483_647);

export const chargeRequest = z.object({ amountMinor, currency: z.literal('BRL'), reference: name, customerId: name });
export const refundRequest = z.object({ amountMinor });

/** `silent`: it is done, but the answer must not be sent. */
export type Outcome = Answer & { readonly silent?: true; readonly latencyMs?: number | undefined };

/** Charges and refunds as they are asked for; an answer is given when what it says is on disk. */
export function createProvider(deps: { book: Book; behaviours: Behaviours; append: (entry: Entry) => Promise<void> }) {
  const { book, behaviours } = deps;
  const onDisk = new Map<string, Promise<void>>();

  /** Everything up to the promise runs at once, so that of two requests with one key the second finds the first. */
  async function decide(key: string, request: unknown, wanted: Behaviour, make: () => Entry): Promise<Outcome> {
    if (wanted.outcome === 'error') return { status: 500, body: { error: 'an error, as was asked for' } };
    const known = book.known(key, requestHash(request));
    if (known === 'conflict') return { status: 409, body: { error: 'this key was used for another request' } };
    const entry = known ?? make();
    if (known === undefined) {
      book.add(entry);
      onDisk.set(key, deps.append(entry));
    }
    await onDisk.get(key);
    onDisk.delete(key);
    const silent = wanted.outcome === 'timeout' ? ({ silent: true } as const) : {};
    return { ...book.answer(entry), ...silent, latencyMs: wanted.latencyMs };
  }

  return {
    charge(key: string, request: z.infer<typeof chargeRequest>): Promise<Outcome> {
      const wanted = behaviours.take(request.customerId, 'charges');
      const status = wanted.outcome === 'decline' ? 'DECLINED' : 'APPROVED';
      const whole = { of: 'charge', ...request };
      return decide(key, whole, wanted, () => ({
        ...{ kind: 'charge', hash: requestHash(whole) },
        charge: { id: key, status, ...request },
      }));
    },
    refund(key: string, chargeId: string, request: z.infer<typeof refundRequest>): Promise<Outcome> {
      const charge = book.charge(chargeId);
      if (charge === undefined) return Promise.resolve(book.show(chargeId));
      const wanted = behaviours.take(charge.customerId, 'refunds');
      const whole = { of: 'refund', chargeId, ...request };
      return decide(key, whole, wanted, () => {
        const declined = wanted.outcome === 'decline' ? 'the refund was declined' : undefined;
        const reason = declined ?? book.refusal(chargeId, request.amountMinor);
        const decided = reason === undefined ? { status: 'REFUNDED' as const } : { status: 'REFUSED' as const, reason };
        return { kind: 'refund', hash: requestHash(whole), refund: { id: key, chargeId, ...request, ...decided } };
      });
    },
    show: (id: string): Outcome => book.show(id),
  };
}

export type Provider = ReturnType<typeof createProvider>;
