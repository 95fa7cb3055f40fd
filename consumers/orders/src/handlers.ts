import { onMany, type EventHandler } from '@waygraph/kit/event-consumer';
import type { EventDefinition } from '@waygraph/schema/events/define';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { DelayConfirmed, RiskLevelChanged } from '@waygraph/schema/events/risk';
import { stockEvents } from '@waygraph/schema/events/stock';
import { keepInTimeline } from './keep-in-timeline.ts';
import { onCouponRedeemed } from './on-coupon-redeemed.ts';
import { onCouponRejected } from './on-coupon-rejected.ts';
import { onCouponRestored } from './on-coupon-restored.ts';
import { onDelivered } from './on-delivered.ts';
import { onDeliveryCancelled } from './on-delivery-cancelled.ts';
import { onHandedOver } from './on-handed-over.ts';
import { onPaymentCaptured } from './on-payment-captured.ts';
import { onPaymentFailed } from './on-payment-failed.ts';
import { onPaymentRefunded } from './on-payment-refunded.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';
import { onSellerUnavailable } from './on-seller-unavailable.ts';
import { onStockConfirmationFailed } from './on-stock-confirmation-failed.ts';
import { onStockConfirmed } from './on-stock-confirmed.ts';
import { onStockRejected } from './on-stock-rejected.ts';
import { onStockReleased } from './on-stock-released.ts';
import { onStockReserved } from './on-stock-reserved.ts';

/** Events that bring an order on. */
const acting: readonly EventHandler[] = [
  onSellerAssigned(),
  onSellerUnavailable(),
  onHandedOver(),
  onDelivered(),
  onDeliveryCancelled(),
  onStockReserved(),
  onStockRejected(),
  onStockReleased(),
  onStockConfirmed(),
  onStockConfirmationFailed(),
  onCouponRedeemed(),
  onCouponRejected(),
  onCouponRestored(),
  onPaymentCaptured(),
  onPaymentFailed(),
  onPaymentRefunded(),
];

const told: readonly EventDefinition[] = [
  ...deliveryEvents,
  ...stockEvents,
  ...paymentEvents,
  RiskLevelChanged,
  DelayConfirmed,
];

/** Everything that is told about orders; what does not bring them on is only kept in their timeline. */
export const handlers: readonly EventHandler[] = [
  ...acting,
  ...told
    .filter(event => !acting.some(({ definition }) => definition.type === event.type))
    .map(event => onMany(event, keepInTimeline)),
];
