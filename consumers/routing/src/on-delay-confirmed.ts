import { onWithCalls } from '@waygraph/kit/event-consumer';
import type { AssignDeps } from '@waygraph/routing/assign-seller';
import { moveLateParcel } from '@waygraph/routing/move-late-parcel';
import { DelayConfirmed } from '@waygraph/schema/events/risk';

export const onDelayConfirmed = (deps: Omit<AssignDeps, 'finish'>) =>
  onWithCalls(DelayConfirmed, (late, finish) => moveLateParcel({ ...deps, finish }, late));
