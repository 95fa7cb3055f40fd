import type { Sql } from '@waygraph/kit/database';
import type { Filter } from './command.ts';

/** A dead letter without its payload. */
export type Letter = {
  readonly position: string;
  readonly group: string;
  readonly eventId: string;
  readonly type: string | null;
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly handler: string;
  readonly attempts: number;
  readonly reason: string;
  readonly stackHash: string;
  readonly diedAt: string;
  /** How many events of its key wait behind it. */
  readonly waiting: number;
};

export type Action = {
  readonly action: string;
  readonly who: string;
  readonly reason: string | null;
  readonly at: string;
  readonly before: string | null;
  readonly after: string | null;
};

const columns = `position, consumer_group as "group", event_id as "eventId", headers ->> 'eventType' as type, key, topic, partition,
  record_offset as "offset", handler, attempts, reason, stack_hash as "stackHash",
  to_char(died_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "diedAt",
  (select count(*)::int from parked where consumer_group = letter.consumer_group and key = letter.key) as waiting`;

/** In the order of their events' places, or the one that died first first. */
export const findLetters = (
  sql: Sql,
  filter: Filter,
  { by, limit }: { by: 'place' | 'age'; limit?: number | undefined },
): Promise<Letter[]> =>
  sql<Letter>(
    `select ${columns} from dead_letters as letter
     where ($1::text is null or headers ->> 'eventType' = $1) and ($2::text is null or key = $2)
       and ($3::text is null or position(lower($3) in lower(reason)) > 0) and ($4::timestamptz is null or died_at >= $4)
     order by ${by === 'age' ? 'letter.died_at, letter.position' : 'letter.position'} limit $5`,
    [
      filter.type ?? null,
      filter.key ?? null,
      filter.reason ?? null,
      filter.since?.toISOString() ?? null,
      limit ?? null,
    ],
  );

export async function showLetter(
  sql: Sql,
  position: string,
): Promise<(Letter & { headers: Record<string, string>; value: string | null; actions: Action[] }) | undefined> {
  const [letter] = await sql<Letter & { headers: Record<string, string>; value: string | null }>(
    `select ${columns}, headers, value from dead_letters as letter where letter.position = $1`,
    [position],
  );
  return letter && { ...letter, actions: await actionsOf(sql, position) };
}

/** What operators did with a letter, also when it is gone. */
export const actionsOf = (sql: Sql, position: string): Promise<Action[]> =>
  sql<Action>(
    `select action, who, reason, before, after, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from dead_letter_actions where position = $1 order by id`,
    [position],
  );
