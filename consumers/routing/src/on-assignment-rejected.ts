import { onWithCalls } from '@waygraph/kit/event-consumer';
import type { AssignDeps } from '@waygraph/routing/assign-seller';
import { reassignOrder } from '@waygraph/routing/reassign-order';
import { AssignmentRejected } from '@waygraph/schema/events/delivery';

/** Routing's own: the mutation only tells it, so that the search for others is not lost when the process ends. */
export const onAssignmentRejected = (deps: Omit<AssignDeps, 'finish'>) =>
  onWithCalls(AssignmentRejected, ({ orderId, reason }, finish) =>
    reassignOrder({ ...deps, finish }, orderId, { kind: 'REJECTED', reason }),
  );
