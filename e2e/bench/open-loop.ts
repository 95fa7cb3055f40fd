export type Sent<Result> = { at: number; tookMs: number } & ({ result: Result } | { failure: string });

/**
 * Calls `send` `rate` times a second, whether or not earlier calls have ended: a slow system gets more at once, not less to do. Only
 * when `maxUnderWay` have not ended is a call left out, and told as a failure. Resolves when all have ended; `onSent` sees each.
 */
export async function openLoop<Result>(options: {
  rate: number;
  seconds: number;
  /** The rate grows evenly from nothing for so long; default 0. */
  rampSeconds?: number;
  maxUnderWay: number;
  send: (index: number) => Promise<Result>;
  onSent: (sent: Sent<Result>) => void;
}): Promise<void> {
  const { rate, seconds, rampSeconds = 0, maxUnderWay, send, onSent } = options;
  const dueAfter = (passed: number): number =>
    passed < rampSeconds ? (rate * passed ** 2) / (2 * rampSeconds) : rate * (passed - rampSeconds / 2);
  const total = Math.round(dueAfter(seconds));
  const underWay = new Set<Promise<void>>();
  const one = async (index: number): Promise<void> => {
    const at = performance.now();
    try {
      const result = await send(index);
      onSent({ at, tookMs: performance.now() - at, result });
    } catch (error) {
      onSent({ at, tookMs: performance.now() - at, failure: error instanceof Error ? error.message : String(error) });
    }
  };
  const start = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(dueAfter((performance.now() - start) / 1000)) + 1);
    for (; sent < due; sent += 1) {
      if (underWay.size >= maxUnderWay) {
        onSent({ at: performance.now(), tookMs: 0, failure: `not sent, ${String(maxUnderWay)} were under way` });
        continue;
      }
      const call = one(sent).then(() => void underWay.delete(call));
      underWay.add(call);
    }
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  await Promise.all(underWay);
}
