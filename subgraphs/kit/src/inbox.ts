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

/** Of many events those that `group` has not handled yet; remembers them all. */
export async function firstTimes(sql: Sql, group: string, eventIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql<{ event_id: string }>(
    `insert into inbox (consumer_group, event_id) select $1, id from unnest($2::uuid[]) as id order by id
     on conflict do nothing returning event_id`,
    [group, eventIds],
  );
  return new Set(rows.map(({ event_id }) => event_id));
}
