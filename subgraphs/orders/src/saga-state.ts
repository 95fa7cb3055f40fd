import { subtotalOf, type OrderLine, type OrderStatus, type PaymentMethod } from './order.ts';
import {
  defaultStepTimeoutMs,
  definitionOf,
  noAnswer,
  stepNames,
  steps,
  type SagaStatus,
  type StepName,
  type Undo,
} from './saga-table.ts';

export type StepState = 'WAITING' | 'DONE' | 'FAILED' | 'UNDOING' | 'UNDONE' | 'STUCK';
/** Times in ms since 1970. */
export type Step = {
  readonly name: StepName;
  readonly state: StepState;
  readonly attempt: number;
  readonly atMs: number;
  readonly deadlineMs: number | null;
  readonly detail: string | null;
  /** How often its owner was asked again; left out: never. */
  readonly round?: number;
  /** Its owner has said that it cannot undo it; left out: it may still be at it. */
  readonly gaveUp?: true;
};
export type Parcel = {
  readonly deliveryId: string;
  readonly sellerId: string;
  readonly state: 'ASSIGNED' | 'HANDED_OVER' | 'DELIVERED' | 'LOST';
  /** It was told of before its assignment was read: it does not count yet. */
  readonly early?: true;
};
/** A line that was dropped and of which nobody was told yet. */
export type Dropped = { readonly lineNo: number; readonly lost: boolean };
/** What the saga knows of an order. */
export type SagaOrder = {
  readonly id: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly saga: SagaStatus;
  readonly version: number;
  /** Of the present assignment, or of the one that is awaited. */
  readonly attempt: number;
  readonly lines: readonly OrderLine[];
  readonly couponCode: string | null;
  readonly paymentMethod: PaymentMethod;
  readonly discountMinor: number;
  readonly paidMinor: number;
  readonly refundedMinor: number;
  /** What an operator has settled of refunds by hand. */
  readonly settledMinor: number;
  readonly cancelReason: string | null;
  readonly cancelRefused: string | null;
  /** In the order they began, one for each attempt. */
  readonly steps: readonly Step[];
  readonly parcels: readonly Parcel[];
  readonly untold: readonly Dropped[];
};
/** What says how a saga stands. */
type Standing = Pick<SagaOrder, 'status' | 'steps'>;
/** When something is decided, and how long a machine may take to answer what is asked then. */
export type Moment = { readonly nowMs: number; readonly stepTimeoutMs: number };

export function waiting(name: StepName, attempt: number, { nowMs, stepTimeoutMs }: Moment): Step {
  const deadlineMs = steps[name].timed ? nowMs + stepTimeoutMs : null;
  return { name, state: 'WAITING', attempt, atMs: nowMs, deadlineMs, detail: null };
}

type NewSaga = Pick<
  SagaOrder,
  'saga' | 'attempt' | 'paidMinor' | 'refundedMinor' | 'settledMinor' | 'steps' | 'parcels' | 'untold'
>;

/** The saga of a new order. */
export const newSaga = (nowMs: number, stepTimeoutMs = defaultStepTimeoutMs): NewSaga => ({
  ...{ saga: 'RUNNING', attempt: 1, paidMinor: 0, refundedMinor: 0, settledMinor: 0, parcels: [], untold: [] },
  steps: [waiting('ASSIGNMENT', 1, { nowMs, stepTimeoutMs })],
});

const isSame = (one: Step, other: Step): boolean => one.name === other.name && one.attempt === other.attempt;

/** With the step as it is now; a new one comes last. */
export const withStep = (order: SagaOrder, step: Step): SagaOrder => ({
  ...order,
  steps: order.steps.some(other => isSame(other, step))
    ? order.steps.map(other => (isSame(other, step) ? step : other))
    : [...order.steps, step],
});

/** The step with its answer: nobody waits for it any more. */
export const answered = (step: Step, state: StepState, nowMs: number, detail: string | null): Step => ({
  ...{ name: step.name, state, attempt: step.attempt, atMs: nowMs, deadlineMs: null, detail },
});

export const stepOf = (order: SagaOrder, name: StepName, attempt: number): Step | undefined =>
  order.steps.find(step => step.name === name && step.attempt === attempt);

export const latest = (order: SagaOrder, name: StepName): Step | undefined =>
  order.steps
    .filter(step => step.name === name)
    .reduce<Step | undefined>((last, step) => (last && last.attempt > step.attempt ? last : step), undefined);

/** The step as it counts now: of the present attempt, where each attempt asks for it anew. */
export const present = (order: SagaOrder, name: StepName): Step | undefined =>
  steps[name].perAttempt ? stepOf(order, name, order.attempt) : latest(order, name);

const isPaid = (order: SagaOrder): boolean => latest(order, 'PAYMENT')?.state === 'DONE';

/** Whether a later attempt has asked anew for what this step was asked for. */
const isSuperseded = ({ name, attempt }: Step, all: readonly Step[]): boolean => {
  const { supersededBy = name } = definitionOf(name);
  return all.some(other => other.attempt > attempt && (other.name === name || other.name === supersededBy));
};

/** Steps whose owner still has to answer; a step that was asked for again is open only for its newest attempt. */
export const openSteps = (order: Pick<SagaOrder, 'steps'>): Step[] =>
  order.steps.filter(
    step => step.state === 'UNDOING' || (step.state === 'WAITING' && !isSuperseded(step, order.steps)),
  );

/** Steps that wait for an operator. What is being undone is to be undone whatever was asked for later. */
export const stuckSteps = (order: Standing): Step[] =>
  order.steps.filter(step => step.state === 'STUCK' && (isCancelled(order) || !isSuperseded(step, order.steps)));

/** Settled by an operator: whether its owner did it all the same nobody has said. */
const isByHand = ({ detail }: Step): boolean => detail !== null && /^(DONE_BY_HAND|WRITTEN_OFF): /.test(detail);

export const isUnanswered = (step: Step | undefined): boolean => step?.state === 'FAILED' && step.detail === noAnswer;

/** From its first confirmation on an order may be on its way at any moment, whoever knows of it. */
export const wasConfirmed = (order: SagaOrder): boolean => latest(order, 'HANDOVER') !== undefined;

/** Whether routing may still cancel it, as far as is known here: routing alone decides. */
export const mayCancel = (order: SagaOrder): boolean =>
  order.status !== 'HANDED_OVER' &&
  order.status !== 'DELIVERED' &&
  order.cancelRefused === null &&
  order.parcels.every(({ state }) => state === 'ASSIGNED');

/**
 * The newest goods that inventory may hold. Of a paid order goods are sold as soon as they are reserved: a reservation without an
 * answer may have been sold too, and what is sold comes back only when it is asked for.
 */
function stockHeld(order: SagaOrder): Step | undefined {
  const asked = order.steps
    .filter(({ name }) => name === 'STOCK')
    .toSorted((one, other) => other.attempt - one.attempt);
  for (const step of asked) {
    if (step.state === 'DONE') return step;
    const isWrittenOff = step.state === 'FAILED' && isByHand(step);
    const isUnknown = step.state === 'WAITING' || step.state === 'STUCK' || isUnanswered(step) || isWrittenOff;
    if (!isUnknown) return undefined;
    if (isPaid(order)) return step;
  }
  return undefined;
}

/** The steps that did what can be undone. A parcel of an older attempt may still stand where a newer one found nobody. */
export function undoable(order: SagaOrder): Step[] {
  const done = (name: StepName) => order.steps.findLast(step => step.name === name && step.state === 'DONE');
  const isLost = latest(order, 'DELIVERY')?.state === 'FAILED';
  const found = [
    // What is lost cannot be called back, and does not come back to the shelf.
    ...(isLost ? [] : [done('ASSIGNMENT'), stockHeld(order)]),
    done('COUPON'),
    order.paidMinor > order.refundedMinor + order.settledMinor ? done('PAYMENT') : undefined,
  ];
  return found.filter(step => step !== undefined);
}

/** What their owners are asked to undo. */
export const undoing = (order: SagaOrder): Undo[] =>
  stepNames.flatMap(name => {
    const { undo } = definitionOf(name);
    return undo !== undefined && order.steps.some(step => step.name === name && step.state === 'UNDOING') ? [undo] : [];
  });

/** The attempt that was last assigned: what is asked to be undone was done for it. */
export const assignedAttempt = (order: SagaOrder): number =>
  order.steps
    .filter(({ name, state }) => name === 'ASSIGNMENT' && state !== 'WAITING' && state !== 'FAILED')
    .reduce((last, { attempt }) => Math.max(last, attempt), 1);

/** The step that the saga stands at: the first that is open or stuck, else the last one there was. */
export const standsAt = (order: Standing): StepName =>
  (openSteps(order)[0] ?? stuckSteps(order)[0] ?? order.steps.at(-1))?.name ?? 'ASSIGNMENT';

/** The events that would bring it on. */
export const awaited = (order: Standing): string[] =>
  [...openSteps(order), ...stuckSteps(order)].map(({ name }) => {
    const { done, undone } = definitionOf(name);
    return isCancelled(order) ? (undone ?? done) : done;
  });

/** Until when an answer is awaited; null when nothing is, or only people are. */
export function deadlineOf(order: Pick<SagaOrder, 'steps'>): number | null {
  const deadlines = openSteps(order).flatMap(({ deadlineMs }) => (deadlineMs === null ? [] : [deadlineMs]));
  return deadlines.length === 0 ? null : Math.min(...deadlines);
}

/** Where the saga stands as a whole, by what it waits for. */
export function sagaOf(order: Standing): SagaStatus {
  if (stuckSteps(order).length > 0) return 'NEEDS_OPERATOR';
  const isOpen = openSteps(order).length > 0;
  if (isCancelled(order)) return order.status === 'CANCELLED' && !isOpen ? 'COMPENSATED' : 'COMPENSATING';
  return order.status === 'DELIVERED' && !isOpen ? 'COMPLETED' : 'RUNNING';
}

/** Whether what was done is being undone, or is undone. */
export const isCancelled = ({ status }: Pick<SagaOrder, 'status'>): boolean =>
  status === 'CANCELLING' || status === 'CANCELLED';

/** Whether more money went back than was paid: somebody gave it back by hand, and its owner did, too. */
export const isOverpaid = ({ paidMinor, refundedMinor, settledMinor }: SagaOrder): boolean =>
  refundedMinor + settledMinor > paidMinor;

const totalOf = ({ lines, discountMinor }: SagaOrder): number => subtotalOf(lines) - discountMinor;

/** What is to go back to the customer all in all for lines that were dropped after the payment. */
export const refundDue = (order: SagaOrder): number =>
  isPaid(order) ? Math.max(0, order.paidMinor - totalOf(order)) : 0;
