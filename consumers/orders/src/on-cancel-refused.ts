import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { advanceOrder } from '@waygraph/orders/advance-order';
import { CancelRefused } from '@waygraph/schema/events/delivery';

/** It was too late to cancel. */
export const onCancelRefused = (stepTimeoutMs?: number): EventHandler =>
  on(CancelRefused, (data, sql) => advanceOrder(sql, { type: 'CancelRefused', data }, stepTimeoutMs));
