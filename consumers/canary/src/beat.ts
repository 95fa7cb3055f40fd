import { withTransaction, type Pool } from '@waygraph/kit/database';
import { publish } from '@waygraph/kit/outbox';
import { CanaryBeat } from '@waygraph/schema/events/canary';

/** Writes one beat of a server: its row (for the tables connector) and an event (for the outbox connector). Resolves to its number. */
export const beat = (pool: Pool, server: string, now: Date): Promise<number> =>
  withTransaction(pool, async sql => {
    const [row] = await sql<{ n: string }>(
      `insert into beats as b (server, n) values ($1, 1)
       on conflict (server) do update set n = b.n + 1, beat_us = excluded.beat_us
       returning n`,
      [server],
    );
    const n = Number(row?.n);
    await publish(sql, [CanaryBeat.outboxEvent({ server, beat: n, at: now.toISOString() }, { seq: n })]);
    return n;
  });
