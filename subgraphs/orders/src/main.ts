import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { createSlotGuard } from '@waygraph/kit/slot-guard';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory } from './context.ts';
import { readEnv } from './env.ts';
import { createServedStates } from './read-served-states.ts';
import { resolvers } from './resolvers.ts';

const env = readEnv();
const log = createLog('orders', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.ORDERS_DATABASE_URL, max: env.DATABASE_POOL, name: 'orders' });
lifecycle.onStop('database', () => pool.end());
// One connection, for the hubs alone: orders are placed without it too.
const read = createPool({ url: env.READ_DATABASE_URL, max: 1, name: 'orders', statementTimeoutMs: 1_000 });
lifecycle.onStop('read database', () => read.end());

const slotGuard = createSlotGuard({ sql: sqlOfPool(pool), log });
lifecycle.onStop('slot guard', () => {
  slotGuard.stop();
});

const subgraph = await startSubgraph({
  name: 'orders',
  port: env.ORDERS_PORT,
  host: env.LISTEN_HOST,
  typeDefs: await readSubgraph('orders'),
  resolvers,
  context: createContextFactory({
    pool,
    servedStates: createServedStates(sqlOfPool(read)),
    cursorSecret: env.CURSOR_SECRET,
    stepTimeoutMs: env.SAGA_STEP_TIMEOUT_MS,
    isOverloaded: () => slotGuard.isOverloaded(),
  }),
  health: createHealth({ database: () => sqlOfPool(pool)('select 1') }),
  log,
  gatewaySecret: env.GATEWAY_SECRET,
  production: env.NODE_ENV === 'production',
});
lifecycle.onStop('server', subgraph.stop);
