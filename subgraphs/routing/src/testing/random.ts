/** Random numbers from a seed, which a failing test prints: mulberry32. */
export function randomOf(seed: number): { next: () => number; between: (low: number, high: number) => number } {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, between: (low, high) => low + next() * (high - low) };
}

/** Runs `check` for many seeds; a failure names the seed it happened with. */
export function forSeeds(runs: number, check: (random: ReturnType<typeof randomOf>) => void): void {
  const first = Math.floor(Math.random() * 2 ** 31);
  for (let seed = first; seed < first + runs; seed += 1)
    try {
      check(randomOf(seed));
    } catch (error) {
      throw new Error(`seed ${String(seed)}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
}
