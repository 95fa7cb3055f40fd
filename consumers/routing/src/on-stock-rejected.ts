import { onWithCalls } from '@waygraph/kit/event-consumer';
import type { AssignDeps } from '@waygraph/routing/assign-seller';
import { reassignLines } from '@waygraph/routing/reassign-lines';
import { StockRejected } from '@waygraph/schema/events/stock';

export const onStockRejected = (deps: Omit<AssignDeps, 'finish'>) =>
  onWithCalls(StockRejected, (rejected, finish) => reassignLines({ ...deps, finish }, rejected));
