import { userError, type UserError } from '@waygraph/kit/errors';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { canTellDropped, newsOf, tell, tellDropped, tellSettled, type Telling } from './saga-events.ts';
import { learn, withoutCancel } from './saga-learn.ts';
import { refusalOf, settle, type Resolution } from './saga-settle.ts';
import {
  answered,
  isCancelled,
  isUnanswered,
  latest,
  mayCancel,
  openSteps,
  present,
  refundDue,
  sagaOf,
  stuckSteps,
  undoable,
  waiting,
  wasConfirmed,
  withStep,
  type Moment,
  type SagaOrder,
  type Step,
  type StepState,
} from './saga-state.ts';
import {
  defaultStepTimeoutMs,
  mostRounds,
  noAnswer,
  stepNames,
  steps,
  transitions,
  type Condition,
  type Fact,
  type StepName,
  type Transition,
} from './saga-table.ts';

/** What becomes of an order: its next state and the events that tell of it. The very same order: nothing happened. */
export type Decision<Subject extends SagaOrder> = { readonly order: Subject; readonly events: readonly OutboxEvent[] };
/** What becomes of an order by what a person asks. With a refusal nothing happens. */
export type Verdict<Subject extends SagaOrder> = Decision<Subject> & { readonly refusal?: UserError };

/**
 * By a fact. The very same order: the fact is a repeat, or comes too late to matter. Facts may come in any order; one that comes
 * early waits in `steps` for its turn.
 */
export function decide<Subject extends SagaOrder>(
  before: Subject,
  fact: Fact,
  nowMs: number,
  stepTimeoutMs = defaultStepTimeoutMs,
): Decision<Subject> {
  const at = { nowMs, stepTimeoutMs };
  return conclude(before, learn(before, fact, at), at);
}

/**
 * By the deadlines that have passed: owners are asked again, at last their step counts as failed. What must not be taken as failed
 * waits for an operator: what is being undone, and everything of an order that may be on its way.
 */
export function timeOut<Subject extends SagaOrder>(
  before: Subject,
  nowMs: number,
  stepTimeoutMs = defaultStepTimeoutMs,
): Decision<Subject> {
  const overdue = openSteps(before).filter(({ deadlineMs }) => deadlineMs !== null && deadlineMs <= nowMs);
  const after = overdue.reduce<SagaOrder>((order, step) => {
    const { round = 0 } = step;
    if (round < mostRounds) return withStep(order, { ...step, round: round + 1, deadlineMs: nowMs + stepTimeoutMs });
    const isStuck =
      step.state === 'UNDOING' || step.name === 'REFUND' || step.name === 'CANCEL' || wasConfirmed(before);
    // Why it is to be cancelled stays with the step.
    const detail = step.name === 'CANCEL' ? step.detail : noAnswer;
    return withStep(order, answered(step, isStuck ? 'STUCK' : 'FAILED', nowMs, detail));
  }, before);
  return conclude(before, after, { nowMs, stepTimeoutMs });
}

/** Asks routing to cancel. Nothing happens while that is asked already, is no longer possible (`mayCancel`) or was done. */
export function requestCancel<Subject extends SagaOrder>(
  before: Subject,
  reason: string,
  nowMs: number,
  stepTimeoutMs = defaultStepTimeoutMs,
): Decision<Subject> {
  const at = { nowMs, stepTimeoutMs };
  const isUnderWay = latest(before, 'CANCEL') !== undefined;
  if (isUnderWay || !mayCancel(before) || isCancelled(before)) return { order: before, events: [] };
  return conclude(before, withStep(before, { ...waiting('CANCEL', before.attempt, at), detail: reason }), at);
}

const stuckStep = (order: SagaOrder, name: StepName): Step | undefined =>
  stuckSteps(order).findLast(step => step.name === name);
const refused = <Subject extends SagaOrder>(order: Subject, refusal: UserError): Verdict<Subject> => ({
  ...{ order, events: [], refusal },
});
const notStuck = userError('STALE_STATE', 'the step is not stuck', 'step');

/** By an operator who wants a stuck step to be tried again. */
export function resume<Subject extends SagaOrder>(
  before: Subject,
  name: StepName,
  nowMs: number,
  stepTimeoutMs = defaultStepTimeoutMs,
): Verdict<Subject> {
  const step = stuckStep(before, name);
  if (step === undefined) return refused(before, notStuck);
  const state: StepState = isCancelled(before) ? 'UNDOING' : 'WAITING';
  const again = { ...answered(step, state, nowMs, step.detail), deadlineMs: nowMs + stepTimeoutMs, round: 1 };
  return conclude(before, withStep(before, again), { nowMs, stepTimeoutMs });
}

/** By an operator who settled a stuck step by hand. */
export function close<Subject extends SagaOrder>(
  before: Subject,
  name: StepName,
  by: Resolution,
  nowMs: number,
  stepTimeoutMs = defaultStepTimeoutMs,
): Verdict<Subject> {
  const step = stuckStep(before, name);
  if (step === undefined) return refused(before, notStuck);
  const refusal = refusalOf(before, step, by);
  if (refusal !== undefined) return refused(before, refusal);
  const after = settle(before, step, by, nowMs);
  const news = tellSettled(step, by.resolution, after.settledMinor - before.settledMinor);
  return conclude(before, after, { nowMs, stepTimeoutMs }, [news]);
}

// What follows

/** Tells what is new, first of all the `news`, and takes every transition that is open now. */
function conclude<Subject extends SagaOrder>(
  before: Subject,
  after: SagaOrder,
  at: Moment,
  news: readonly Telling[] = [],
): Decision<Subject> {
  if (after === before) return { order: before, events: [] };
  let order = after;
  const events: OutboxEvent[] = [];
  const say = (telling: Telling): void => {
    order = { ...order, version: order.version + 1 };
    events.push(telling(order));
  };
  [...news, ...newsOf(before, after)].forEach(say);
  let toldRefund = refundDue(before);
  const sayDropped = (): void => {
    if (!canTellDropped(order)) return;
    const dropped = order.untold;
    const refundMinor = refundDue(order) - toldRefund;
    toldRefund += refundMinor;
    order = { ...order, untold: [] };
    say(tellDropped(dropped, refundMinor));
    if (refundMinor > 0) order = withStep(order, waiting('REFUND', order.attempt, at));
  };
  sayDropped();
  for (let next = allowed(order); next !== undefined; next = allowed(order)) {
    const taken = order;
    order = take(order, next, at);
    const follows = newsOf(taken, order);
    if (next.tells !== undefined) say(tell[next.tells]);
    follows.forEach(say);
    sayDropped();
  }
  return { order: { ...before, ...order, saga: sagaOf(order) }, events };
}

const allowed = (order: SagaOrder): Transition | undefined =>
  transitions.find(({ from, when }) => from.includes(order.status) && applies(order, when));

function applies(order: SagaOrder, when: Condition): boolean {
  const { done = [], due, refused, failed, leaves } = when;
  return (
    done.every(name => isDone(order, name)) &&
    (due === undefined || present(order, due) === undefined) &&
    (refused === undefined || isRefused(present(order, refused))) &&
    (failed === undefined || stepNames.some(name => hasFailed(order, name, failed))) &&
    (when.settled === undefined || !openSteps(order).some(({ name }) => steps[name].holdsCancellation)) &&
    (leaves === undefined || leaves === whatIsLeft(order)) &&
    (when.undone === undefined || (openSteps(order).length === 0 && stuckSteps(order).length === 0))
  );
}

function isDone(order: SagaOrder, name: StepName): boolean {
  const state = present(order, name)?.state;
  // An assignment no longer stands when its order is to be cancelled: then nothing new is asked for.
  if (name === 'ASSIGNMENT') return state === 'DONE' && latest(order, 'CANCEL')?.state !== 'DONE';
  // A reservation that has expired was one: whether the goods are still there turns out with the money.
  if (name === 'STOCK') return state === 'DONE' || state === 'UNDONE';
  return state === 'DONE' || (name === 'COUPON' && order.couponCode === null);
}

const isRefused = (step: Step | undefined): boolean => step?.state === 'FAILED' && !isUnanswered(step);

const hasFailed = (order: SagaOrder, name: StepName, decisive: readonly StepName[]): boolean => {
  const step = present(order, name);
  return isUnanswered(step) || (decisive.includes(name) && step?.state === 'FAILED');
};

/** Who has not answered may have done what was asked: it is told to undo it, too. */
const whatIsLeft = (order: SagaOrder) =>
  undoable(order).length > 0 || stepNames.some(name => isUnanswered(present(order, name)))
    ? 'something to undo'
    : 'nothing to undo';

/** Whether the step is there already: answered early, or asked for only once. */
const hasBegun = (order: SagaOrder, name: StepName, attempt: number): boolean =>
  order.steps.some(step => step.name === name && (step.attempt === attempt || !steps[name].perAttempt));

function take(order: SagaOrder, transition: Transition, at: Moment): SagaOrder {
  const { to, begins = [], nextAttempt, cancels } = transition;
  const attempt = nextAttempt ? order.attempt + 1 : order.attempt;
  const begun = begins
    .filter(name => !hasBegun(order, name, attempt) && (name !== 'COUPON' || order.couponCode !== null))
    .map(name => waiting(name, attempt, at));
  const next = { ...order, attempt, status: to, steps: [...order.steps, ...begun] };
  if (to === 'HANDED_OVER') return withoutCancel(next, at);
  return cancels ? cancelled(next, transition.when.failed ?? [], at) : next;
}

/** Begins to undo what was done, and waits for nothing else. */
function cancelled(order: SagaOrder, decisive: readonly StepName[], at: Moment): SagaOrder {
  const cancel = latest(order, 'CANCEL');
  const [failure] = order.steps
    .filter(step => isUnanswered(step) || (step.state === 'FAILED' && decisive.includes(step.name)))
    .sort((one, other) => one.atMs - other.atMs);
  const reason = cancel?.state === 'DONE' ? cancel.detail : failure?.detail;
  const toUndo = undoable(order);
  const abandoned = { ...order, steps: order.steps.map(step => abandon(step, at)) };
  return toUndo.reduce<SagaOrder>(
    (all, step) => withStep(all, { ...waiting(step.name, step.attempt, at), state: 'UNDOING', detail: step.detail }),
    { ...abandoned, cancelReason: reason ?? 'it could not be served' },
  );
}

function abandon(step: Step, { nowMs }: Moment): Step {
  if (step.state !== 'WAITING' && step.state !== 'STUCK') return step;
  if (step.name === 'CANCEL') return answered(step, 'DONE', nowMs, step.detail);
  // Of goods, and of answers that an operator was waited for, nobody knows; the rest is of no use any more.
  return step.state === 'STUCK' && steps[step.name].holdsCancellation
    ? answered(step, 'FAILED', nowMs, noAnswer)
    : answered(step, 'UNDONE', nowMs, step.detail);
}
