import { deadTopic, topics } from '@waygraph/schema/topics';
import type { Sql } from './database.ts';
import { faultReason, stackHash } from './fault-reason.ts';
import { heldColumns, type HeldEvent } from './held-event.ts';
import { publish } from './outbox.ts';

/** An event that is not handled now: it waits behind another of its key, is tried again, or is for an operator to decide. */
export type Aside = HeldEvent & {
  /** How often it was tried: by the worker, unless it is dead at once. */
  readonly attempts: number;
} & (
    | { readonly kind: 'behind' }
    | { readonly kind: 'again'; readonly error: unknown; readonly delayMs: number }
    | {
        readonly kind: 'dead';
        readonly error: unknown;
        /** Its place in its key's order, where it had one. */
        readonly position?: string;
      }
  );

export type Dead = Aside & { readonly kind: 'dead' };

/** What a group tells of those it could not handle; its longest copy of a value, so that a message is never too large to be told. */
const longestCopy = 64 * 1024;

/** `<group>.dead`, where it is a topic of ours: an event for one that is not there would stop everything behind it. */
export const toldTopic = (group: string): string | undefined => {
  const name = deadTopic(group);
  return topics.some(topic => topic.name === name) ? name : undefined;
};

/**
 * Puts events aside, in their order, in the caller's transaction: into `parked`, or `dead_letters` and their copy into the
 * outbox. An event that is done or aside already stays as it is, and one that comes behind another of its key waits,
 * whatever is wrong with it. Gives the ids of those that are dead now.
 */
export async function setAside(
  sql: Sql,
  { group, tellTo }: { group: string; tellTo: string | undefined },
  events: readonly Aside[],
): Promise<ReadonlySet<string>> {
  const keys = [...new Set(events.map(({ key }) => key))].sort();
  await lockKeys(sql, group, keys);
  const known = await sql<{ event_id: string | null; key: string | null }>(
    `select event_id, null as key from inbox where consumer_group = $1 and event_id = any($2::uuid[])
     union all select event_id, null from parked where consumer_group = $1 and event_id = any($2::uuid[])
     union all select event_id, null from dead_letters where consumer_group = $1 and event_id = any($2::uuid[])
     union all select null, key from unnest($3::text[]) as given(key)
       where exists (select from parked where consumer_group = $1 and key = given.key)
         or exists (select from dead_letters where consumer_group = $1 and key = given.key)`,
    [group, events.map(({ eventId }) => eventId), keys],
  );
  const seen = new Set(known.map(({ event_id }) => event_id));
  const held = new Set(known.map(({ key }) => key));
  const [parked, dead]: [Aside[], Dead[]] = [[], []];
  for (const event of events) {
    if (seen.has(event.eventId)) continue;
    seen.add(event.eventId);
    if (event.kind === 'dead' && !held.has(event.key)) dead.push(event);
    else parked.push(event);
    held.add(event.key);
  }
  // A dead one is the first of its key, so it gets its position before those behind it.
  await bury(sql, { group, tellTo }, dead);
  await park(sql, group, parked);
  await settleKeys(sql, group, keys);
  return new Set(dead.map(({ eventId }) => eventId));
}

/** Takes the locks of keys, in one order for everybody; until the transaction ends nobody else changes what waits there. */
export async function lockKeys(sql: Sql, group: string, keys: readonly string[]): Promise<void> {
  await sql(
    `insert into parked_keys (consumer_group, key, due_at) select $1, key, null from unnest($2::text[]) as key order by key
     on conflict (consumer_group, key) do update set key = excluded.key`,
    [group, keys],
  );
}

/** Says of keys whose lock is held when their first event is due, or that an operator must decide; frees those of which nothing waits. */
export async function settleKeys(sql: Sql, group: string, keys: readonly string[]): Promise<void> {
  await sql(
    `with state as (
       select key, exists (select from dead_letters where consumer_group = $1 and key = given.key) as dead,
         (select due_at from parked where consumer_group = $1 and key = given.key order by position limit 1) as due_at
       from unnest($2::text[]) as given(key)),
     freed as (
       delete from parked_keys using state
       where consumer_group = $1 and parked_keys.key = state.key and not dead and state.due_at is null)
     update parked_keys set due_at = case when dead then null else state.due_at end from state
     where consumer_group = $1 and parked_keys.key = state.key and (dead or state.due_at is not null)
       and parked_keys.due_at is distinct from case when dead then null else state.due_at end`,
    [group, keys],
  );
}

const recordColumns = `${heldColumns}, attempts`;
const recordTypes =
  'key text, event_id uuid, topic text, partition int, record_offset bigint, headers jsonb, value text, timestamp_ms bigint, handler text, attempts int';

const row = ({ message, ...event }: Aside) => ({
  ...{ key: event.key, event_id: event.eventId, handler: event.handler, attempts: event.attempts },
  ...{ topic: message.topic, partition: message.partition, record_offset: message.offset },
  ...{ headers: message.headers, value: message.value, timestamp_ms: message.timestampMs },
  ...(event.kind === 'behind' ? {} : { reason: faultReason(event.error), stack_hash: stackHash(event.error) }),
  delay_ms: event.kind === 'again' ? event.delayMs : 0,
});

async function park(sql: Sql, group: string, events: readonly Aside[]): Promise<void> {
  if (events.length === 0) return;
  await sql(
    `insert into parked (consumer_group, ${recordColumns}, due_at, reason, stack_hash)
     select $1, ${recordColumns}, now() + delay_ms * interval '1 ms', reason, stack_hash
     from rows from (jsonb_to_recordset($2::jsonb) as (${recordTypes}, reason text, stack_hash text, delay_ms float8))
       with ordinality as event(${recordColumns}, reason, stack_hash, delay_ms, n) order by n`,
    [group, JSON.stringify(events.map(row))],
  );
}

/** Writes dead letters and tells of each on `<group>.dead`, under the event's key. The keys' locks must be held. */
export async function bury(
  sql: Sql,
  { group, tellTo }: { group: string; tellTo: string | undefined },
  events: readonly Dead[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(event => ({ ...row(event), position: event.position }));
  const letters = await sql<{ position: string; event_id: string; died_at: string }>(
    `insert into dead_letters (position, consumer_group, ${recordColumns}, reason, stack_hash)
     select coalesce(position, nextval('parked_positions')), $1, ${recordColumns}, reason, stack_hash
     from rows from (jsonb_to_recordset($2::jsonb) as (${recordTypes}, reason text, stack_hash text, position bigint))
       with ordinality as event(${recordColumns}, reason, stack_hash, position, n) order by n
     returning position, event_id, died_at`,
    [group, JSON.stringify(rows)],
  );
  if (tellTo === undefined) return;
  // One dead letter per key at most: those behind it wait.
  const seqs = await sql<{ key: string; seq: string }>(
    `insert into dead_letter_seqs (consumer_group, key, seq) select $1, key, 1 from unnest($2::text[]) as key order by key
     on conflict (consumer_group, key) do update set seq = dead_letter_seqs.seq + 1 returning key, seq`,
    [group, rows.map(({ key }) => key)],
  );
  const seqOf = new Map(seqs.map(({ key, seq }) => [key, Number(seq)]));
  const letterOf = new Map(letters.map(letter => [letter.event_id, letter]));
  await publish(
    sql,
    rows.map(({ value, headers, ...letter }) => {
      const { position, died_at } = letterOf.get(letter.event_id) ?? {};
      const bytes = Buffer.byteLength(value ?? '');
      return {
        ...{ topic: tellTo, key: letter.key, type: 'DeadLetter', v: 1, seq: seqOf.get(letter.key) ?? 1 },
        traceparent: headers['traceparent'],
        payload: {
          ...{
            letter: position,
            group,
            diedAt: died_at && new Date(died_at).toISOString(),
            handler: letter.handler,
            attempts: letter.attempts,
          },
          ...{ reason: letter.reason, stackHash: letter.stack_hash },
          ...{ eventId: letter.event_id, eventType: headers['eventType'] ?? null, key: letter.key },
          ...{ topic: letter.topic, partition: letter.partition, offset: letter.record_offset },
          ...{ headers: JSON.stringify(headers).length > longestCopy ? {} : headers },
          ...{ value: bytes > longestCopy ? null : value, valueBytes: bytes },
        },
      };
    }),
  );
}
