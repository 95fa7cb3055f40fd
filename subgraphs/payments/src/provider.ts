import { WaygraphError } from '@waygraph/kit/errors';
import { request } from '@waygraph/kit/http';
import { z } from 'zod';

export type ChargeRequest = {
  /** The payment's id. The same key with the same request charges once and gets the same answer. */
  readonly key: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly amountMinor: number;
  readonly currency: string;
};
export type ChargeAnswer = { readonly kind: 'APPROVED' } | { readonly kind: 'DECLINED'; readonly reason: string };

export type RefundRequest = {
  /** The refund's id; as with charges. */
  readonly key: string;
  readonly chargeKey: string;
  readonly amountMinor: number;
};
export type RefundAnswer = { readonly kind: 'REFUNDED' } | { readonly kind: 'REFUSED'; readonly reason: string };

/**
 * Who moves money of cards. When nobody knows whether a request took effect (no answer in time, a dropped connection, a fault of
 * theirs) it rejects with UNAVAILABLE: ask again with the same key.
 */
export type PaymentProvider = {
  charge(request: ChargeRequest): Promise<ChargeAnswer>;
  refund(request: RefundRequest): Promise<RefundAnswer>;
};

const unclear = new Set([408, 425, 429]);
const refusal = z.object({ reason: z.string().min(1).max(500) });

/** The provider over HTTP, as `docker/fake-psp` speaks it. */
export function httpProvider({ url, timeoutMs }: { url: string; timeoutMs: number }): PaymentProvider {
  async function post(path: string, key: string, body: unknown): Promise<{ status: number; text: string }> {
    try {
      return await request(new URL(path, url).href, {
        method: 'POST',
        headers: { 'idempotency-key': key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw new WaygraphError('UNAVAILABLE', 'the payment provider does not answer', { cause });
    }
  }

  /** Undefined when it is done, else why it was refused. */
  async function ask(path: string, key: string, body: unknown): Promise<string | undefined> {
    const { status, text } = await post(path, key, body);
    if (status === 200 || status === 201) return undefined;
    if (status === 402) return refusal.parse(JSON.parse(text)).reason;
    const said = `the payment provider said ${String(status)}: ${text.slice(0, 200)}`;
    throw new WaygraphError(status >= 500 || unclear.has(status) ? 'UNAVAILABLE' : 'INTERNAL', said);
  }

  return {
    async charge({ key, orderId, ...money }) {
      const reason = await ask('/charges', key, { reference: orderId, ...money });
      return reason === undefined ? { kind: 'APPROVED' } : { kind: 'DECLINED', reason };
    },
    async refund({ key, chargeKey, amountMinor }) {
      const reason = await ask(`/charges/${encodeURIComponent(chargeKey)}/refunds`, key, { amountMinor });
      return reason === undefined ? { kind: 'REFUNDED' } : { kind: 'REFUSED', reason };
    },
  };
}
