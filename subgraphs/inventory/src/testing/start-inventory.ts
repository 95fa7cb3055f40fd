import { createPool, sqlOfPool, type Sql } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLog } from '@waygraph/kit/log';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { askSubgraph } from '@waygraph/kit/testing/subgraph-client';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory } from '../context.ts';
import { createInventoryOrm } from '../database.ts';
import { loadCatalogue, type Catalogue } from '../load-catalogue.ts';
import { resolvers } from '../resolvers.ts';
import type { Mutation, Query } from '../types.generated.ts';

const secret = 'known to this test and nobody else';

/** By the names of the schema, so without aliases. */
type Data = Query & Mutation & { _entities: unknown };
type Answer = { data: Data; errors?: { message: string; extensions: Record<string, unknown> }[] };

/** The subgraph on a free port and real databases; `ask` is the gateway. */
export async function startInventory() {
  const statements: string[] = [];
  const url = testEnv('INVENTORY_DATABASE_URL');
  const orm = await createInventoryOrm({ url, poolSize: 8, onQuery: sql => void statements.push(sql) });
  const pool = createPool({ url, max: 4, name: 'inventory-test' });
  const readPool = createPool({ url: testEnv('READ_DATABASE_URL'), max: 2, name: 'inventory-test' });
  const read = sqlOfPool(readPool);
  const server = await startSubgraph({
    name: 'inventory',
    port: 0,
    typeDefs: await readSubgraph('inventory'),
    resolvers,
    context: createContextFactory({ em: orm.em, read, cursorSecret: secret }),
    health: createHealth({ database: () => orm.em.fork().execute('select 1') }),
    log: createLog('inventory-test', 'silent'),
    gatewaySecret: secret,
    production: false,
  });
  const sql: Sql = sqlOfPool(pool);

  return {
    url: server.url,
    orm,
    sql,
    read,
    /** Every statement of the ORM so far. */
    statements,
    load: (catalogue: Partial<Catalogue>) =>
      loadCatalogue({ pool }, { sellers: [], products: [], offers: [], ...catalogue }),
    ask: askSubgraph<Answer>(server.url, secret),
    dispose: async () => {
      await server.stop();
      await Promise.all([orm.close(), pool.end(), readPool.end()]);
    },
  };
}

export type Inventory = Awaited<ReturnType<typeof startInventory>>;
