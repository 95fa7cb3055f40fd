import type { DeliveryEvent } from '@waygraph/schema/events/delivery';
import type { OrderEvent } from '@waygraph/schema/events/orders';
import type { PaymentEvent } from '@waygraph/schema/events/payment';
import type { RiskEvent } from '@waygraph/schema/events/risk';
import type { StockEvent } from '@waygraph/schema/events/stock';
import { currency } from './order.ts';

/** Everything that is told about an order. */
export type OrderFact =
  | OrderEvent
  | DeliveryEvent
  | StockEvent
  | PaymentEvent
  | Extract<RiskEvent, { type: 'RiskLevelChanged' | 'DelayConfirmed' }>;

/** Who tells on a topic. */
const sources: Readonly<Record<string, string>> = {
  'order.events': 'orders',
  'delivery.events': 'routing',
  'stock.events': 'inventory',
  'payment.events': 'payments',
  'delivery.risk': 'risk',
};
export const sourceOf = (topic: string): string => sources[topic] ?? topic;

const amount = (minor: number): string => `${currency} ${(minor / 100).toFixed(2)}`;
const lines = (lineNos: readonly number[]): string =>
  `${lineNos.length === 1 ? 'line' : 'lines'} ${lineNos.join(', ')}`;

const settledAs = { DONE_BY_HAND: 'done by hand', WRITTEN_OFF: 'written off' } as const;

/** What an event says, in a few words that name no person; null: its type says it all. */
export function describe({ type, data }: OrderFact): string | null {
  switch (type) {
    case 'OrderPlaced':
      return `${lines(data.lines.map(({ lineNo }) => lineNo))}, ${amount(data.subtotalMinor)} by ${data.payment.toLowerCase()}`;
    case 'OrderReadyForPayment':
      return amount(data.totalMinor);
    case 'OrderCancelling':
      return `${data.reason}; to undo: ${data.undo.join(', ').toLowerCase()}`;
    case 'OrderLinesDropped':
      return `${lines(data.lineNos)}: ${data.reason}`;
    case 'StepRetryRequested':
      return `${data.step}, round ${data.round}`;
    case 'StepSettled':
      return `${data.step}: ${settledAs[data.resolution]}${data.amountMinor > 0 ? `, ${amount(data.amountMinor)}` : ''}`;
    case 'SagaStuck':
    case 'CompensationStuck':
      return `${data.step}: ${data.reason}`;
    case 'SellerAssigned':
      return `${data.parcels.map(({ sellerId }) => sellerId).join(', ')}, attempt ${data.attempt}`;
    case 'SellerUnavailable':
    case 'StockRejected':
      return `${lines(data.lineNos)}: ${data.reason}`;
    case 'DeliveryStarted':
    case 'HandedOver':
    case 'Delivered':
      return data.sellerId;
    case 'Scanned':
      return data.kind === 'HUB' ? `at ${data.hub}` : `out for delivery from ${data.hub}`;
    case 'DeliveryLost':
    case 'AssignmentRejected':
      return `${data.sellerId}: ${data.reason}`;
    case 'EtaChanged':
      return `${data.sellerId}: ${data.eta.expectedAt}, ${data.eta.reason}`;
    case 'StockReserved':
      return `until ${data.expiresAt}, attempt ${data.attempt}`;
    case 'CouponRedeemed':
      return `${data.couponCode}: -${amount(data.discountMinor)}`;
    case 'CouponRejected':
      return `${data.couponCode}: ${data.reason}`;
    case 'CouponRestored':
      return data.couponCode;
    case 'PaymentCaptured':
    case 'PaymentRefunded':
      return `${amount(data.amountMinor)} by ${data.method.toLowerCase()}`;
    case 'RiskLevelChanged':
      return `${data.previousLevel} to ${data.level}: ${data.reason}`;
    case 'OrderConfirmed':
    case 'OrderHandedOver':
    case 'OrderDelivered':
    case 'ReservationExpired':
    case 'StockConfirmed':
      return null;
    case 'OrderCancelRequested':
    case 'OrderCancelled':
    case 'OrderCancelRefused':
    case 'DeliveryCancelled':
    case 'CancelRefused':
    case 'StockReleased':
    case 'StockConfirmationFailed':
    case 'PaymentFailed':
    case 'DelayConfirmed':
      return data.reason ?? null;
  }
}
