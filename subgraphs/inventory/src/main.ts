import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory } from './context.ts';
import { createInventoryOrm } from './database.ts';
import { readEnv } from './env.ts';
import { resolvers } from './resolvers.ts';

const env = readEnv();
const log = createLog('inventory', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const orm = await createInventoryOrm({ url: env.INVENTORY_DATABASE_URL, poolSize: env.DATABASE_POOL });
lifecycle.onStop('database', () => orm.close());
const pool = createPool({ url: env.READ_DATABASE_URL, max: env.READ_DATABASE_POOL, name: 'inventory' });
lifecycle.onStop('read database', () => pool.end());
const read = sqlOfPool(pool);

const subgraph = await startSubgraph({
  name: 'inventory',
  port: env.INVENTORY_PORT,
  host: env.LISTEN_HOST,
  typeDefs: await readSubgraph('inventory'),
  resolvers,
  context: createContextFactory({ em: orm.em, read, cursorSecret: env.CURSOR_SECRET }),
  health: createHealth({
    database: () => orm.em.fork().execute('select 1'),
    'read database': () => read('select 1'),
  }),
  log,
  gatewaySecret: env.GATEWAY_SECRET,
  production: env.NODE_ENV === 'production',
});
lifecycle.onStop('server', subgraph.stop);
