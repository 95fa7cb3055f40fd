import { withTransaction, type Sql } from '@waygraph/kit/database';
import type { Log } from '@waygraph/kit/log';
import { outboxSchemas, type Place } from './place.ts';

/** Partitions are there this many days ahead. */
const daysAhead = 7;
/** Writers queue behind a lock that we wait for: give up soon and come back later. */
const lockTimeout = `set local lock_timeout = '500ms'`;

/** One that is detached already still has to be dropped. */
type Partition = { readonly table: string; readonly day: string; readonly attached: boolean };

const tableOf = (day: string): string => `outbox_${day.replaceAll('-', '')}`;

async function partitionsOf(sql: Sql, schema: string): Promise<Partition[]> {
  return sql<Partition>(
    `select relname as table, to_date(substr(relname, 8), 'YYYYMMDD') as day, relispartition as attached from pg_class
     where relnamespace = to_regnamespace($1) and relkind = 'r' and relname ~ '^outbox_[0-9]{8}$' order by 1`,
    [schema],
  );
}

/** Makes the partition of a day, with what the default one holds of that day. */
export const makePartition = (place: Place, schema: string, day: string): Promise<number> =>
  withTransaction(place.pool, async sql => {
    const table = `${schema}.${tableOf(day)}`;
    await sql(lockTimeout);
    await sql(`create table if not exists ${table} (like ${schema}.outbox including all)`);
    // Whoever writes into the default one ends first, and nobody does from now on. Root first, as everybody else locks them.
    await sql(`lock table only ${schema}.outbox in share update exclusive mode`);
    await sql(`lock table ${schema}.outbox_default in access exclusive mode`);
    // The table is no part of the publication yet: what was published before is not published again.
    const moved = await sql(
      `with gone as (delete from ${schema}.outbox_default where day = $1::date returning *)
       insert into ${table} select * from gone returning id`,
      [day],
    );
    await sql(
      `alter table ${schema}.outbox attach partition ${table} for values from ('${day}') to ('${nextDay(day)}')`,
    );
    return moved.length;
  });

const nextDay = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

/** Takes partitions out without holding up writers: PostgreSQL does that only while there is no default partition, so that one is out meanwhile. */
async function dropPartitions(place: Place, schema: string, partitions: readonly Partition[]): Promise<void> {
  await withTransaction(place.pool, async sql => {
    await sql(lockTimeout);
    const [row] = await sql<{ there: boolean }>(`select exists (select from ${schema}.outbox_default) as there`);
    if (row?.there === true) throw new Error(`${schema}.outbox_default is not empty`);
    await sql(`alter table ${schema}.outbox detach partition ${schema}.outbox_default`);
  });
  try {
    for (const { table, attached } of partitions) {
      if (attached) await place.sql(`alter table ${schema}.outbox detach partition ${schema}.${table} concurrently`);
      await place.sql(`drop table ${schema}.${table}`);
    }
  } finally {
    await attachDefault(place, schema);
  }
}

/** Finishes what an earlier life may have left: a partition half detached, the default one outside. */
async function finishDetaching(place: Place, schema: string): Promise<void> {
  const pending = await place.sql<{ table: string }>(
    `select relname as table from pg_inherits join pg_class c on c.oid = inhrelid
     where inhparent = to_regclass($1) and inhdetachpending`,
    [`${schema}.outbox`],
  );
  for (const { table } of pending)
    await place.sql(`alter table ${schema}.outbox detach partition ${schema}.${table} finalize`);
  await attachDefault(place, schema);
}

async function attachDefault(place: Place, schema: string): Promise<void> {
  const [row] = await place.sql<{ loose: boolean }>(
    'select not relispartition as loose from pg_class where oid = to_regclass($1)',
    [`${schema}.outbox_default`],
  );
  if (row?.loose === true)
    await place.sql(`alter table ${schema}.outbox attach partition ${schema}.outbox_default default`);
}

/**
 * Keeps the outboxes of a place cut by day (UTC, on the database's clock): partitions are made a week ahead; those older than the retention
 * are dropped when everything in them is known to be on the log. Safe to repeat, and to be killed at any moment.
 */
export function createPartitionKeeper(options: {
  retentionDays: number;
  /** Everything that transactions below wrote at this place is on the log. */
  provenBelow: (place: Place) => number;
  log: Log;
}) {
  const { retentionDays, provenBelow, log } = options;
  const counts = { made: 0, dropped: 0, moved: 0, held: 0, inDefault: 0 };

  async function make(place: Place, schema: string, today: string): Promise<void> {
    // One that is detached and not dropped yet takes no rows: those that came since are in the default partition.
    const attached = (await partitionsOf(place.sql, schema)).filter(partition => partition.attached);
    const there = new Set(attached.map(({ day }) => day));
    const stray = await place.sql<{ day: string }>(`select distinct day from ${schema}.outbox_default`);
    const ahead = Array.from({ length: daysAhead + 1 }, (_, n) => dayAfter(today, n));
    for (const day of new Set([...ahead, ...stray.map(row => row.day)])) {
      if (there.has(day)) continue;
      const moved = await makePartition(place, schema, day);
      counts.made += 1;
      counts.moved += moved;
      if (moved > 0)
        log.warn({ place: place.name, schema, day, moved }, 'rows of the default partition moved to their day');
    }
    const [left] = await place.sql<{ n: string }>(`select count(*) as n from ${schema}.outbox_default`);
    counts.inDefault += Number(left?.n ?? 0);
  }

  async function drop(place: Place, schema: string, today: string): Promise<void> {
    const old = (await partitionsOf(place.sql, schema)).filter(({ day }) => day < dayAfter(today, -retentionDays));
    const proven: Partition[] = [];
    for (const partition of old) {
      const { table, day } = partition;
      const [row] = await place.sql<{ tx: string | null }>(`select max(tx) as tx from ${schema}.${table}`);
      if (Number(row?.tx ?? -1) < provenBelow(place)) proven.push(partition);
      else {
        counts.held += 1;
        log.warn(
          { place: place.name, schema, day },
          'a partition is old enough to go, but not all of it is on the log',
        );
      }
    }
    if (proven.length > 0) {
      await dropPartitions(place, schema, proven);
      counts.dropped += proven.length;
      log.info({ place: place.name, schema, days: proven.map(({ day }) => day) }, 'old partitions dropped');
    }
    await place.sql(`delete from ${schema}.outbox_again where day < $1::date and tx < $2`, [
      dayAfter(today, -retentionDays),
      provenBelow(place),
    ]);
  }

  return {
    async keep(place: Place): Promise<void> {
      const [now] = await place.sql<{ today: string }>(`select (now() at time zone 'utc')::date as today`);
      const today = now?.today ?? '';
      counts.held = 0;
      counts.inDefault = 0;
      for (const schema of await outboxSchemas(place.sql)) {
        await finishDetaching(place, schema);
        await make(place, schema, today);
        await drop(place, schema, today);
      }
    },
    counts: () => ({ ...counts }),
  };
}

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

export type PartitionKeeper = ReturnType<typeof createPartitionKeeper>;
