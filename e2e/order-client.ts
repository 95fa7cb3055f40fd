import { createGraphClient, type GraphClient, type GraphClientOptions, type Watch } from './graph-client.ts';
import { documents } from './order-documents.ts';
import type {
  Address,
  Delivery,
  DeliveryPayload,
  EtaFrame,
  LaneFrame,
  LanePayload,
  Money,
  Order,
  OrderFrame,
  OrderPayload,
  OrderRequest,
  Quote,
  Refusal,
  SellerRank,
  TimelineEntry,
} from './order-types.ts';

type Parcel = { orderId: string; sellerId: string; at?: string };
type Scan = Parcel & { hub: string; kind?: 'HUB' | 'OUT_FOR_DELIVERY'; idempotencyKey: string };
type OrderLine = { productId: string; quantity: number; status: string; sellerId: string | null };
export type ListedOrder = {
  id: string;
  customerId: string;
  status: string;
  total: Money;
  lines: OrderLine[];
  saga: { status: string } | null;
};
type Page<Node> = { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
export type Wallet = {
  balance: Money;
  entries: { nodes: { kind: string; orderId: string | null; amount: Money }[] };
};
export type OrderStatus = Pick<Order, 'id' | 'status' | 'version'> & {
  saga: { status: string } | null;
  deliveries: { sellerId: string; status: string }[] | null;
};
type SagaPayload = Omit<OrderPayload, 'order'> & {
  order: (NonNullable<OrderPayload['order']> & { saga: { status: string } | null }) | null;
};
type OnFrame<Frame> = ((frame: Frame) => void) | undefined;

/** An order's way through the gateway, typed: what a customer, a seller, a carrier and an operator say and watch. */
export type OrderClient = ReturnType<typeof createOrderClient>;

/** Whose client it is, and what it may, is the token's matter. */
export function createOrderClient(options: GraphClientOptions) {
  const graph: GraphClient = createGraphClient(options);
  /** The document's only root field. */
  const field = async <Result>(name: string, document: string, variables: object): Promise<Result> => {
    const data = await graph.ask<Record<string, Result>>(document, { ...variables });
    return data[name] as Result;
  };
  const watch = <Frame>(
    name: 'orderChanged' | 'orderEta' | 'myOrders' | 'sellerOrders' | 'delayFactorChanged',
    variables: object,
    onFrame: OnFrame<Frame>,
  ): Watch<Frame> => graph.watch<Frame>(documents[name], { ...variables }, name, onFrame);

  async function all<Node>(page: (after: string | null) => Promise<Page<Node>>): Promise<Node[]> {
    const nodes: Node[] = [];
    for (let after: string | null = null; ;) {
      const { nodes: more, pageInfo } = await page(after);
      nodes.push(...more);
      if (!pageInfo.hasNextPage) return nodes;
      after = pageInfo.endCursor;
    }
  }

  const quote = (lines: OrderRequest['lines'], shipTo: Address) =>
    field<Quote>('quoteDelivery', documents.quote, { lines, shipTo });

  return {
    graph,
    placeOrder: (input: OrderRequest) => field<OrderPayload>('placeOrder', documents.placeOrder, { input }),
    order: (id: string) => field<Order | null>('order', documents.order, { id }),
    orderStatus: (id: string) => field<OrderStatus | null>('order', documents.orderStatus, { id }),
    /** Every order of the list, all pages. */
    allOrders: (filter: { customerId?: string; status?: string[] } = {}) =>
      all<ListedOrder>(after => field('orders', documents.orders, { first: 100, after, ...filter })),
    timeline: async (id: string): Promise<TimelineEntry[] | null> => {
      const order = await field<{ timeline: { nodes: TimelineEntry[] } | null } | null>('order', documents.timeline, {
        id,
        first: 100,
      });
      return order?.timeline?.nodes ?? null;
    },
    quote,
    /** Whether somebody would deliver each of these lines now; a refused quote has no lines at all. */
    canDeliver: async (lines: OrderRequest['lines'], shipTo: Address): Promise<boolean> => {
      const { lines: quoted } = await quote(lines, shipTo);
      return quoted.length === lines.length && quoted.every(({ chosen }) => chosen !== null);
    },
    delivery: (parcel: Parcel) => field<Delivery | null>('delivery', documents.delivery, parcel),
    cancelOrder: (id: string, reason?: string) =>
      field<OrderPayload>('cancelOrder', documents.cancelOrder, { id, reason }),
    /** Orders whose saga does not get on by itself, all pages. */
    stuckSagas: () =>
      all<Pick<ListedOrder, 'id' | 'saga'>>(after => field('stuckSagas', documents.stuckSagas, { first: 100, after })),
    resumeSaga: (stuck: { orderId: string; step: string; note: string }) =>
      field<SagaPayload>('resumeSaga', documents.resumeSaga, stuck),
    closeSaga: (stuck: { orderId: string; step: string; note: string; resolution: 'DONE_BY_HAND' | 'WRITTEN_OFF' }) =>
      field<SagaPayload>('closeSaga', documents.closeSaga, stuck),
    rejectAssignment: (parcel: Parcel, reason: string) =>
      field<DeliveryPayload>('rejectAssignment', documents.rejectAssignment, { ...parcel, reason }),
    reassignDelivery: (parcel: Parcel, reason: string) =>
      field<DeliveryPayload>('reassignDelivery', documents.reassignDelivery, { ...parcel, reason }),
    reportLost: (parcel: Parcel, reason: string) =>
      field<DeliveryPayload>('reportLost', documents.reportLost, { ...parcel, reason }),
    confirmHandover: (parcel: Parcel) => field<DeliveryPayload>('confirmHandover', documents.confirmHandover, parcel),
    recordScan: (scan: Scan) => field<DeliveryPayload>('recordScan', documents.recordScan, { kind: 'HUB', ...scan }),
    confirmDelivery: (parcel: Parcel) => field<DeliveryPayload>('confirmDelivery', documents.confirmDelivery, parcel),
    setDelayFactor: (lane: { laneId: string; factor: number; ttlMinutes: number }) =>
      field<LanePayload>('setDelayFactor', documents.setDelayFactor, lane),
    runSellerRanking: (day?: string) =>
      field<{ jobId: string | null; userErrors: Refusal[] }>('runSellerRanking', documents.runSellerRanking, { day }),
    /** A day's ranking, all pages. */
    sellerRanking: (day?: string) =>
      all<SellerRank>(after => field('sellerRanking', documents.sellerRanking, { day, first: 100, after })),
    topUpWallet: (topUp: { customerId: string; amountMinor: number; idempotencyKey: string }) =>
      field<{ wallet: { balance: Money } | null; userErrors: Refusal[] }>('topUpWallet', documents.topUpWallet, topUp),
    wallet: (customerId?: string) => field<Wallet | null>('wallet', documents.wallet, { customerId }),
    createCoupon: (coupon: { code: string; percentOff?: number; amountOffMinor?: number; quota: number }) =>
      field<{ code: string | null; userErrors: Refusal[] }>('createCoupon', documents.createCoupon, coupon),
    watchOrder: (orderId: string, after?: string, onFrame?: (frame: OrderFrame) => void) =>
      watch<OrderFrame>('orderChanged', { orderId, after }, onFrame),
    watchEta: (orderId: string, after?: string, onFrame?: (frame: EtaFrame) => void) =>
      watch<EtaFrame>('orderEta', { orderId, after }, onFrame),
    watchMyOrders: (after?: string) => watch<OrderFrame>('myOrders', { after }, undefined),
    watchSellerOrders: (sellerId: string, after?: string) =>
      watch<OrderFrame>('sellerOrders', { sellerId, after }, undefined),
    watchLanes: (laneIds?: string[], after?: string) =>
      watch<LaneFrame>('delayFactorChanged', { laneIds, after }, undefined),
    /** Ends every subscription and the socket. */
    close: graph.close,
  };
}
