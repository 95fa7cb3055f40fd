import type { DeliveryEvent } from '@waygraph/schema/events/delivery';
import type { OrderEvent } from '@waygraph/schema/events/orders';
import type { PaymentEvent } from '@waygraph/schema/events/payment';
import type { StockEvent } from '@waygraph/schema/events/stock';
import type { OrderStatus } from './order.ts';

// The saga as data: which event answers which step, and which change of status follows from which answers. saga.ts applies it.

export type StepName =
  | 'ASSIGNMENT'
  | 'STOCK'
  | 'COUPON'
  | 'PAYMENT'
  | 'CONFIRMATION'
  | 'HANDOVER'
  | 'DELIVERY'
  /** Asked for by the customer or an operator; routing decides. */
  | 'CANCEL'
  /** Of lines that were dropped after the payment. */
  | 'REFUND';
export type SagaStatus = 'RUNNING' | 'COMPENSATING' | 'COMPLETED' | 'COMPENSATED' | 'NEEDS_OPERATOR';
/** What an owner can be asked to undo. */
export type Undo = Extract<OrderEvent, { type: 'OrderCancelling' }>['data']['undo'][number];
/** The order's own events that this table tells; the others tell of steps and lines, see saga-events.ts. */
export type ToldType = Extract<
  OrderEvent['type'],
  | 'OrderReadyForPayment'
  | 'OrderConfirmed'
  | 'OrderHandedOver'
  | 'OrderDelivered'
  | 'OrderCancelling'
  | 'OrderCancelled'
>;
type ForeignEvent = DeliveryEvent | PaymentEvent | StockEvent;
type ForeignType = ForeignEvent['type'];

type StepDefinition = {
  /** The events of its owner that say so. */
  readonly done: ForeignType;
  readonly failed?: ForeignType;
  readonly undone?: ForeignType;
  readonly undo?: Undo;
  /** Asked for again with each attempt; the others are asked for once per order, whatever is reassigned. */
  readonly perAttempt: boolean;
  /** Nobody waits for it any more once this step was asked for by a later attempt; its own name counts always. */
  readonly supersededBy?: StepName;
  /** Whether a machine answers it: then it has a deadline. */
  readonly timed: boolean;
  /** Whether the order is not cancelled before it is answered, so that what is to be undone is known exactly. */
  readonly holdsCancellation: boolean;
};

/** How long a machine may take for an answer, unless it is set otherwise. */
export const defaultStepTimeoutMs = 30_000;
/** So often an owner is asked again before its step counts as failed. */
export const mostRounds = 3;
/** Why a step failed that nobody has answered. */
export const noAnswer = 'no answer';

export const steps = {
  ASSIGNMENT: {
    done: 'SellerAssigned',
    failed: 'SellerUnavailable',
    undone: 'DeliveryCancelled',
    undo: 'DELIVERY',
    perAttempt: true,
    timed: true,
    holdsCancellation: true,
  },
  STOCK: {
    done: 'StockReserved',
    failed: 'StockRejected',
    undone: 'StockReleased',
    undo: 'STOCK',
    perAttempt: true,
    timed: true,
    holdsCancellation: true,
  },
  COUPON: {
    done: 'CouponRedeemed',
    failed: 'CouponRejected',
    undone: 'CouponRestored',
    undo: 'COUPON',
    perAttempt: false,
    timed: true,
    holdsCancellation: true,
  },
  PAYMENT: {
    done: 'PaymentCaptured',
    failed: 'PaymentFailed',
    undone: 'PaymentRefunded',
    undo: 'PAYMENT',
    perAttempt: false,
    timed: true,
    holdsCancellation: true,
  },
  CONFIRMATION: {
    done: 'StockConfirmed',
    failed: 'StockConfirmationFailed',
    perAttempt: true,
    supersededBy: 'STOCK',
    timed: true,
    holdsCancellation: true,
  },
  HANDOVER: {
    done: 'HandedOver',
    perAttempt: true,
    supersededBy: 'ASSIGNMENT',
    timed: false,
    holdsCancellation: false,
  },
  DELIVERY: { done: 'Delivered', failed: 'DeliveryLost', perAttempt: false, timed: false, holdsCancellation: false },
  CANCEL: {
    done: 'DeliveryCancelled',
    failed: 'CancelRefused',
    perAttempt: false,
    timed: true,
    holdsCancellation: false,
  },
  REFUND: { done: 'PaymentRefunded', perAttempt: false, timed: true, holdsCancellation: false },
} as const satisfies Record<StepName, StepDefinition>;

type Steps = typeof steps;
type Field<Definition, Name extends string> = Definition extends Record<Name, infer Type> ? Type : never;
type AnswerType = Field<Steps[StepName], 'done'> | Field<Steps[StepName], 'failed'> | Field<Steps[StepName], 'undone'>;
/** What another service tells, that brings an order on: answers, and what happens to steps that were answered already. */
type FactType = AnswerType | 'AssignmentRejected' | 'ReservationExpired' | 'CompensationStuck';
export type Fact = Extract<ForeignEvent, { type: FactType }>;

type Outcome = 'done' | 'failed' | 'undone';
type Answer = { readonly step: StepName; readonly outcome: Outcome };

export const stepNames = Object.keys(steps) as StepName[];
export const definitionOf = (name: StepName): StepDefinition => steps[name];

/** Which steps an event may answer, and how. */
export const answers: Readonly<Record<AnswerType, readonly Answer[]>> = (() => {
  const found: Partial<Record<AnswerType, Answer[]>> = {};
  for (const step of stepNames)
    for (const outcome of ['done', 'failed', 'undone'] as const) {
      const type = definitionOf(step)[outcome] as AnswerType | undefined;
      if (type !== undefined) (found[type] ??= []).push({ step, outcome });
    }
  return found as Record<AnswerType, Answer[]>;
})();

/** All that brings an order on. */
export const factTypes: readonly FactType[] = [
  ...(Object.keys(answers) as AnswerType[]),
  ...(['AssignmentRejected', 'ReservationExpired', 'CompensationStuck'] as const),
];

/** All parts that are given must hold. */
export type Condition = {
  /** All of these steps are done: those of each attempt at the present one, a coupon only where one was asked for. */
  readonly done?: readonly StepName[];
  /** Not asked for yet for the present assignment. */
  readonly due?: StepName;
  /** Refused by its owner for the present assignment: another one is to come. */
  readonly refused?: StepName;
  /** One of these was refused for good, or any step was never answered. */
  readonly failed?: readonly StepName[];
  /** No step is open that holds a cancellation, so that what is to be undone is known exactly. */
  readonly settled?: true;
  readonly leaves?: 'something to undo' | 'nothing to undo';
  /** All that had to be undone is. */
  readonly undone?: true;
};

export type Transition = {
  readonly from: readonly OrderStatus[];
  readonly when: Condition;
  readonly to: OrderStatus;
  /** Steps that wait for an answer from now on. */
  readonly begins?: readonly StepName[];
  /** The steps that begin belong to the next attempt. */
  readonly nextAttempt?: true;
  /** From now on what was done is being undone. */
  readonly cancels?: true;
  readonly tells?: ToldType;
};

const beforeHandover: readonly OrderStatus[] = [
  ...(['PENDING', 'ROUTED', 'RESERVED', 'AWAITING_PAYMENT', 'PAID', 'CONFIRMED'] as const),
];
const decisive: readonly StepName[] = ['ASSIGNMENT', 'COUPON', 'PAYMENT', 'DELIVERY'];

/** Another assignment is asked for: stock was refused for the present one. What is paid stays paid, what is asked stays asked. */
const reassigning = (status: OrderStatus, refused: StepName): Transition => ({
  from: [status],
  when: { done: ['ASSIGNMENT'], refused },
  to: status,
  begins: ['ASSIGNMENT'],
  nextAttempt: true,
});

/** There is another assignment: its stock is asked for. */
const restocking = (status: OrderStatus): Transition => ({
  from: [status],
  when: { done: ['ASSIGNMENT'], due: 'STOCK' },
  to: status,
  begins: ['STOCK'],
});

/** Looked at from the top after each fact, again and again until none applies. Nothing else changes an order's status. */
export const transitions: readonly Transition[] = [
  {
    from: beforeHandover,
    when: { done: ['CANCEL'], settled: true },
    to: 'CANCELLING',
    cancels: true,
    tells: 'OrderCancelling',
  },
  { from: ['PENDING'], when: { done: ['ASSIGNMENT'] }, to: 'ROUTED', begins: ['STOCK', 'COUPON'] },
  // The goods of an assignment that is no more are no longer waited for; nor is its hand-over.
  { from: ['RESERVED'], when: { due: 'STOCK' }, to: 'ROUTED' },
  { from: ['CONFIRMED'], when: { due: 'HANDOVER' }, to: 'PAID' },
  restocking('ROUTED'),
  restocking('AWAITING_PAYMENT'),
  restocking('PAID'),
  reassigning('ROUTED', 'STOCK'),
  // A later assignment's refusal that was read before that assignment.
  { ...reassigning('RESERVED', 'STOCK'), to: 'ROUTED' },
  reassigning('AWAITING_PAYMENT', 'STOCK'),
  reassigning('PAID', 'STOCK'),
  reassigning('PAID', 'CONFIRMATION'),
  { from: ['ROUTED'], when: { done: ['ASSIGNMENT', 'STOCK'] }, to: 'RESERVED' },
  {
    from: ['RESERVED'],
    when: { done: ['ASSIGNMENT', 'STOCK', 'COUPON'] },
    to: 'AWAITING_PAYMENT',
    begins: ['PAYMENT'],
    tells: 'OrderReadyForPayment',
  },
  { from: ['AWAITING_PAYMENT'], when: { done: ['PAYMENT'] }, to: 'PAID' },
  {
    from: ['PAID'],
    when: { done: ['ASSIGNMENT', 'STOCK'], due: 'CONFIRMATION' },
    to: 'PAID',
    begins: ['CONFIRMATION'],
  },
  {
    from: ['PAID'],
    when: { done: ['ASSIGNMENT', 'CONFIRMATION'] },
    to: 'CONFIRMED',
    begins: ['HANDOVER'],
    tells: 'OrderConfirmed',
  },
  {
    from: ['CONFIRMED'],
    when: { done: ['HANDOVER'] },
    to: 'HANDED_OVER',
    begins: ['DELIVERY'],
    tells: 'OrderHandedOver',
  },
  { from: ['HANDED_OVER'], when: { done: ['DELIVERY'] }, to: 'DELIVERED', tells: 'OrderDelivered' },
  {
    from: [...beforeHandover, 'HANDED_OVER'],
    when: { failed: decisive, settled: true, leaves: 'something to undo' },
    to: 'CANCELLING',
    cancels: true,
    tells: 'OrderCancelling',
  },
  {
    from: [...beforeHandover, 'HANDED_OVER'],
    when: { failed: decisive, settled: true, leaves: 'nothing to undo' },
    to: 'CANCELLED',
    cancels: true,
    tells: 'OrderCancelled',
  },
  { from: ['CANCELLING'], when: { undone: true }, to: 'CANCELLED', tells: 'OrderCancelled' },
];
