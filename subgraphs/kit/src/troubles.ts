/** A try that failed after so long was waiting for something that does not answer, in ms. */
const slowMs = 250;
/** So long nobody else waits for it, in ms. */
const restMs = 2_000;

/**
 * Which handlers that call the outside met a passing fault there and no success since: their events need no further tries in place,
 * and where a try took long none at all for a while, so that what is away does not hold up what has nothing to do with it.
 */
export function createTroubles<Handler extends object>(now = () => performance.now()) {
  const troubles = new Map<Handler, { error: unknown; at: number; tookMs: number }>();
  return {
    of(handler: Handler): { readonly error: unknown; readonly isSlow: boolean } | undefined {
      const trouble = troubles.get(handler);
      return trouble && { error: trouble.error, isSlow: trouble.tookMs >= slowMs && now() - trouble.at < restMs };
    },
    met: (handler: Handler, error: unknown, tookMs: number) => void troubles.set(handler, { error, at: now(), tookMs }),
    over: (handler: Handler) => void troubles.delete(handler),
  };
}
