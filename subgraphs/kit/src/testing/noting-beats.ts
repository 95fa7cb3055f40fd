import { CanaryBeat } from '@waygraph/schema/events/canary';
import { sqlOfPool, type Pool, type Sql } from '../database.ts';
import { on, onWithCalls, type EventHandler } from '../event-handler.ts';

type Own = { readonly group: string; readonly topic: string; readonly who: string };

/** An effect that stands or falls with its transaction; a second one of the same beat is refused. */
const note = ({ group, who }: Own, { server, beat }: { server: string; beat: number }, sql: Sql) =>
  sql(
    `insert into idempotency (subject, operation, key, request_hash, created_at) values ($1, $2, $3, $4, clock_timestamp())`,
    [group, server, String(beat), who],
  );

/** Beats on a topic of a test's own. */
const beatOn = (topic: string) => ({ ...CanaryBeat, topic: topic as 'canary' });

export const noting = (own: Own): EventHandler => on(beatOn(own.topic), (beat, sql) => note(own, beat, sql));

/** The type `SlowBeat`, for which something outside is called before it is noted. */
export const slowly = (own: Own, call: () => Promise<unknown>): EventHandler =>
  onWithCalls({ ...beatOn(own.topic), type: 'SlowBeat' as 'CanaryBeat' }, async (beat, finish) => {
    await call();
    await finish(sql => note(own, beat, sql));
  });

/** What was noted, in the order of its time. */
export async function notesOf(pool: Pool, group: string): Promise<{ server: string; beat: number; who: string }[]> {
  const rows = await sqlOfPool(pool)<{ operation: string; key: string; request_hash: string }>(
    'select operation, key, request_hash from idempotency where subject = $1 order by created_at',
    [group],
  );
  return rows.map(({ operation, key, request_hash }) => ({ server: operation, beat: Number(key), who: request_hash }));
}
