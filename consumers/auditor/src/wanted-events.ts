import type { ServiceName } from '@waygraph/schema/services';

/**
 * What each group reads of what others, and itself, tell: every one of these events is to be in its inbox. Kept apart from the
 * consumers on purpose, since what they forgot to read would else be missed by nobody; a test compares the two.
 */
export const wantedEvents: Readonly<Record<ServiceName, readonly string[]>> = {
  orders: [
    ...['SellerAssigned', 'SellerUnavailable', 'DeliveryStarted', 'HandedOver', 'Scanned', 'Delivered', 'DeliveryLost'],
    ...['AssignmentRejected', 'DeliveryCancelled', 'CancelRefused', 'EtaChanged'],
    ...[
      'StockReserved',
      'StockRejected',
      'StockReleased',
      'ReservationExpired',
      'StockConfirmed',
      'StockConfirmationFailed',
    ],
    ...['CouponRedeemed', 'CouponRejected', 'CouponRestored', 'PaymentCaptured', 'PaymentFailed', 'PaymentRefunded'],
    ...['CompensationStuck', 'RiskLevelChanged', 'DelayConfirmed'],
  ],
  payments: [
    ...[
      'OrderPlaced',
      'SellerAssigned',
      'OrderReadyForPayment',
      'OrderLinesDropped',
      'OrderCancelling',
      'OrderCancelled',
    ],
    ...['StepRetryRequested', 'StepSettled'],
  ],
  inventory: [
    ...['SellerAssigned', 'DeliveryLost', 'PaymentCaptured', 'OrderCancelling', 'OrderCancelled', 'OrderLinesDropped'],
    'StepRetryRequested',
  ],
  routing: [
    ...['OrderPlaced', 'StockRejected', 'StockConfirmationFailed', 'AssignmentRejected', 'DelayConfirmed'],
    ...['StepRetryRequested', 'OrderConfirmed', 'OrderCancelRequested', 'OrderCancelling', 'OrderCancelled'],
    'LaneFactorChanged',
  ],
  risk: [
    ...['SellerAssigned', 'EtaChanged', 'Delivered', 'DeliveryLost', 'AssignmentRejected', 'DeliveryCancelled'],
    'OrderCancelled',
  ],
};
