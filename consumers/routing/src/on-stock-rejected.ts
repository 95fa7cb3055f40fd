import { onWithCalls } from '@waygraph/kit/event-consumer';
import type { AssignDeps } from '@waygraph/routing/assign-seller';
import { reassignOrder } from '@waygraph/routing/reassign-order';
import { StockRejected } from '@waygraph/schema/events/stock';

export const onStockRejected = (deps: Omit<AssignDeps, 'finish'>) =>
  onWithCalls(StockRejected, ({ orderId, attempt, lineNos, reason }, finish) =>
    reassignOrder({ ...deps, finish }, orderId, { kind: 'STOCK_REJECTED', attempt, lineNos, reason }),
  );
