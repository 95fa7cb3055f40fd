import type { Viewer } from '@waygraph/kit/auth';
import { sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import { userError } from '@waygraph/kit/errors';
import { remembered, requestParameters, type Remembered, type Request } from '@waygraph/kit/idempotency';
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
import { insertOrder } from './insert-order.ts';
import { newOrder, type Order } from './order.ts';
import type { ReadServedStates } from './read-served-states.ts';
import { newSaga } from './saga-state.ts';

/** What a key remembers: the order's instant is text in JSON. */
type Response = { readonly order: Omit<Order, 'placedAt'> & { readonly placedAt: string } };
type Shop = {
  readonly products: ReadonlyMap<string, Product>;
  readonly nowMs: number;
  readonly known: Remembered<Response> | null;
};

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
): Promise<OrderResult> {
  if (viewer?.role !== 'customer') return refused(userError('FORBIDDEN', 'only customers may place orders'));
  const sql = sqlOfPool(deps.pool);
  const served = await deps.servedStates();
  const faults = checkRequest(request);
  if (faults.length > 0) {
    const { products } = await readShop(sql, request);
    return refused(...faults, ...checkAgainstShop(request, products, served));
  }

  const { idempotencyKey: key, ...given } = request;
  // What is left out and what is null is the same order.
  const asked = { ...given, shipTo: addressOf(request), couponCode: request.couponCode ?? null };
  const keyed = { subject: `customer:${viewer.sub}`, operation: 'placeOrder', key, request: asked };
  for (;;) {
    const shop = await readShop(sql, request, keyed);
    if (shop.known?.same === false)
      return refused(
        userError('IDEMPOTENCY_CONFLICT', 'this key was used with another order', 'input', 'idempotencyKey'),
      );
    if (shop.known !== null) return accepted(shop.known.response);
    // Here: whoever repeats an order that was taken gets its answer. While the first request is still being committed nothing is known
    // of it, and its repeat may be refused below; repeated later with the same key it finds the order.
    if (deps.isOverloaded?.()) return refused(userError('OVERLOADED', 'no new orders are taken now; try again later'));
    const refusals = checkAgainstShop(request, shop.products, served);
    if (refusals.length > 0) return refused(...refusals);
    try {
      const response = await place(sql, viewer.sub, { request, keyed, shop, stepTimeoutMs: deps.stepTimeoutMs });
      if (response !== undefined) return accepted(response);
      // Another one with this key came first: there is an answer now.
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      const message = 'the first order with this key is still being placed; ask again with the same key';
      return refused(userError('IN_PROGRESS', message, 'input', 'idempotencyKey'));
    }
  }
}

function accepted({ order }: Response): OrderResult {
  const placedAt = new Date(order.placedAt);
  return {
    order: { ...order, placedAt },
    position: { topic: OrderPlaced.topic, key: order.id, seq: order.version, atMs: placedAt.getTime() },
    refusals: [],
  };
}

/**
 * A new order waits for the first one with its key, and for whoever tends the outbox's partitions. Whichever took too long: to ask again
 * with the same key is right.
 */
const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03';

/** The products that are asked for, what was answered to this request before, and the database's clock, in one statement. */
async function readShop(sql: Sql, { lines }: OrderRequest, keyed?: Request): Promise<Shop> {
  const ids = [...new Set(lines.map(({ productId }) => productId))].filter(isStorable);
  type Row = Pick<Shop, 'known'> & { now_ms: number; products: { id: string; name: string; priceMinor: number }[] };
  const [row] = await sql<Row>(
    `select floor(extract(epoch from now()) * 1000)::float8 as now_ms,
       coalesce((select jsonb_agg(jsonb_build_object('id', product_id, 'name', name, 'priceMinor', price_minor))
                 from products where product_id = any (array(select unnest($1::text[])))), '[]') as products,
       ${keyed === undefined ? 'null' : remembered(2)} as known`,
    [ids, ...(keyed === undefined ? [] : requestParameters(keyed))],
  );
  const products = new Map(row?.products.map(product => [product.id, product]));
  return { nowMs: row?.now_ms ?? 0, products, known: row?.known ?? null };
}

/** The answer to remember; undefined: there is another one under this key by now. */
async function place(
  sql: Sql,
  customerId: string,
  bought: { request: OrderRequest; keyed: Request; shop: Shop; stepTimeoutMs: number | undefined },
): Promise<Response | undefined> {
  const { request, keyed, shop, stepTimeoutMs } = bought;
  const { payment: paymentMethod, couponCode = null, allowPartial = false } = request;
  const { order, event } = newOrder({
    ...{ id: uuidv7(), customerId, placedAt: new Date(shop.nowMs), lines: linesOf(request, shop.products) },
    ...{ shipTo: addressOf(request), paymentMethod, couponCode, allowPartial },
  });
  const response = { order: { ...order, placedAt: order.placedAt.toISOString() } };
  const saga = newSaga(shop.nowMs, stepTimeoutMs);
  const isMine = await insertOrder(sql, { ...order, ...saga, allowPartial }, event, { request: keyed, response });
  return isMine ? response : undefined;
}
