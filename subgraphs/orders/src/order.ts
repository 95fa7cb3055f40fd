import type { OutboxEvent } from '@waygraph/schema/events/define';
import { OrderPlaced, type OrderEvent } from '@waygraph/schema/events/orders';

export const currency = 'BRL';
/** Amounts are told as GraphQL Ints. */
export const largestAmountMinor = 2_147_483_647;

export type OrderStatus = OrderEvent['data']['status'];
export type PaymentMethod = 'WALLET' | 'CARD';
export type Address = {
  readonly point?: { readonly lat: number; readonly lon: number };
  readonly postalCode: string;
  readonly city: string;
  readonly state: string;
};
export type OrderLine = {
  readonly lineNo: number;
  readonly productId: string;
  /** Name and price as they were at purchase. */
  readonly name: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  readonly status: 'ACTIVE' | 'DROPPED';
  readonly sellerId: string | null;
};
export type Order = {
  readonly id: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  /** The seq of its newest event. */
  readonly version: number;
  readonly placedAt: Date;
  readonly lines: readonly OrderLine[];
  readonly discountMinor: number;
  readonly couponCode: string | null;
  readonly paymentMethod: PaymentMethod;
  readonly cancelReason: string | null;
  readonly cancelRefused: string | null;
  readonly shipTo: Address;
  /** Whether saga, timeline and money of others are hidden: a seller looks at it. */
  readonly partly: boolean;
};

type Actor = { readonly sub: string; readonly role: string } | undefined;

/** What lines cost that are not dropped. */
export const subtotalOf = (lines: readonly Pick<OrderLine, 'status' | 'quantity' | 'unitPriceMinor'>[]): number =>
  lines.reduce((sum, line) => (line.status === 'ACTIVE' ? sum + line.quantity * line.unitPriceMinor : sum), 0);

/** What is bought becomes an order; nobody was asked yet whether it can be served. */
export function newOrder(
  bought: Pick<Order, 'id' | 'customerId' | 'placedAt' | 'lines' | 'shipTo' | 'paymentMethod' | 'couponCode'> & {
    readonly allowPartial: boolean;
  },
): { order: Order; event: OutboxEvent } {
  const { allowPartial, ...given } = bought;
  const { id, customerId, placedAt, lines, shipTo, paymentMethod, couponCode } = given;
  const version = 1;
  const event = OrderPlaced.outboxEvent(
    {
      ...{ orderId: id, customerId, sellerIds: [], status: 'PENDING', version, placedAt: placedAt.toISOString() },
      lines: lines.map(({ lineNo, productId, quantity, unitPriceMinor }) => ({
        ...{ lineNo, productId, quantity, unitPriceMinor },
      })),
      ...{ shipTo, payment: paymentMethod, allowPartial, subtotalMinor: subtotalOf(lines) },
      ...(couponCode === null ? {} : { couponCode }),
    },
    { seq: version },
  );
  const untouched = { status: 'PENDING', discountMinor: 0, cancelReason: null, cancelRefused: null } as const;
  return { order: { ...given, ...untouched, version, partly: false }, event };
}

/** Who serves the order now, each once. */
export const sellersOf = (lines: readonly Pick<OrderLine, 'status' | 'sellerId'>[]): string[] => [
  ...new Set(lines.flatMap(({ status, sellerId }) => (status === 'ACTIVE' && sellerId !== null ? [sellerId] : []))),
];

/** The order as the viewer may see it: customers their own, operators all, sellers their lines of it; null: there is nothing to see. */
export function seenBy(viewer: Actor, order: Order): Order | null {
  if (viewer?.role === 'operator') return order;
  if (viewer?.role === 'customer') return order.customerId === viewer.sub ? order : null;
  if (viewer?.role !== 'seller') return null;
  const lines = order.lines.filter(({ sellerId }) => sellerId === viewer.sub);
  return lines.length === 0
    ? null
    : { ...order, lines, discountMinor: 0, couponCode: null, cancelReason: null, partly: true };
}
