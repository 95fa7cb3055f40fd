import { readPage } from '@waygraph/kit/connection';
import { dateTime } from '@waygraph/kit/scalars';
import { cancelOrder } from './cancel-order.ts';
import type { OrderResult } from './change-saga.ts';
import type { Context } from './context.ts';
import { listOrders, orderList } from './list-orders.ts';
import { listStuckSagas, stuckList } from './list-stuck-sagas.ts';
import { currency, subtotalOf } from './order.ts';
import { placeOrder } from './place-order.ts';
import { customerOrderRecords, orderRecords, sellerOrderRecords } from './read-records.ts';
import { readSagaStats } from './read-saga-stats.ts';
import { timelineList, type Entry } from './read-timelines.ts';
import { closeSaga, resumeSaga } from './settle-step.ts';
import type { Resolvers, TimelineEntry } from './types.generated.ts';

const money = (amountMinor: number) => ({ amountMinor, currency });

const entryOf = ({ topic, orderId, seq, occurredUs, ...entry }: Entry, context: Context): TimelineEntry => {
  const at = new Date(Number(occurredUs) / 1000);
  const { type, source, detail } = entry;
  return { at, type, source, detail, cursor: context.cursorOf({ topic, key: orderId, seq, atMs: at.getTime() }) };
};

/** What follows in the same request reads anew. */
function payloadOf({ order, position, refusals }: OrderResult, context: Context) {
  context.forget();
  return { order, cursor: position && context.cursorOf(position), userErrors: refusals };
}

export const resolvers: Resolvers = {
  DateTime: dateTime,
  Query: {
    order: (_, { id }, { orders }) => orders.load(id),
    orders: async (_, { first, after, ...filter }, { sql, viewer, orders }) => {
      const page = await listOrders(sql, viewer, filter, readPage(orderList, { first, after }));
      for (const order of page.nodes) orders.prime(order.id, order);
      return page;
    },
    stuckSagas: async (_, args, { sql, viewer, orders }) => {
      const page = await listStuckSagas(sql, viewer, readPage(stuckList, args));
      for (const order of page.nodes) orders.prime(order.id, order);
      return page;
    },
    sagaStats: (_, _args, { sql, viewer }) => readSagaStats(sql, viewer),
    orderRecords: (_, { orderId }, { sql, viewer }) => orderRecords(sql, viewer, orderId),
    customerOrderRecords: (_, _args, { sql, viewer }) => customerOrderRecords(sql, viewer),
    sellerOrderRecords: (_, { sellerId }, { sql, viewer }) => sellerOrderRecords(sql, viewer, sellerId),
  },
  Mutation: {
    placeOrder: async (_, { input }, context) => payloadOf(await placeOrder(context, context.viewer, input), context),
    cancelOrder: async (_, args, context) => payloadOf(await cancelOrder(context, context.viewer, args), context),
    resumeSaga: async (_, args, context) => payloadOf(await resumeSaga(context, context.viewer, args), context),
    closeSaga: async (_, args, context) => payloadOf(await closeSaga(context, context.viewer, args), context),
  },
  Order: {
    __resolveReference: ({ id }, { orders }) => orders.load(id),
    subtotal: ({ lines }) => money(subtotalOf(lines)),
    discount: ({ discountMinor }) => money(discountMinor),
    total: ({ lines, discountMinor }) => money(subtotalOf(lines) - discountMinor),
    saga: ({ id, partly }, _, { sagas }) => (partly ? null : sagas.load(id)),
    timeline: async ({ id, partly }, args, context) => {
      if (partly) return null;
      const found = await context.timelines.load({ orderId: id, page: readPage(timelineList, args) });
      const edges = found.edges.map(({ cursor, node }) => ({ cursor, node: entryOf(node, context) }));
      return { nodes: edges.map(({ node }) => node), edges, pageInfo: found.pageInfo };
    },
  },
  OrderLine: {
    product: ({ productId }) => ({ id: productId }),
    seller: ({ sellerId }) => (sellerId === null ? null : { id: sellerId }),
    unitPrice: ({ unitPriceMinor }) => money(unitPriceMinor),
  },
};
