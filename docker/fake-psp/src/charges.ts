export type Charge = {
  /** The idempotency key it was asked for with. */
  readonly id: string;
  readonly status: 'APPROVED' | 'DECLINED';
  readonly amountMinor: number;
  readonly currency: string;
  readonly reference: string;
  readonly customerId: string;
};
export type Refund = {
  readonly id: string;
  readonly chargeId: string;
  readonly status: 'REFUNDED' | 'REFUSED';
  readonly amountMinor: number;
  readonly reason?: string;
};

/** What is remembered for ever; `hash` is that of the request, so that a key serves one request only. */
export type Entry = { readonly hash: string } & (
  { readonly kind: 'charge'; readonly charge: Charge } | { readonly kind: 'refund'; readonly refund: Refund }
);

export type Answer = { readonly status: number; readonly body: unknown };

/** All charges and refunds, by key; pure but for its memory. */
export function createBook(entries: readonly Entry[]) {
  const byKey = new Map<string, Entry>();
  const refundedMinor = new Map<string, number>();

  const keyOf = (entry: Entry): string => (entry.kind === 'charge' ? entry.charge.id : entry.refund.id);

  function add(entry: Entry): void {
    byKey.set(keyOf(entry), entry);
    if (entry.kind === 'refund' && entry.refund.status === 'REFUNDED') {
      const { chargeId, amountMinor } = entry.refund;
      refundedMinor.set(chargeId, (refundedMinor.get(chargeId) ?? 0) + amountMinor);
    }
  }
  for (const entry of entries) add(entry);

  function charge(id: string): Charge | undefined {
    const entry = byKey.get(id);
    return entry?.kind === 'charge' ? entry.charge : undefined;
  }
  const refunded = (id: string): number => refundedMinor.get(id) ?? 0;

  return {
    add,
    charge,
    /** What was decided under the key; a conflict when it was for another request, undefined when the key is new. */
    known(key: string, hash: string): Entry | 'conflict' | undefined {
      const entry = byKey.get(key);
      return entry !== undefined && entry.hash !== hash ? 'conflict' : entry;
    },
    /** Why a refund cannot be; undefined: it can. */
    refusal(chargeId: string, amountMinor: number): string | undefined {
      const target = charge(chargeId);
      if (target?.status !== 'APPROVED') return 'there is no approved charge with this id';
      return refunded(chargeId) + amountMinor > target.amountMinor ? 'more than was charged' : undefined;
    },
    answer(entry: Entry): Answer {
      if (entry.kind === 'charge') {
        const { charge: made } = entry;
        return made.status === 'APPROVED'
          ? { status: 201, body: made }
          : { status: 402, body: { ...made, reason: 'the card was declined' } };
      }
      return { status: entry.refund.status === 'REFUNDED' ? 201 : 402, body: entry.refund };
    },
    /** A charge as it is now. */
    show(id: string): Answer {
      const shown = charge(id);
      return shown === undefined
        ? { status: 404, body: { error: 'there is no charge with this key' } }
        : { status: 200, body: { ...shown, refundedMinor: refunded(id) } };
    },
  };
}

export type Book = ReturnType<typeof createBook>;
