import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { serviceNames } from '@waygraph/schema/services';

export type EventCommits = {
  /** When the transactions that wrote these events committed, in µs since 1970. */
  of: (eventIds: readonly string[]) => Promise<Map<string, number>>;
  /** How many events all services published between two instants, in ms since 1970. */
  between: (fromMs: number, toMs: number) => Promise<number>;
  close: () => Promise<void>;
};

const chunk = 5_000;

/** Looks at the outboxes from outside; throws when a server keeps no commit times. */
export async function openEventCommits(urls: readonly string[]): Promise<EventCommits> {
  const pools = urls.map(url => createPool({ url, max: 1, name: 'bench' }));
  const outboxes = pools.map(sqlOfPool);
  for (const sql of outboxes) {
    const [setting] = await sql<{ value: string }>(`select current_setting('track_commit_timestamp') as value`);
    if (setting?.value !== 'on') throw new Error('PostgreSQL has to run with track_commit_timestamp = on');
  }
  return {
    of: async eventIds => {
      const commits = new Map<string, number>();
      for (let from = 0; from < eventIds.length; from += chunk) {
        for (const sql of outboxes) {
          const rows = await sql<{ id: string; us: number }>(
            `select id, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1e6)::float8 as us from outbox
             where day >= (now() at time zone 'utc')::date - 1 and id = any($1::uuid[])`,
            [eventIds.slice(from, from + chunk)],
          );
          for (const { id, us } of rows) commits.set(id, us);
        }
      }
      return commits;
    },
    between: async (fromMs, toMs) => {
      const counts = await Promise.all(
        outboxes.map(sql =>
          sql<{ count: number }>(
            'select count(*)::int as count from outbox where occurred_us >= $1 and occurred_us < $2',
            [Math.round(fromMs * 1_000), Math.round(toMs * 1_000)],
          ),
        ),
      );
      return counts.reduce((sum, [row]) => sum + (row?.count ?? 0), 0);
    },
    close: async () => {
      await Promise.all(pools.map(pool => pool.end()));
    },
  };
}

/** Each service's own database, as the system has them. */
export function serviceUrls(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const port = env['POSTGRES_PORT'] ?? '5432';
  return Object.fromEntries(
    serviceNames.map(name => [
      name,
      env[`${name.toUpperCase()}_DATABASE_URL`] ?? `postgres://${name}:${name}@127.0.0.1:${port}/command`,
    ]),
  );
}
