import type { Viewer } from '@waygraph/kit/auth';
import type { LogPosition } from '@waygraph/kit/cursor';
import { sqlOfPool, withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { userError, type UserError } from '@waygraph/kit/errors';
import { once } from '@waygraph/kit/idempotency';
import { uuidv7 } from '@waygraph/kit/outbox';
import { OrderPlaced } from '@waygraph/schema/events/orders';
import { isStorable } from '@waygraph/schema/inputs';
import {
  addressOf,
  checkAgainstShop,
  checkRequest,
  linesOf,
  type OrderRequest,
  type Product,
} from './order-request.ts';
import { newOrder, type Order } from './order.ts';
import type { ReadServedStates } from './read-served-states.ts';
import { firstSteps } from './saga-state.ts';
import { insertOrder } from './save-order.ts';

export type PlaceOrderResult =
  { order: Order; position: LogPosition; refusals: [] } | { order: null; position: null; refusals: UserError[] };

type Shop = { readonly products: ReadonlyMap<string, Product>; readonly nowMs: number };
/** What a key remembers: the order's instant is text in JSON. */
type Remembered = { order: Omit<Order, 'placedAt'> & { placedAt: string }; refusals: [] } | { refusals: UserError[] };

const refused = (...refusals: UserError[]): PlaceOrderResult => ({ order: null, position: null, refusals });

/** Places an order for the customer who asks. Seller, stock, coupon and money follow from its event. */
export async function placeOrder(
  deps: { pool: Pool; servedStates: ReadServedStates },
  viewer: Viewer | undefined,
  request: OrderRequest,
): Promise<PlaceOrderResult> {
  if (viewer?.role !== 'customer') return refused(userError('FORBIDDEN', 'only customers may place orders'));
  const served = await deps.servedStates();
  const faults = checkRequest(request);
  if (faults.length > 0) {
    const { products } = await readShop(sqlOfPool(deps.pool), request);
    return refused(...faults, ...checkAgainstShop(request, products, served));
  }

  const { idempotencyKey: key, ...given } = request;
  // What is left out and what is null is the same order.
  const asked = { ...given, shipTo: addressOf(request), couponCode: request.couponCode ?? null };
  return withTransaction(deps.pool, async sql => {
    const outcome = await once<Remembered>(
      sql,
      { subject: `customer:${viewer.sub}`, operation: 'placeOrder', key, request: asked },
      async () => {
        const shop = await readShop(sql, request);
        const refusals = checkAgainstShop(request, shop.products, served);
        if (refusals.length > 0) return { refusals };
        const order = await place(sql, viewer.sub, request, shop);
        return { order: { ...order, placedAt: order.placedAt.toISOString() }, refusals: [] };
      },
      ({ refusals }) => refusals.length === 0,
    );
    if (outcome.kind === 'conflict')
      return refused(
        userError('IDEMPOTENCY_CONFLICT', 'this key was used with another order', 'input', 'idempotencyKey'),
      );
    if (!('order' in outcome.response)) return refused(...outcome.response.refusals);
    const { order } = outcome.response;
    const placedAt = new Date(order.placedAt);
    return {
      order: { ...order, placedAt },
      position: { topic: OrderPlaced.topic, key: order.id, seq: order.version, atMs: placedAt.getTime() },
      refusals: [],
    };
  });
}

/** The products that are asked for and the database's clock, in one statement. */
async function readShop(sql: Sql, { lines }: OrderRequest): Promise<Shop> {
  const ids = [...new Set(lines.map(({ productId }) => productId))].filter(isStorable);
  const [row] = await sql<{ now_ms: number; products: { id: string; name: string; priceMinor: number }[] }>(
    `select floor(extract(epoch from now()) * 1000)::float8 as now_ms,
       coalesce((select jsonb_agg(jsonb_build_object('id', product_id, 'name', name, 'priceMinor', price_minor))
                 from products where product_id = any ($1)), '[]') as products`,
    [ids],
  );
  return { nowMs: row?.now_ms ?? 0, products: new Map(row?.products.map(product => [product.id, product])) };
}

async function place(sql: Sql, customerId: string, request: OrderRequest, { products, nowMs }: Shop): Promise<Order> {
  const { payment: paymentMethod, couponCode = null, allowPartial = false } = request;
  const { order, event } = newOrder({
    ...{ id: uuidv7(), customerId, placedAt: new Date(nowMs), lines: linesOf(request, products) },
    ...{ shipTo: addressOf(request), paymentMethod, couponCode, allowPartial },
  });
  const saga = { saga: 'RUNNING', attempt: 1, paidMinor: 0, steps: firstSteps(nowMs), parcels: [] } as const;
  await insertOrder(sql, { ...order, ...saga, allowPartial }, [event]);
  return order;
}
