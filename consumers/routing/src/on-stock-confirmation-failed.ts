import { onWithCalls } from '@waygraph/kit/event-consumer';
import type { AssignDeps } from '@waygraph/routing/assign-seller';
import { reassignOrder } from '@waygraph/routing/reassign-order';
import { StockConfirmationFailed } from '@waygraph/schema/events/stock';

/** The stock may still be there: nobody is out of the question by this. */
export const onStockConfirmationFailed = (deps: Omit<AssignDeps, 'finish'>) =>
  onWithCalls(StockConfirmationFailed, ({ orderId, attempt, reason }, finish) =>
    reassignOrder({ ...deps, finish }, orderId, { kind: 'CONFIRMATION_FAILED', attempt, reason }),
  );
