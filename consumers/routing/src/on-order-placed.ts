import { onWithCalls } from '@waygraph/kit/event-consumer';
import { assignSeller, type AssignDeps } from '@waygraph/routing/assign-seller';
import { OrderPlaced } from '@waygraph/schema/events/orders';

export const onOrderPlaced = (deps: Omit<AssignDeps, 'finish'>) =>
  onWithCalls(OrderPlaced, (order, finish) => assignSeller({ ...deps, finish }, order));
