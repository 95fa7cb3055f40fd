import type { Sql } from './database.ts';

/**
 * True when `group` has not handled the event yet; remembers it in the same transaction, so that effect and memory stand or fall
 * together. A second delivery at the same moment waits for the first one's transaction to end.
 */
export async function firstTime(sql: Sql, group: string, eventId: string): Promise<boolean> {
  const rows = await sql(
    'insert into inbox (consumer_group, event_id) values ($1, $2) on conflict do nothing returning event_id',
    [group, eventId],
  );
  return rows.length > 0;
}

/**
 * Remembers events of one group, in the transaction of their effect. `fresh` are those it had not handled yet; `waiting` are those of
 * keys with an earlier event that waits: they are not remembered and must wait behind it. Both in one statement, so that nothing
 * comes between the look and the deed.
 */
export async function admit(
  sql: Sql,
  group: string,
  events: ReadonlyArray<{ readonly id: string; readonly key: string }>,
): Promise<{ fresh: ReadonlySet<string>; waiting: ReadonlySet<string> }> {
  const rows = await sql<{ id: string; waits: boolean }>(
    `with given as (select id, key from unnest($2::uuid[], $3::text[]) as event(id, key)),
       waiting as materialized (
         select id from given where exists (select from parked_keys where consumer_group = $1 and key = given.key)),
       fresh as (
         insert into inbox (consumer_group, event_id)
         select $1, id from given where id not in (select id from waiting) order by id
         on conflict do nothing returning event_id)
     select event_id as id, false as waits from fresh union all select id, true from waiting`,
    [group, events.map(({ id }) => id), events.map(({ key }) => key)],
  );
  const ids = (waits: boolean) => new Set(rows.filter(row => row.waits === waits).map(({ id }) => id));
  return { fresh: ids(false), waiting: ids(true) };
}
