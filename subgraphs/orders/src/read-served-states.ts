import type { Sql } from '@waygraph/kit/database';

/** The states that have a hub; undefined while nobody can say. */
export type ReadServedStates = () => Promise<ReadonlySet<string> | undefined>;

const keepMs = 60_000;
/** So often at most is a read database asked that does not answer, and so long waited for: orders do not depend on it. */
const againMs = 2_000;
const patienceMs = 300;

/** Reads the hubs from the read database and keeps them for a minute; what was read last holds while it is away. */
export function createServedStates(read: Sql, now: () => number = () => performance.now()): ReadServedStates {
  let states: ReadonlySet<string> | undefined;
  let staleAt = -Infinity;
  let reading: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    try {
      const rows = await read<{ id: string }>('select id from geo.hubs');
      if (rows.length > 0) states = new Set(rows.map(({ id }) => id));
      staleAt = now() + (rows.length > 0 ? keepMs : againMs);
    } catch {
      staleAt = now() + againMs;
    } finally {
      reading = undefined;
    }
  }

  return async () => {
    if (now() >= staleAt) reading ??= refresh();
    // Only the first read is worth waiting for: later ones replace what is known.
    if (states === undefined && reading !== undefined) await within(patienceMs, reading);
    return states;
  };
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeoutMs);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
