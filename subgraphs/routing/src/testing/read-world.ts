import { createPool, sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { hubs } from '../hubs.ts';
import { locateAddress, type Locate } from '../locate-address.ts';
import { roadKm, type RoadKm } from '../road-km.ts';

export type WorldSeller = {
  id: string;
  lat: number;
  lon: number;
  state: string;
  status?: 'ACTIVE' | 'PAUSED';
};

/** Sellers, offers and hubs of one test in the read database, all under a prefix of its own. */
export type ReadWorld = {
  readonly prefix: string;
  /** With the reader's login; each statement is noted. */
  readonly read: Sql;
  readonly locate: Locate;
  readonly roadKm: RoadKm;
  readonly statements: string[];
  /** With the writer's login. */
  readonly write: Sql;
  readonly pool: Pool;
  id(name: string): string;
  sellers(...sellers: WorldSeller[]): Promise<void>;
  /** Product → seller → available. */
  stock(offers: Record<string, Record<string, number>>): Promise<void>;
  dispose(): Promise<void>;
};

export async function readWorld(name: string): Promise<ReadWorld> {
  const prefix = uniqueId(name);
  const id = (thing: string): string => `${prefix}-${thing}`;
  const pool = createPool({ url: testEnv('READ_SYNC_DATABASE_URL'), max: 2, name: 'routing-test' });
  const readPool = createPool({ url: testEnv('READ_DATABASE_URL'), max: 2, name: 'routing-test' });
  const write = sqlOfPool(pool);
  const plain = sqlOfPool(readPool);
  const statements: string[] = [];
  await write(
    `insert into geo.hubs (id, name, location)
     select id, name, st_setsrid(st_makepoint(lon, lat), 4326)::geography
     from jsonb_to_recordset($1::jsonb) as r(id text, name text, lat float8, lon float8) on conflict do nothing`,
    [JSON.stringify(hubs)],
  );
  const read: Sql = (text, params) => {
    statements.push(text);
    return plain(text, params);
  };
  return {
    ...{ prefix, statements, write, read, pool, id },
    locate: address => locateAddress(read, address),
    roadKm: (to, from) => roadKm(read, to, from),
    sellers: async (...sellers) => {
      await write(
        `insert into catalogue.sellers (id, name, city, state, location, status, version, updated_at)
         select $2 || '-' || id, id, 'Test', state, st_setsrid(st_makepoint(lon, lat), 4326)::geography,
           coalesce(status, 'ACTIVE'), 1, now()
         from jsonb_to_recordset($1::jsonb) as r(id text, state text, lat float8, lon float8, status text)`,
        [JSON.stringify(sellers), prefix],
      );
    },
    stock: async offers => {
      const rows = Object.entries(offers).flatMap(([product, bySeller]) =>
        Object.entries(bySeller).map(([seller, available]) => ({ product, seller, available })),
      );
      await write(
        `insert into catalogue.products (id, name, price_minor, currency, version, updated_at)
         select distinct $2 || '-' || product, product, 100, 'BRL', 1, now()
         from jsonb_to_recordset($1::jsonb) as r(product text) on conflict do nothing`,
        [JSON.stringify(rows), prefix],
      );
      await write(
        `insert into catalogue.offers (id, product_id, seller_id, available, reserved, version, updated_at)
         select $2 || '-' || product || '-' || seller, $2 || '-' || product, $2 || '-' || seller, available, 0, 1, now()
         from jsonb_to_recordset($1::jsonb) as r(product text, seller text, available int)`,
        [JSON.stringify(rows), prefix],
      );
    },
    dispose: async () => {
      const mine = [`${prefix}-%`];
      await write('delete from catalogue.offers where id like $1', mine);
      await write('delete from catalogue.products where id like $1', mine);
      await write('delete from catalogue.sellers where id like $1', mine);
      await write('delete from stats.seller_handling where seller_id like $1', mine);
      await write('delete from stats.deliveries where seller_id like $1', mine);
      await write('delete from stats.mv_seller_ranking where seller_id like $1', mine);
      await Promise.all([pool.end(), readPool.end()]);
    },
  };
}
