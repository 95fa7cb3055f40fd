import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { CompensationStuck } from '@waygraph/schema/events/payment';

/** A refund failed for good: a person has to look. */
export const onCompensationStuck = (stepTimeoutMs?: number): EventHandler =>
  on(CompensationStuck, (data, sql) => advanceOrder(sql, { type: 'CompensationStuck', data }, stepTimeoutMs));
