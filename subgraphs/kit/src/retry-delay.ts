/** How parked events are tried again. */
export type RetryPlan = {
  /** Before the worker's first try, in ms; doubles with each that fails. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Tries of the worker before an event is a dead letter. */
  readonly tries: number;
};

/** Some twenty minutes altogether. */
export const retryPlan: RetryPlan = { firstMs: 500, longestMs: 30_000, tries: 45 };

/** How long an event waits that the worker has tried so often. */
export const retryDelayMs = ({ firstMs, longestMs }: RetryPlan, tries: number): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(tries, 20));
