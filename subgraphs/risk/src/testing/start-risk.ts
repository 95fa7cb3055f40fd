import { createPool, sqlOfPool, type Sql } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLog } from '@waygraph/kit/log';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { askSubgraph } from '@waygraph/kit/testing/subgraph-client';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory } from '../context.ts';
import { resolvers } from '../resolvers.ts';
import type { Order } from '../types.generated.ts';

const secret = 'known to this test and nobody else';

type Data = { _entities: Order[] };
type Answer = { data: Data; errors?: { message: string; extensions: Record<string, unknown> }[] };

/** The subgraph on a free port and the real database; `ask` is the gateway. */
export async function startRisk() {
  const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 8, name: 'risk-test' });
  const sql = sqlOfPool(pool);
  const statements: string[] = [];
  const counted: Sql = (text, params) => {
    statements.push(text);
    return sql(text, params);
  };
  const server = await startSubgraph({
    name: 'risk',
    port: 0,
    typeDefs: await readSubgraph('risk'),
    resolvers,
    context: createContextFactory({ sql: counted }),
    health: createHealth({ database: () => sql('select 1') }),
    log: createLog('risk-test', 'silent'),
    gatewaySecret: secret,
    production: false,
  });
  return {
    url: server.url,
    pool,
    sql,
    /** Every statement of the resolvers so far. */
    statements,
    ask: askSubgraph<Answer>(server.url, secret),
    dispose: async () => {
      await server.stop();
      await pool.end();
    },
  };
}

export type RiskUnderTest = Awaited<ReturnType<typeof startRisk>>;
