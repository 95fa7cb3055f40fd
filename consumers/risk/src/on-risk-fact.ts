import { onMany, type EffectOfMany, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrders } from '@waygraph/risk/assess-order';
import { factOf, type RiskEvent } from '@waygraph/risk/risk-fact';
import {
  AssignmentRejected,
  Delivered,
  DeliveryCancelled,
  DeliveryLost,
  EtaChanged,
  SellerAssigned,
} from '@waygraph/schema/events/delivery';
import { OrderCancelled } from '@waygraph/schema/events/orders';

/** One effect for everything that a risk depends on, so that whatever comes in a row shares a transaction and its statements. */
export function onRiskFacts(): EventHandler[] {
  const assess: EffectOfMany = (deliveries, sql) =>
    assessOrders(
      sql,
      deliveries.map(({ event, occurredUs, traceparent }) => {
        // Each was parsed by one of the definitions below, which makes it one of these events.
        const told = event as RiskEvent;
        return { parties: told.data, fact: factOf(told), occurredUs, traceparent };
      }),
    );
  return [
    onMany(SellerAssigned, assess),
    onMany(EtaChanged, assess),
    onMany(Delivered, assess),
    onMany(DeliveryLost, assess),
    onMany(AssignmentRejected, assess),
    onMany(DeliveryCancelled, assess),
    onMany(OrderCancelled, assess),
  ];
}
