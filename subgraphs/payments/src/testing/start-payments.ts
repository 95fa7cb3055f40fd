import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLog } from '@waygraph/kit/log';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { askSubgraph } from '@waygraph/kit/testing/subgraph-client';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory } from '../context.ts';
import { resolvers } from '../resolvers.ts';
import type { Mutation, Query } from '../types.generated.ts';

const secret = 'known to this test and nobody else';

/** By the names of the schema, so without aliases. */
type Data = Query & Mutation & { _entities: unknown };
type Answer = { data: Data; errors?: { message: string; extensions: Record<string, unknown> }[] };

/** The subgraph on a free port and the real database; `ask` is the gateway. */
export async function startPayments() {
  const pool = createPool({ url: testEnv('PAYMENTS_DATABASE_URL'), max: 8, name: 'payments-test' });
  const sql = sqlOfPool(pool);
  const server = await startSubgraph({
    name: 'payments',
    port: 0,
    typeDefs: await readSubgraph('payments'),
    resolvers,
    context: createContextFactory({ pool, cursorSecret: secret }),
    health: createHealth({ database: () => sql('select 1') }),
    log: createLog('payments-test', 'silent'),
    gatewaySecret: secret,
    production: false,
  });
  return {
    url: server.url,
    pool,
    sql,
    ask: askSubgraph<Answer>(server.url, secret),
    dispose: async () => {
      await server.stop();
      await pool.end();
    },
  };
}

export type Payments = Awaited<ReturnType<typeof startPayments>>;
