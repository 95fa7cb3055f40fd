/** Upper bounds of the buckets in ms, each about a quarter above the one before: fine enough for a percentile. */
const bounds = Array.from({ length: 56 }, (_, i) => 1.25 ** i);

export type Latency = {
  add(ms: number): void;
  /** The bound below which the share `q` of the values lies, in ms; undefined without values. */
  quantile(q: number): number | undefined;
  readonly count: number;
};

/** A histogram of fixed size, however many values come. */
export function createLatency(): Latency {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let count = 0;
  return {
    add(ms) {
      const at = bounds.findIndex(bound => ms <= bound);
      const bucket = at === -1 ? bounds.length : at;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      count += 1;
    },
    quantile(q) {
      if (count === 0) return undefined;
      let sum = 0;
      const bucket = counts.findIndex(n => (sum += n) >= q * count);
      return Math.round((bounds[bucket] ?? Infinity) * 10) / 10;
    },
    get count() {
      return count;
    },
  };
}
