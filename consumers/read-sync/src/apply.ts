import { isTransient, sqlOfPool, withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { BadMessage, type RawMessage } from '@waygraph/kit/kafka-delivery';
import { parseTableChange } from '@waygraph/kit/table-change';
import { z } from 'zod';
import { fold, type Change, type VersionedRow } from './fold.ts';
import type { Table } from './tables.ts';

/**
 * Brings the changes of one partition into the read database: one statement per kind of change, whatever their number. Repeats
 * change nothing, since every row carries its version. Rejects with a BadMessage that names the record at fault; those before
 * it are done then.
 */
export function createApply({
  pool,
  tables,
}: {
  pool: Pool;
  tables: readonly Table[];
}): (messages: readonly RawMessage[]) => Promise<void> {
  const byTopic = new Map(tables.map(table => [table.topic, table]));
  return async messages => {
    const table = byTopic.get(messages[0]?.topic ?? '');
    if (table === undefined) throw new Error(`no table for topic ${String(messages[0]?.topic)}`);
    const read = readChanges(table, messages);
    try {
      await applyChanges(
        pool,
        table,
        read.changes.map(({ change }) => change),
      );
    } catch (error) {
      if (isTransient(error)) throw error;
      // One row of many is refused: go one by one as far as it goes, and say which it is.
      for (const { message, change } of read.changes)
        await applyChanges(pool, table, [change]).catch((cause: unknown) => {
          throw isTransient(cause) ? cause : new BadMessage(message, cause);
        });
    }
    if (read.bad !== undefined) throw read.bad;
  };
}

type Read = { changes: Array<{ message: RawMessage; change: Change<VersionedRow> }>; bad: BadMessage | undefined };

/** Everything up to the first record that cannot be understood. */
function readChanges(table: Table, messages: readonly RawMessage[]): Read {
  const changes: Read['changes'] = [];
  for (const message of messages)
    try {
      const change = parseTableChange(message);
      if (change?.kind === 'deleted')
        changes.push({ message, change: { kind: 'deleted', key: keyOf(table, change.key) } });
      if (change?.kind !== 'row') continue;
      const parsed = table.row.parse(change.row);
      changes.push({ message, change: { ...change, key: keyOf(table, parsed), parsed } });
    } catch (error) {
      return {
        changes,
        bad: new BadMessage(message, error instanceof z.ZodError ? new Error(z.prettifyError(error)) : error),
      };
    }
  return { changes, bad: undefined };
}

function keyOf({ key }: Table, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    key.map(column => {
      const value = row[column];
      if (value === undefined || value === null) throw new Error(`key: lacks ${column}`);
      return [column, value];
    }),
  );
}

async function applyChanges(pool: Pool, table: Table, changes: ReadonlyArray<Change<VersionedRow>>): Promise<void> {
  const { deletes, upserts, seen } = fold(changes);
  const steps = [
    [table.remove, deletes],
    [table.upsert, upserts],
    [table.mark, seen],
  ] as const;
  const needed = steps.filter(([, rows]) => rows.length > 0);
  const run = async (sql: Sql) => {
    for (const [text, rows] of needed) await sql(text, [JSON.stringify(rows)]);
  };
  // A single statement is its own transaction, and two round trips fewer.
  await (needed.length <= 1 ? run(sqlOfPool(pool)) : withTransaction(pool, run));
}
