import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction, type Pool } from '@waygraph/kit/database';
import { createHealth } from '@waygraph/kit/health';
import { createLog } from '@waygraph/kit/log';
import { uuidv7 } from '@waygraph/kit/outbox';
import { startSubgraph } from '@waygraph/kit/subgraph';
import { askSubgraph } from '@waygraph/kit/testing/subgraph-client';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { readSubgraph } from '@waygraph/schema/scripts/sdl-files';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { advanceOrders, type Heard } from '../advance-orders.ts';
import { createContextFactory } from '../context.ts';
import type { Fact } from '../saga-table.ts';
import { resolvers } from '../resolvers.ts';
import type { Mutation, Query } from '../types.generated.ts';

const secret = 'known to this test and nobody else';

/** By the names of the schema, so without aliases. */
type Data = Query & Mutation & { _entities: unknown };
type Answer = { data: Data; errors?: { message: string; extensions: Record<string, unknown> }[] };

/** Every statement that the pool's connections run from now on. */
function watchStatements(pool: Pool): string[] {
  const statements: string[] = [];
  pool.on('connect', client => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (...args: unknown[]) => {
        statements.push(String(args[0]));
        return query(...args);
      },
    });
  });
  return statements;
}

/** A fact as it comes from the log. */
export const heard = (fact: Fact): Heard => ({
  ...{ id: uuidv7(), topic: 'stock.events', key: fact.data.orderId, seq: 1, occurredUs: Date.now() * 1000 },
  event: fact,
});

/** The subgraph on a free port and a database of its own, where hubs serve SP and RS; `ask` is the gateway. */
export async function startOrders() {
  const database = await ownDatabase('orders');
  const { pool, sql } = database;
  const statements = watchStatements(pool);
  const states = new Set(['SP', 'RS']);
  let overloaded = false;
  const server = await startSubgraph({
    name: 'orders',
    port: 0,
    typeDefs: await readSubgraph('orders'),
    resolvers,
    context: createContextFactory({
      ...{ pool, servedStates: () => Promise.resolve(states), cursorSecret: secret, isOverloaded: () => overloaded },
    }),
    health: createHealth({ database: () => sql('select 1') }),
    log: createLog('orders-test', 'silent'),
    gatewaySecret: secret,
    production: false,
  });

  const ask = askSubgraph<Answer>(server.url, secret);

  return {
    ...{ url: server.url, pool, sql, statements, ask },
    overload: (is: boolean): void => {
      overloaded = is;
    },
    /** A product of the copy that orders keeps. */
    async product(priceMinor: number): Promise<string> {
      const id = uniqueId('product');
      await sql(
        `insert into products (product_id, name, price_minor, currency, version, updated_at) values ($1, $2, $3, 'BRL', 1, now())`,
        [id, `Café ${id}`, priceMinor],
      );
      return id;
    },
    /** What the consumer does with an event of another service. */
    tell: (fact: Fact) => withTransaction(pool, inside => advanceOrders(inside, [heard(fact)])),
    /** The order's own events so far. */
    events: (orderId: string) =>
      sql<{ id: string; type: string; seq: string; payload: Record<string, unknown> }>(
        `select id, type, seq, payload from outbox where topic = 'order.events' and key = $1 order by seq`,
        [orderId],
      ),
    async dispose() {
      await server.stop();
      await database.dispose();
    },
  };
}

export type Orders = Awaited<ReturnType<typeof startOrders>>;

export const customer = (sub = uniqueId('customer')): Viewer => ({ sub, role: 'customer' });
export const operator: Viewer = { sub: 'op', role: 'operator' };

export const placeOrderMutation = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
  order {
    id customerId status version placedAt subtotal { amountMinor currency } discount { amountMinor } total { amountMinor }
    couponCode paymentMethod cancelReason cancelRefused shipTo { point { lat lon } postalCode city state }
    lines { lineNo productId name quantity unitPrice { amountMinor } status sellerId product { id } seller { id } }
    saga { status step awaiting deadlineAt steps { name state attempt at detail } }
  }
  cursor userErrors { code message field }
} }`;

/** An order that would be accepted, but for what is given. */
export const anInput = (productIds: readonly string[], given: Record<string, unknown> = {}) => ({
  lines: productIds.map((productId, index) => ({ productId, quantity: index + 1 })),
  shipTo: { postalCode: '01001-000', city: 'São Paulo', state: 'SP' },
  payment: 'WALLET',
  idempotencyKey: uniqueId('k'),
  ...given,
});
