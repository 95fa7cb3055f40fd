import type { OutboxEvent } from '@waygraph/schema/events/define';
import { type OrderLine } from './order.ts';
import { tell } from './saga-events.ts';
import {
  discountOf,
  latest,
  openSteps,
  present,
  stepOf,
  undoable,
  waiting,
  withStep,
  type Parcel,
  type SagaOrder,
  type Step,
  type StepState,
} from './saga-state.ts';
import {
  answers,
  steps,
  transitions,
  type Condition,
  type Fact,
  type StepName,
  type Transition,
} from './saga-table.ts';

export type Decision<Subject extends SagaOrder> = { readonly order: Subject; readonly events: readonly OutboxEvent[] };

type ParcelFact = Extract<Fact, { type: 'HandedOver' | 'Delivered' }>;
type StepFact = Exclude<Fact, ParcelFact>;

/**
 * What becomes of an order by a fact: its next state and the events that tell of it. The very same order: the fact is a repeat, or
 * comes too late to matter. Facts may come in any order; one that comes early waits in `steps` for its turn.
 */
export function decide<Subject extends SagaOrder>(before: Subject, fact: Fact, nowMs: number): Decision<Subject> {
  let order = isOfParcel(fact) ? learnOfParcel(before, fact, nowMs) : learn(before, fact, nowMs);
  if (order === before) return { order: before, events: [] };
  const events: OutboxEvent[] = [];
  let toldLast: SagaOrder = before;
  for (let next = allowed(order); next !== undefined; next = allowed(order)) {
    order = take(order, next, nowMs);
    for (const type of next.tells ?? []) {
      const told = { ...order, version: order.version + 1 };
      const event = tell[type](told, toldLast);
      if (event === undefined) continue;
      order = toldLast = told;
      events.push(event);
    }
  }
  return { order: { ...before, ...order }, events };
}

// What a fact says

const isOfParcel = (fact: Fact): fact is ParcelFact => fact.type === 'HandedOver' || fact.type === 'Delivered';

const answered = (order: SagaOrder, step: Step, state: StepState, nowMs: number, detail: string | null): SagaOrder =>
  withStep(order, { ...step, state, atMs: nowMs, deadlineMs: null, detail });

/** The order with the answer to its step; the same one when that is answered already. */
function learn(order: SagaOrder, fact: StepFact, nowMs: number): SagaOrder {
  const { step: name, outcome } = answers[fact.type];
  if (outcome === 'undone') {
    const step = order.steps.findLast(
      one => one.name === name && one.state === 'UNDOING' && one.attempt <= fact.data.attempt,
    );
    return step === undefined ? order : answered(order, step, 'UNDONE', nowMs, step.detail);
  }
  const attempt = attemptOf(order, fact);
  const step = stepOf(order, name, attempt) ?? waiting(name, attempt, nowMs);
  if (step.state !== 'WAITING') return order;
  const detail = 'reason' in fact.data ? fact.data.reason : null;
  return withContents(answered(order, step, outcome === 'done' ? 'DONE' : 'FAILED', nowMs, detail), fact);
}

/** Which attempt of its step a fact answers: a step that is asked for once has only one. */
function attemptOf(order: SagaOrder, { type, data }: StepFact): number {
  const { step } = answers[type];
  return steps[step].perAttempt ? data.attempt : (latest(order, step)?.attempt ?? data.attempt);
}

function withContents(order: SagaOrder, fact: StepFact): SagaOrder {
  if (fact.type === 'SellerAssigned') return fact.data.attempt < order.attempt ? order : withAssignment(order, fact);
  if (fact.type === 'SellerUnavailable') return { ...order, attempt: Math.max(order.attempt, fact.data.attempt) };
  if (fact.type === 'CouponRedeemed')
    return { ...order, discountMinor: discountOf(fact.data.discountMinor, order.lines) };
  if (fact.type === 'PaymentCaptured') return { ...order, paidMinor: fact.data.amountMinor };
  return order;
}

function withAssignment(order: SagaOrder, { data }: Extract<Fact, { type: 'SellerAssigned' }>): SagaOrder {
  const sellers = new Map(
    data.parcels.flatMap(({ sellerId, lines }) => lines.map(({ lineNo }) => [lineNo, sellerId] as const)),
  );
  const dropped = new Set(data.droppedLineNos);
  const lines = order.lines.map((line): OrderLine =>
    line.status === 'DROPPED' || dropped.has(line.lineNo)
      ? { ...line, status: 'DROPPED', sellerId: null }
      : { ...line, sellerId: sellers.get(line.lineNo) ?? line.sellerId },
  );
  return {
    ...order,
    attempt: data.attempt,
    lines,
    discountMinor: discountOf(order.discountMinor, lines),
    parcels: data.parcels.map(({ deliveryId, sellerId }) => ({ deliveryId, sellerId, state: 'ASSIGNED' })),
  };
}

const wayOfParcel: readonly Parcel['state'][] = ['ASSIGNED', 'HANDED_OVER', 'DELIVERED'];

const hasCome = (parcel: Parcel, to: Parcel['state']): boolean =>
  wayOfParcel.indexOf(parcel.state) >= wayOfParcel.indexOf(to);

/** A parcel's way; a step is done when the last parcel has come so far. What has arrived was handed over, whoever tells of it later. */
function learnOfParcel(order: SagaOrder, fact: ParcelFact, nowMs: number): SagaOrder {
  const state = fact.type === 'HandedOver' ? 'HANDED_OVER' : 'DELIVERED';
  const parcel = order.parcels.find(({ deliveryId }) => deliveryId === fact.data.deliveryId);
  if (parcel === undefined || hasCome(parcel, state)) return order;
  const moved: Parcel = { ...parcel, state };
  const parcels = order.parcels.map(other => (other === parcel ? moved : other));
  const stepsThere = (['HANDED_OVER', 'DELIVERED'] as const)
    .filter(to => parcels.every(one => hasCome(one, to)))
    .map(to => (to === 'HANDED_OVER' ? 'HANDOVER' : 'DELIVERY'));
  return stepsThere.reduce<SagaOrder>(
    (after, name) => {
      const step = latest(after, name) ?? waiting(name, order.attempt, nowMs);
      return step.state === 'DONE' ? after : answered(after, step, 'DONE', nowMs, null);
    },
    { ...order, parcels },
  );
}

// What follows

const allowed = (order: SagaOrder): Transition | undefined =>
  transitions.find(({ from, when }) => from.includes(order.status) && applies(order, when));

function applies(order: SagaOrder, when: Condition): boolean {
  const is = (name: StepName, state: StepState): boolean => present(order, name)?.state === state;
  if ('done' in when)
    return when.done.every(name => is(name, 'DONE') || (name === 'COUPON' && order.couponCode === null));
  if ('due' in when) return is('ASSIGNMENT', 'DONE') && present(order, when.due) === undefined;
  if ('refused' in when) return is('ASSIGNMENT', 'DONE') && is(when.refused, 'FAILED');
  if (openSteps(order).length > 0) return false;
  if ('undone' in when) return true;
  const leaves = undoable(order).length > 0 ? 'something to undo' : 'nothing to undo';
  return leaves === when.leaves && when.failed.some(name => is(name, 'FAILED'));
}

/** Whether the step is there already: answered early, or asked for only once. */
const hasBegun = (order: SagaOrder, name: StepName, attempt: number): boolean =>
  (steps[name].perAttempt ? stepOf(order, name, attempt) : latest(order, name)) !== undefined;

function take(order: SagaOrder, { to, saga, when, begins = [], nextAttempt }: Transition, nowMs: number): SagaOrder {
  const attempt = nextAttempt ? order.attempt + 1 : order.attempt;
  const begun = begins
    .filter(name => !hasBegun(order, name, attempt) && (name !== 'COUPON' || order.couponCode !== null))
    .map(name => waiting(name, attempt, nowMs));
  const next = { ...order, attempt, status: to, saga: saga ?? order.saga, steps: [...order.steps, ...begun] };
  if (!('failed' in when)) return next;
  const [failure] = order.steps
    .filter(({ name, state }) => state === 'FAILED' && when.failed.includes(name))
    .sort((one, other) => one.atMs - other.atMs);
  const cancelled = { ...next, cancelReason: failure?.detail ?? 'it could not be served' };
  return undoable(order).reduce<SagaOrder>(
    (all, step) => withStep(all, { ...waiting(step.name, step.attempt, nowMs), state: 'UNDOING', detail: step.detail }),
    cancelled,
  );
}
