import type pg from 'pg';
import { quoted } from './access.ts';

/**
 * Makes the publication hold exactly `tables`. A table that joins later is added, one whose service moved to another server leaves;
 * changes already written are still sent as the publication was when they were made.
 */
export async function ensurePublication(
  client: pg.Client,
  name: string,
  tables: readonly string[],
  options: { insertsOnly: boolean },
  say: (line: string) => void,
): Promise<void> {
  await refuseMissing(client, name, tables);
  const found = await client.query('select from pg_publication where pubname = $1', [name]);
  if (found.rowCount === 0) {
    const publish = options.insertsOnly ? 'insert' : 'insert, update, delete';
    await client.query(
      `create publication ${name} for table ${tables.map(quoted).join(', ')}
       with (publish = '${publish}', publish_via_partition_root = true)`,
    );
    say(`publication ${name}: ${tables.join(', ')}`);
    return;
  }
  const { rows } = await client.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_publication_tables where pubname = $1`,
    [name],
  );
  const published = rows.map(row => row.name);
  const change = async (verb: 'add' | 'drop', list: readonly string[]) => {
    if (list.length === 0) return;
    await client.query(`alter publication ${name} ${verb} table ${list.map(quoted).join(', ')}`);
    say(`publication ${name}: ${verb} ${list.join(', ')}`);
  };
  await change(
    'add',
    tables.filter(table => !published.includes(table)),
  );
  await change(
    'drop',
    published.filter(table => !tables.includes(table)),
  );
}

async function refuseMissing(client: pg.Client, publication: string, tables: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select name from unnest($1::text[]) as name where to_regclass(name) is null',
    [tables],
  );
  const missing = rows.map(row => row.name).join(', ');
  if (missing !== '') throw new Error(`publication ${publication}: no migration makes ${missing}`);
}

/** A slot made before the first row is written is the promise that no row is missed. */
export async function ensureSlot(client: pg.Client, slot: string, say: (line: string) => void): Promise<void> {
  const { rows } = await client.query<{ database: string; plugin: string; wal_status: string; here: boolean }>(
    'select database, plugin, wal_status, database = current_database() as here from pg_replication_slots where slot_name = $1',
    [slot],
  );
  const known = rows[0];
  if (known === undefined) {
    await client.query('select pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
    say(`slot ${slot} created`);
    return;
  }
  if (!known.here || known.plugin !== 'pgoutput')
    throw new Error(
      `slot ${slot} belongs to database ${known.database} (plugin ${known.plugin}); drop it or use another server`,
    );
  if (known.wal_status === 'lost')
    say(
      `slot ${slot} is LOST: more WAL than max_slot_wal_keep_size was written while its connector was away; rows are missing downstream`,
    );
}

/** The number under which this database's connectors and slots already run, if they do. */
export async function knownIndex(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ slot_name: string }>(
    `select slot_name from pg_replication_slots where database = current_database() and slot_name ~ '^outbox(_[0-9]+)?$'
     order by slot_name limit 1`,
  );
  const slot = rows[0]?.slot_name;
  return slot === undefined ? undefined : Number(slot.split('_')[1] ?? 1);
}
