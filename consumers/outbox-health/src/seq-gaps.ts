/** What is known of one key: everything from `base` to `last` is there but what is `open`, each with the bound that ends the wait for it. */
type Run = { base: number; last: number; readonly open: Map<number, number> };

export type SeqGap = { readonly topic: string; readonly key: string; readonly seq: number };

const mostOpen = 1_000;

/**
 * Looks for numbers that are missing among those of each (topic, key). Rows come in the order of their transactions' numbers, which is
 * nearly that of their `seq`: a number is missing for good once everything is read that began before its successor was seen.
 * Remembers the newest `mostKeys` keys; a key met for the first time (or again) starts with the number it comes with.
 */
export function createSeqGaps({ mostKeys = 50_000 }: { mostKeys?: number } = {}) {
  const runs = new Map<string, Run>();
  /** Keys with open numbers. */
  const open = new Map<string, Run>();
  let repeats = 0;

  return {
    /** `bound`: once every row of a transaction below it is read, what came before this row has been read too. */
    add(topic: string, key: string, seq: number, bound: number): void {
      const name = `${topic}\n${key}`;
      const run = runs.get(name) ?? { base: seq, last: seq - 1, open: new Map<number, number>() };
      runs.delete(name);
      runs.set(name, run);
      if (runs.size > mostKeys) for (const [oldest] of runs) if (runs.size > mostKeys) runs.delete(oldest);
      if (seq > run.last) {
        for (let gap = Math.max(run.last + 1, seq - mostOpen); gap < seq; gap += 1) run.open.set(gap, bound);
        run.last = seq;
        if (run.open.size > 0) open.set(name, run);
      } else if (!run.open.delete(seq) && seq >= run.base) repeats += 1;
    },
    /** Numbers that will not come any more, each told once. `readBelow`: every row of a transaction below it is read. */
    settle(readBelow: number): SeqGap[] {
      const gaps: SeqGap[] = [];
      for (const [name, run] of open) {
        for (const [seq, bound] of run.open) {
          if (bound > readBelow) continue;
          run.open.delete(seq);
          const [topic = '', key = ''] = name.split('\n');
          gaps.push({ topic, key, seq });
        }
        if (run.open.size === 0) open.delete(name);
      }
      return gaps;
    },
    /** Numbers that came twice under one key. */
    repeats: () => repeats,
  };
}

export type SeqGaps = ReturnType<typeof createSeqGaps>;
