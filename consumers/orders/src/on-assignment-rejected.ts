import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { AssignmentRejected } from '@waygraph/schema/events/delivery';

/** A seller does not deliver after all; another one is being looked for. */
export const onAssignmentRejected = (stepTimeoutMs?: number): EventHandler =>
  on(AssignmentRejected, (data, sql) => advanceOrder(sql, { type: 'AssignmentRejected', data }, stepTimeoutMs));
