import { onMany } from '@waygraph/kit/event-consumer';
import { startDeliveries } from '@waygraph/routing/start-deliveries';
import { OrderConfirmed } from '@waygraph/schema/events/orders';

/** Many orders at once: those that are confirmed in a row share their statements. */
export const onOrderConfirmed = () =>
  onMany([OrderConfirmed], (deliveries, sql) =>
    startDeliveries(
      sql,
      deliveries.map(({ event: { data }, traceparent }) => ({ ...data, traceparent })),
    ),
  );
