import { onMany, type EffectOfMany, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrders } from '@waygraph/orders/advance-orders';
import type { OrderFact } from '@waygraph/orders/timeline';
import type { EventDefinition } from '@waygraph/schema/events/define';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { DelayConfirmed, RiskLevelChanged } from '@waygraph/schema/events/risk';
import { stockEvents } from '@waygraph/schema/events/stock';

/** Everything that is told about orders. */
const told: readonly EventDefinition[] = [
  ...deliveryEvents,
  ...stockEvents,
  ...paymentEvents,
  RiskLevelChanged,
  DelayConfirmed,
];

/**
 * One effect for all of it, so that whatever comes in a row shares a transaction: the saga's table says which events bring an order on,
 * the others are only kept in its timeline. `stepTimeoutMs`: how long the steps that begin then may take.
 */
export function createHandlers(stepTimeoutMs?: number): readonly EventHandler[] {
  const advance: EffectOfMany = (deliveries, sql) =>
    advanceOrders(
      sql,
      // Each was parsed by one of the definitions above, which makes it one of these.
      deliveries.map(delivery => ({ ...delivery, event: delivery.event as OrderFact })),
      stepTimeoutMs,
    );
  return told.map(definition => onMany(definition, advance));
}
