import type { Books } from './books.ts';
import { andThen, type Change, type OrderPayment } from './order-payment.ts';
import { answerAgain, isAnswered, retryRequested, type RetryRequested } from './step-answer.ts';
import { giveBack } from './undo-payment.ts';

/** Orders misses an answer: what can be done is done now, money under this id; else the present answer is told again. */
export function answerStepAgain(state: OrderPayment, id: string, retry: RetryRequested, books: Books): Change {
  const done = giveBack(retryRequested(state, retry), id, books);
  // What was done just now for this step is its answer, and is told once; what was done for another one is none.
  return isAnswered(retry, done.events) ? done : andThen(done, now => answerAgain(now, retry));
}
