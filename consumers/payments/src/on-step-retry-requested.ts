import { on } from '@waygraph/kit/event-consumer';
import { answerStepAgain } from '@waygraph/payments/answer-again';
import { StepRetryRequested } from '@waygraph/schema/events/orders';
import type { ProviderAsker } from './ask-provider.ts';

export const onStepRetryRequested = ({ soon }: Pick<ProviderAsker, 'soon'>) =>
  on(StepRetryRequested, async (retry, sql) => {
    if (await answerStepAgain(sql, retry)) soon(retry.orderId);
  });
