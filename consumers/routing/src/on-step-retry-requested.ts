import { onWithCalls } from '@waygraph/kit/event-consumer';
import { answerStep } from '@waygraph/routing/answer-step';
import type { AssignDeps } from '@waygraph/routing/assign-seller';
import { StepRetryRequested } from '@waygraph/schema/events/orders';

export const onStepRetryRequested = (deps: Omit<AssignDeps, 'finish'>) =>
  onWithCalls(StepRetryRequested, (asked, finish) => answerStep({ ...deps, finish }, asked));
