import { onMany, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrders } from '@waygraph/orders/advance-orders';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { DelayConfirmed, RiskLevelChanged } from '@waygraph/schema/events/risk';
import { stockEvents } from '@waygraph/schema/events/stock';

/** Everything that is told about orders. */
const told = [...deliveryEvents, ...stockEvents, ...paymentEvents, RiskLevelChanged, DelayConfirmed] as const;

/**
 * The saga's table says which events bring an order on, the others are only kept in its timeline. `stepTimeoutMs`: how long the steps
 * that begin then may take.
 */
export const createHandlers = (stepTimeoutMs?: number): EventHandler[] =>
  onMany(told, (deliveries, sql) => advanceOrders(sql, deliveries, stepTimeoutMs));
