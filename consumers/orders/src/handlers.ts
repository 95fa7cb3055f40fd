import { onMany, type EventHandler } from '@waygraph/kit/event-consumer';
import type { EventDefinition } from '@waygraph/schema/events/define';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { DelayConfirmed, RiskLevelChanged } from '@waygraph/schema/events/risk';
import { stockEvents } from '@waygraph/schema/events/stock';
import { keepInTimeline } from './keep-in-timeline.ts';
import { onAssignmentRejected } from './on-assignment-rejected.ts';
import { onCancelRefused } from './on-cancel-refused.ts';
import { onCompensationStuck } from './on-compensation-stuck.ts';
import { onCouponRedeemed } from './on-coupon-redeemed.ts';
import { onCouponRejected } from './on-coupon-rejected.ts';
import { onCouponRestored } from './on-coupon-restored.ts';
import { onDelivered } from './on-delivered.ts';
import { onDeliveryCancelled } from './on-delivery-cancelled.ts';
import { onDeliveryLost } from './on-delivery-lost.ts';
import { onHandedOver } from './on-handed-over.ts';
import { onPaymentCaptured } from './on-payment-captured.ts';
import { onPaymentFailed } from './on-payment-failed.ts';
import { onPaymentRefunded } from './on-payment-refunded.ts';
import { onReservationExpired } from './on-reservation-expired.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';
import { onSellerUnavailable } from './on-seller-unavailable.ts';
import { onStockConfirmationFailed } from './on-stock-confirmation-failed.ts';
import { onStockConfirmed } from './on-stock-confirmed.ts';
import { onStockRejected } from './on-stock-rejected.ts';
import { onStockReleased } from './on-stock-released.ts';
import { onStockReserved } from './on-stock-reserved.ts';

/** Events that bring an order on. `stepTimeoutMs`: how long the steps that begin then may take. */
const acting = (stepTimeoutMs?: number): readonly EventHandler[] =>
  [
    onSellerAssigned,
    onSellerUnavailable,
    onHandedOver,
    onDelivered,
    onDeliveryCancelled,
    onStockReserved,
    onStockRejected,
    onStockReleased,
    onStockConfirmed,
    onStockConfirmationFailed,
    onCouponRedeemed,
    onCouponRejected,
    onCouponRestored,
    onPaymentCaptured,
    onPaymentFailed,
    onPaymentRefunded,
    onAssignmentRejected,
    onCancelRefused,
    onCompensationStuck,
    onDeliveryLost,
    onReservationExpired,
  ].map(handler => handler(stepTimeoutMs));

const told: readonly EventDefinition[] = [
  ...deliveryEvents,
  ...stockEvents,
  ...paymentEvents,
  RiskLevelChanged,
  DelayConfirmed,
];

/** Everything that is told about orders; what does not bring them on is only kept in their timeline. */
export function createHandlers(stepTimeoutMs?: number): readonly EventHandler[] {
  const own = acting(stepTimeoutMs);
  const kept = told.filter(event => !own.some(({ definition }) => definition.type === event.type));
  return [...own, ...kept.map(event => onMany(event, keepInTimeline))];
}
