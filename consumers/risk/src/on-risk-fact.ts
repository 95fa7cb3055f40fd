import { onMany, type EventHandler } from '@waygraph/kit/event-consumer';
import { assessOrders } from '@waygraph/risk/assess-order';
import { factOf, riskEvents } from '@waygraph/risk/risk-fact';

export const onRiskFacts = (): EventHandler[] =>
  onMany(riskEvents, (deliveries, sql) =>
    assessOrders(
      sql,
      deliveries.map(({ event, occurredUs, traceparent }) => ({
        ...{ parties: event.data, fact: factOf(event), occurredUs, traceparent },
      })),
    ),
  );
