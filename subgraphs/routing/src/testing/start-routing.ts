import { sqlOfPool, type Pool } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLog } from '@waygraph/kit/log';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { askSubgraph } from '@waygraph/kit/testing/subgraph-client';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { createContextFactory, type RankingJobs } from '../context.ts';
import { factorsOf } from '../lane-factors.ts';
import { resolvers } from '../resolvers.ts';
import type { Mutation, Query } from '../types.generated.ts';
import { someOrders } from './some-orders.ts';

const secret = 'known to this test and nobody else';

/** By the names of the schema, so without aliases. */
type Data = Query & Mutation & { _entities: unknown };
export type Answer = { data: Data; errors?: { message: string; extensions: Record<string, unknown> }[] };

/** The pool, with each of its statements outside of transactions noted. */
function noted(pool: Pool, statements: string[]): Pool {
  return new Proxy(pool, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'query' || typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        statements.push(String(args[0]));
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** The subgraph on a free port with databases of the test's own; `ask` is the gateway. */
export async function startRouting(name: string) {
  const orders = await someOrders(name);
  const statements: string[] = [];
  const pool = noted(orders.pool, statements);
  const sql = sqlOfPool(pool);
  const asked: unknown[] = [];
  const rankingJobs: RankingJobs = {
    add: data => {
      asked.push(data);
      return Promise.resolve('job');
    },
    stop: () => Promise.resolve(),
  };
  const server = await startSubgraph({
    ...{ name: 'routing', port: 0, typeDefs: await readSubgraph('routing'), resolvers },
    context: createContextFactory({
      ...{
        pool,
        read: orders.read,
        locate: orders.locate,
        roadKm: orders.roadKm,
        rankingJobs,
        timeZone: 'America/Sao_Paulo',
        cursorSecret: secret,
      },
      factorOf: factorsOf(sql),
    }),
    health: createHealth({ database: () => sql('select 1') }),
    log: createLog('routing-test', 'silent'),
    ...{ gatewaySecret: secret, production: false },
  });
  return {
    ...orders,
    /** Of the service's own database. */
    statements,
    /** What was asked of the ranking job. */
    asked,
    ask: askSubgraph<Answer>(server.url, secret),
    dispose: async () => {
      await server.stop();
      await orders.dispose();
    },
  };
}

export type Routing = Awaited<ReturnType<typeof startRouting>>;
