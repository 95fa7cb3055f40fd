import type { Viewer } from '@waygraph/kit/auth';
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
import { refused, type OrderResult } from './change-saga.ts';
import { newOrder, type Order } from './order.ts';
import type { ReadServedStates } from './read-served-states.ts';
import { newSaga } from './saga-state.ts';
import { insertOrder } from './save-order.ts';

export type PlaceOrderResult = OrderResult;

type Shop = { readonly products: ReadonlyMap<string, Product>; readonly nowMs: number };
/** What a key remembers: the order's instant is text in JSON. */
type Remembered = { order: Omit<Order, 'placedAt'> & { placedAt: string }; refusals: [] } | { refusals: UserError[] };

/** So long the first request with a key is waited for. */
const keyWaitMs = 2_000;

/** Places an order for the customer who asks. Seller, stock, coupon and money follow from its event. */
export async function placeOrder(
  deps: {
    pool: Pool;
    servedStates: ReadServedStates;
    /** Whether no new orders are taken now. Default: they always are. */
    isOverloaded?: (() => boolean) | undefined;
    /** How long the first step may take. */
    stepTimeoutMs?: number | undefined;
  },
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
  const placed = withTransaction(deps.pool, async sql => {
    await sql(`set local lock_timeout = ${keyWaitMs}`);
    const outcome = await once<Remembered>(
      sql,
      { subject: `customer:${viewer.sub}`, operation: 'placeOrder', key, request: asked },
      async () => {
        // Here: whoever repeats an order that was taken gets its answer.
        if (deps.isOverloaded?.())
          return { refusals: [userError('OVERLOADED', 'no new orders are taken now; try again later')] };
        const shop = await readShop(sql, request);
        const refusals = checkAgainstShop(request, shop.products, served);
        if (refusals.length > 0) return { refusals };
        const order = await place(sql, viewer.sub, request, shop, deps.stepTimeoutMs);
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
    } satisfies PlaceOrderResult;
  });
  return placed.catch((error: unknown) => {
    if (!isLockTimeout(error)) throw error;
    const message = 'the first order with this key is still being placed; ask again with the same key';
    return refused(userError('IN_PROGRESS', message, 'input', 'idempotencyKey'));
  });
}

/** Nothing else is waited for by a new order than its key. */
const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03';

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

async function place(
  sql: Sql,
  customerId: string,
  request: OrderRequest,
  { products, nowMs }: Shop,
  stepTimeoutMs?: number,
): Promise<Order> {
  const { payment: paymentMethod, couponCode = null, allowPartial = false } = request;
  const { order, event } = newOrder({
    ...{ id: uuidv7(), customerId, placedAt: new Date(nowMs), lines: linesOf(request, products) },
    ...{ shipTo: addressOf(request), paymentMethod, couponCode, allowPartial },
  });
  await insertOrder(sql, { ...order, ...newSaga(nowMs, stepTimeoutMs), allowPartial }, [event]);
  return order;
}
