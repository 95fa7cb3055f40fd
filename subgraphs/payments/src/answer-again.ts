import type { Sql } from '@waygraph/kit/database';
import { isUnknown, lockKnown, saveOrderPayment } from './lock-order-payment.ts';
import { andThen } from './order-payment.ts';
import { answerAgain, isOurs, retryRequested, type RetryRequested } from './step-answer.ts';
import { giveBack } from './undo-payment.ts';

/**
 * Orders misses an answer: what can be done is done now, else the present answer is told again; of an order unheard of nothing. True
 * as with `capturePayment`.
 */
export async function answerStepAgain(sql: Sql, retry: RetryRequested): Promise<boolean> {
  const before = isOurs(retry) ? await lockKnown(sql, retry.orderId) : undefined;
  if (before === undefined) return false;
  const done = await giveBack(sql, retryRequested(before, retry));
  // What was done just now is the answer; it is told once.
  const answer = done.events.length > 0 ? done : andThen(done, state => answerAgain(state, retry));
  await saveOrderPayment(sql, before, answer);
  return isUnknown(answer.state);
}
