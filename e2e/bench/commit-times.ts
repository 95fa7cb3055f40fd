import { createPool, sqlOfPool, type Sql } from '@waygraph/kit/database';
import type { Target } from './senders.ts';

/** A row as one of the two databases has it; `committedUs`: when the transaction that wrote it did. */
export type Row = { version: number; available: number; reserved: number; committedUs: number };
export type Sides = { command: ReadonlyMap<string, Row>; read: ReadonlyMap<string, Row> };

export type CommitTimes = {
  targets: () => Promise<(Target & { version: number })[]>;
  of: (offerIds: readonly string[]) => Promise<Sides>;
  /** Both databases on one server: one clock, so that differences are exact. */
  sameServer: boolean;
  close: () => Promise<void>;
};

// xmin is the transaction that wrote this version of the row, so its commit time is the change's own, to the microsecond.
const rowsOf = (table: string, id: string): string =>
  `select ${id} as id, version::int, available, reserved,
          (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1e6)::float8 as "committedUs"
   from ${table} where ${id} = any($1)`;

/** Looks at the rows from outside, as nothing in the system does; throws when a server keeps no commit times. */
export async function openCommitTimes(urls: { command: string; read: string }): Promise<CommitTimes> {
  const pools = [urls.command, urls.read].map(url => createPool({ url, max: 1, name: 'bench' }));
  const [command, read] = pools.map(sqlOfPool) as [Sql, Sql];
  for (const sql of [command, read]) {
    const [setting] = await sql<{ value: string }>(`select current_setting('track_commit_timestamp') as value`);
    if (setting?.value !== 'on') throw new Error('PostgreSQL has to run with track_commit_timestamp = on');
  }
  const look = async (sql: Sql, statement: string, offerIds: readonly string[]): Promise<Map<string, Row>> => {
    const rows = await sql<Row & { id: string }>(statement, [offerIds]);
    return new Map(rows.map(({ id, ...row }) => [id, row]));
  };
  return {
    targets: () =>
      command(
        `select offer_id as "offerId", product_id as "productId", seller_id as "sellerId", version::int
         from inventory.stock order by md5(offer_id)`,
      ),
    of: async offerIds => {
      const [commandRows, readRows] = await Promise.all([
        look(command, rowsOf('inventory.stock', 'offer_id'), offerIds),
        look(read, rowsOf('catalogue.offers', 'id'), offerIds),
      ]);
      return { command: commandRows, read: readRows };
    },
    sameServer: new URL(urls.command).host === new URL(urls.read).host,
    close: async () => {
      await Promise.all(pools.map(pool => pool.end()));
    },
  };
}
