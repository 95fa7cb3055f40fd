import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory } from './context.ts';
import { readEnv } from './env.ts';
import { resolvers } from './resolvers.ts';

const env = readEnv();
const log = createLog('risk', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.RISK_DATABASE_URL, max: env.DATABASE_POOL, name: 'risk' });
lifecycle.onStop('database', () => pool.end());
const sql = sqlOfPool(pool);

const subgraph = await startSubgraph({
  name: 'risk',
  port: env.RISK_PORT,
  host: env.LISTEN_HOST,
  typeDefs: await readSubgraph('risk'),
  resolvers,
  context: createContextFactory({ sql }),
  health: createHealth({ database: () => sql('select 1') }),
  log,
  gatewaySecret: env.GATEWAY_SECRET,
  production: env.NODE_ENV === 'production',
});
lifecycle.onStop('server', subgraph.stop);
