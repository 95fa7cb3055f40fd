import { createPool, sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import type { Offsets } from './event-log.ts';
import type { LastRecords } from './log-cut.ts';
import type { LogRecord, OutboxRow } from './matcher.ts';

/** A database that holds outboxes. */
export type Place = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
} & {
  readonly pool: Pool;
  readonly sql: Sql;
};

export type Position = {
  readonly tx: number;
  readonly readFrom: Offsets;
  readonly readTo: Offsets;
  readonly last: LastRecords;
};

export function openPlace(url: string): Place {
  const { hostname, port, pathname } = new URL(url);
  // Making a slot or detaching a partition waits for every transaction that runs.
  const pool = createPool({ url, max: 3, name: 'outbox-health', statementTimeoutMs: 120_000 });
  const [host, database] = [hostname, decodeURIComponent(pathname.slice(1))];
  const place = { host, port: Number(port || 5432), database, pool, sql: sqlOfPool(pool) };
  return { name: `${host}:${String(place.port)}/${database}`, ...place };
}

/** The schemas whose outbox is ours to look after; names fit for SQL as they are. */
export async function outboxSchemas(sql: Sql): Promise<string[]> {
  const rows = await sql<{ schema: string }>(
    `select quote_ident(nspname) as schema from pg_class c join pg_namespace n on n.oid = relnamespace
     where relname = 'outbox' and relkind = 'p' and pg_has_role(relowner, 'usage') order by 1`,
  );
  return rows.map(({ schema }) => schema);
}

/** Every transaction below `over` has ended; none from `begun` on had begun. */
export async function transactions(sql: Sql): Promise<{ over: number; begun: number }> {
  const [row] = await sql<{ over: string; begun: string }>(
    `select pg_snapshot_xmin(now)::text as over, pg_snapshot_xmax(now)::text as begun from pg_current_snapshot() as now`,
  );
  return { over: Number(row?.over), begun: Number(row?.begun) };
}

/** The end of the WAL: what a commit that is visible has written lies before it. */
export async function walEnd(sql: Sql): Promise<bigint> {
  const [row] = await sql<{ lsn: string }>(`select pg_current_wal_insert_lsn() - '0/0' as lsn`);
  return BigInt(row?.lsn ?? 0);
}

/** Up to where the outbox connector has confirmed to have published everything; undefined without a slot that can be used. */
export async function confirmed(sql: Sql, slots: string): Promise<bigint | undefined> {
  const [row] = await sql<{ lsn: string | null }>(
    `select min(confirmed_flush_lsn - '0/0') as lsn from pg_replication_slots
     where slot_name ~ $1 and database = current_database() and wal_status is distinct from 'lost'`,
    [slots],
  );
  return row?.lsn ? BigInt(row.lsn) : undefined;
}

type Found = {
  id: string;
  day: string;
  topic: string;
  key: string;
  seq: string;
  tx: string;
  ms: string;
  n: string | null;
};

/** The rows that transactions in [from, to) wrote, at most about `most`: then `upTo`, below which all are there, is less than `to`. */
export async function readRows(
  place: Place,
  from: { schema: string; table: OutboxRow['table']; tx: number },
  to: number,
  most: number,
): Promise<{ rows: OutboxRow[]; upTo: number }> {
  const { schema, table, tx } = from;
  const ask = (low: number, high: number, limit: number | null) =>
    place.sql<Found>(
      `select id, day, topic, key, seq, tx, occurred_us / 1000 as ms, ${table === 'outbox' ? 'null' : 'n'} as n
       from ${schema}.${table} where tx >= $1 and tx < $2 ${table === 'outbox' ? '' : 'and not repair'}
       order by tx, seq limit $3`,
      [low, high, limit],
    );
  let found = await ask(tx, to, most);
  let upTo = to;
  if (found.length === most) {
    // The last transaction may have written more than came. One that fills everything is taken whole.
    upTo = Number(found.at(-1)?.tx);
    const whole = found.filter(row => Number(row.tx) < upTo);
    found = whole.length > 0 ? whole : await ask(upTo, upTo + 1, null);
    if (whole.length === 0) upTo += 1;
  }
  const rows = found.map(({ id, day, topic, key, seq, tx: own, ms, n }) => ({
    ...{ place: place.name, schema, table, id, day, topic, key, n: n === null ? null : Number(n) },
    ...{ seq: Number(seq), tx: Number(own), occurredMs: Number(ms) },
  }));
  return { rows, upTo };
}

/** Publishes rows again, under their own ids, in their order; gives the WAL's end behind it. */
export async function publishAgain(place: Place, rows: readonly OutboxRow[]): Promise<bigint> {
  const sources = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const source = `${row.schema} ${row.table}`;
    sources.set(source, [...(sources.get(source) ?? []), row]);
  }
  for (const [source, list] of sources) {
    const [schema = '', table] = source.split(' ');
    const [which, params] =
      table === 'outbox'
        ? [
            '(day, id) in (select * from unnest($1::date[], $2::uuid[]))',
            [list.map(({ day }) => day), list.map(({ id }) => id)],
          ]
        : ['n = any($1)', [list.map(({ n }) => n)]];
    await place.sql(
      `insert into ${schema}.outbox_again (id, topic, key, type, v, seq, payload, traceparent, occurred_us, repair)
       select id, topic, key, type, v, seq, payload, traceparent, occurred_us, true
       from ${schema}.${String(table)} where ${which} order by tx, seq`,
      params,
    );
  }
  return walEnd(place.sql);
}

/** Those of the records that a row in one of the outboxes asked for. */
export async function known(
  place: Place,
  schemas: readonly string[],
  records: readonly LogRecord[],
): Promise<string[]> {
  const days = new Set(
    // The row's day is that of its transaction's beginning.
    records.flatMap(({ occurredMs }) =>
      [occurredMs, occurredMs - 3_600_000].map(ms => new Date(ms).toISOString().slice(0, 10)),
    ),
  );
  const found = await Promise.all(
    schemas.map(schema =>
      place.sql<{ id: string }>(
        `select id from ${schema}.outbox where day = any($1::date[]) and id = any($2::uuid[])
         union select id from ${schema}.outbox_again where id = any($2::uuid[])`,
        [[...days], records.map(({ id }) => id)],
      ),
    ),
  );
  return found.flat().map(({ id }) => id);
}

export async function oldestRowMs(place: Place, schemas: readonly string[]): Promise<number | undefined> {
  const times = await Promise.all(
    schemas.map(schema =>
      place.sql<{ ms: string | null }>(`select min(occurred_us) / 1000 as ms from ${schema}.outbox`),
    ),
  );
  const known = times.flat().flatMap(({ ms }) => (ms === null ? [] : [Number(ms)]));
  return known.length === 0 ? undefined : Math.min(...known);
}

export async function loadPosition(sql: Sql): Promise<Position | undefined> {
  const [row] = await sql<{ tx: string; read_from: Offsets; read_to: Offsets; last_read: LastRecords }>(
    'select tx, read_from, read_to, last_read from cdc.outbox_position',
  );
  return row && { tx: Number(row.tx), readFrom: row.read_from, readTo: row.read_to, last: row.last_read };
}

export async function savePosition(sql: Sql, { tx, readFrom, readTo, last }: Position): Promise<void> {
  await sql(
    `insert into cdc.outbox_position (tx, read_from, read_to, last_read) values ($1, $2, $3, $4)
     on conflict (one) do update set tx = excluded.tx, read_from = excluded.read_from, read_to = excluded.read_to,
       last_read = excluded.last_read, saved_at = now()`,
    [tx, JSON.stringify(readFrom), JSON.stringify(readTo), JSON.stringify(last)],
  );
}

export async function forgetPosition(sql: Sql): Promise<void> {
  await sql('delete from cdc.outbox_position');
}
