/** How parked events are tried again. */
export type RetryPlan = {
  /** Between the first two tries, in ms; doubles from then on. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Tries in the worker before an event is a dead letter. */
  readonly tries: number;
};

/** Some twenty minutes altogether. */
export const retryPlan: RetryPlan = { firstMs: 500, longestMs: 30_000, tries: 45 };

export const retryDelayMs = ({ firstMs, longestMs }: RetryPlan, tries: number): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(tries, 20));
