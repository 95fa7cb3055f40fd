export type Summary = { count: number; mean: number; p50: number; p90: number; p95: number; p99: number; max: number };
export type Bucket = { below: number; count: number };

/** The smallest sample that at least `share` (0..1) of all samples do not exceed (nearest rank); NaN without samples. */
export function percentile(sorted: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((one, other) => one - other);
  const at = (share: number): number => percentile(sorted, share);
  const mean = sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length;
  return { count: sorted.length, mean, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Counts below bounds that double from 1, as far as there are samples; every sample is in exactly one bucket. */
export function histogram(samples: readonly number[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (let below = 1, left = samples.length; left > 0; below *= 2) {
    const lower = below === 1 ? Number.NEGATIVE_INFINITY : below / 2;
    const count = samples.filter(sample => sample >= lower && sample < below).length;
    left -= count;
    buckets.push({ below, count });
  }
  return buckets;
}

/** Bars for a terminal; leading empty buckets are left out. */
export function histogramLines(buckets: readonly Bucket[], width = 40): string[] {
  const most = Math.max(...buckets.map(({ count }) => count));
  const first = buckets.findIndex(({ count }) => count > 0);
  return buckets.slice(Math.max(0, first)).map(({ below, count }) => {
    const bar = '█'.repeat(Math.round((count / most) * width));
    return `< ${String(below).padStart(5)} ms ${String(count).padStart(7)} ${bar}`.trimEnd();
  });
}
