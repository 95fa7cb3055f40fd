import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { heldColumns } from '@waygraph/kit/held-event';
import { lockKeys, settleKeys } from '@waygraph/kit/set-aside';

type Row = {
  readonly consumer_group: string;
  readonly key: string;
  readonly event_id: string;
  readonly value: string | null;
};
type By = { readonly who: string; readonly why?: string | undefined };

/**
 * Runs `work` on a letter while nobody else changes what waits for its key. False, and nothing is done, when the letter is gone:
 * somebody else was quicker.
 */
const withLetter = (
  pool: Pool,
  position: string,
  work: (sql: Sql, letter: Row) => Promise<unknown>,
): Promise<boolean> =>
  withTransaction(pool, async sql => {
    const find = () =>
      sql<Row>('select consumer_group, key, event_id, value from dead_letters where position = $1', [position]);
    const [seen] = await find();
    if (seen === undefined) return false;
    await lockKeys(sql, seen.consumer_group, [seen.key]);
    const [letter] = await find();
    if (letter !== undefined) await work(sql, letter);
    await settleKeys(sql, seen.consumer_group, [seen.key]);
    return letter !== undefined;
  });

const remember = (
  sql: Sql,
  position: string,
  letter: Row,
  done: By & { action: 'REDRIVE' | 'EDIT' | 'DISCARD'; before?: string | null; after?: string | null },
) =>
  sql(
    `insert into dead_letter_actions (position, consumer_group, event_id, action, who, reason, before, after)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[position, letter.consumer_group, letter.event_id, done.action, done.who, done.why ?? null],
      ...[done.before ?? null, done.after ?? null],
    ],
  );

/** Gives the event back to be handled, at its old place before those that wait behind it. A worker of its group does the rest. */
export const redrive = (pool: Pool, position: string, by: By): Promise<boolean> =>
  withLetter(pool, position, async (sql, letter) => {
    await sql(
      `with letter as (delete from dead_letters where position = $1 returning *)
       insert into parked (position, consumer_group, ${heldColumns}, attempts, due_at, reason, stack_hash)
       select position, consumer_group, ${heldColumns}, 0, now(), reason, stack_hash from letter`,
      [position],
    );
    await remember(sql, position, letter, { ...by, action: 'REDRIVE' });
  });

/** Gives the event another payload; it stays a dead letter. */
export const edit = (pool: Pool, position: string, value: string, by: By): Promise<boolean> =>
  withLetter(pool, position, async (sql, letter) => {
    await sql('update dead_letters set value = $2 where position = $1', [position, value]);
    await remember(sql, position, letter, { ...by, action: 'EDIT', before: letter.value, after: value });
  });

/** The event will never be handled, also not when it is delivered again; what waits behind it goes on. */
export const discard = (pool: Pool, position: string, by: By & { readonly why: string }): Promise<boolean> =>
  withLetter(pool, position, async (sql, letter) => {
    await sql('delete from dead_letters where position = $1', [position]);
    await sql('insert into inbox (consumer_group, event_id) values ($1, $2) on conflict do nothing', [
      letter.consumer_group,
      letter.event_id,
    ]);
    await remember(sql, position, letter, { ...by, action: 'DISCARD', before: letter.value });
  });
