import { subtotalOf, type OrderLine, type OrderStatus, type PaymentMethod } from './order.ts';
import { steps, type FactType, type SagaStatus, type StepName, type Undo } from './saga-table.ts';

export type StepState = 'WAITING' | 'DONE' | 'FAILED' | 'UNDOING' | 'UNDONE' | 'STUCK';
/** Times in ms since 1970. */
export type Step = {
  readonly name: StepName;
  readonly state: StepState;
  readonly attempt: number;
  readonly atMs: number;
  readonly deadlineMs: number | null;
  readonly detail: string | null;
};
export type Parcel = {
  readonly deliveryId: string;
  readonly sellerId: string;
  readonly state: 'ASSIGNED' | 'HANDED_OVER' | 'DELIVERED';
};
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
  readonly cancelReason: string | null;
  /** In the order they began, one for each attempt. */
  readonly steps: readonly Step[];
  readonly parcels: readonly Parcel[];
};

export function waiting(name: StepName, attempt: number, nowMs: number): Step {
  const { timeoutMs } = steps[name];
  const deadlineMs = timeoutMs === null ? null : nowMs + timeoutMs;
  return { name, state: 'WAITING', attempt, atMs: nowMs, deadlineMs, detail: null };
}

/** The steps of a new order. */
export const firstSteps = (nowMs: number): Step[] => [waiting('ASSIGNMENT', 1, nowMs)];

const isSame = (one: Step, other: Step): boolean => one.name === other.name && one.attempt === other.attempt;

/** With the step as it is now; a new one comes last. */
export const withStep = (order: SagaOrder, step: Step): SagaOrder => ({
  ...order,
  steps: order.steps.some(other => isSame(other, step))
    ? order.steps.map(other => (isSame(other, step) ? step : other))
    : [...order.steps, step],
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

/** Steps whose owner still has to answer; a step that was asked for again is open only for its newest attempt. */
export const openSteps = (order: Pick<SagaOrder, 'steps'>): Step[] =>
  order.steps.filter(
    ({ name, state, attempt }) =>
      state === 'UNDOING' ||
      (state === 'WAITING' && !order.steps.some(other => other.name === name && other.attempt > attempt)),
  );

/** The steps that did what can be undone. A parcel of an older attempt may still stand where a newer one found nobody. */
export function undoable(order: SagaOrder): Step[] {
  const done = (name: StepName) => order.steps.findLast(step => step.name === name && step.state === 'DONE');
  const stock = latest(order, 'STOCK');
  const isHeld = stock?.state === 'DONE' && present(order, 'CONFIRMATION')?.state !== 'FAILED';
  const found = [
    done('ASSIGNMENT'),
    isHeld ? stock : undefined,
    done('COUPON'),
    order.paidMinor > 0 ? done('PAYMENT') : undefined,
  ];
  return found.filter(step => step !== undefined);
}

/** What their owners are asked to undo. */
export const undoing = (order: SagaOrder): Undo[] =>
  order.steps.flatMap(({ name, state }) => {
    const definition = steps[name];
    return state === 'UNDOING' && 'undo' in definition ? [definition.undo] : [];
  });

/** The attempt that was last assigned: what is asked to be undone was done for it. */
export const assignedAttempt = (order: SagaOrder): number =>
  order.steps.findLast(({ name, state }) => name === 'ASSIGNMENT' && state !== 'WAITING' && state !== 'FAILED')
    ?.attempt ?? 1;

/** The step that the saga stands at: the first that is open, else the last one there was. */
export const standsAt = (order: Pick<SagaOrder, 'steps'>): StepName =>
  (openSteps(order)[0] ?? order.steps.at(-1))?.name ?? 'ASSIGNMENT';

/** The events that would bring it on. */
export const awaited = (order: Pick<SagaOrder, 'steps'>): FactType[] =>
  openSteps(order).flatMap(({ name, state }) => {
    const definition = steps[name];
    if (state !== 'UNDOING') return [definition.done];
    return 'undone' in definition ? [definition.undone] : [];
  });

/** Until when an answer is awaited; null when nothing is, or only people are. */
export function deadlineOf(order: Pick<SagaOrder, 'steps'>): number | null {
  const deadlines = openSteps(order).flatMap(({ deadlineMs }) => (deadlineMs === null ? [] : [deadlineMs]));
  return deadlines.length === 0 ? null : Math.min(...deadlines);
}

/** What the coupon takes off: never more than what is left to pay. */
export const discountOf = (discountMinor: number, lines: readonly OrderLine[]): number =>
  Math.min(discountMinor, subtotalOf(lines));
