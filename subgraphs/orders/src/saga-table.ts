import type { DeliveryEvent } from '@waygraph/schema/events/delivery';
import type { OrderEvent } from '@waygraph/schema/events/orders';
import type { PaymentEvent } from '@waygraph/schema/events/payment';
import type { StockEvent } from '@waygraph/schema/events/stock';
import type { OrderStatus } from './order.ts';

// The saga as data: which event answers which step, and which change of status follows from which answers. saga.ts applies it.

export type StepName = 'ASSIGNMENT' | 'STOCK' | 'COUPON' | 'PAYMENT' | 'CONFIRMATION' | 'HANDOVER' | 'DELIVERY';
export type SagaStatus = 'RUNNING' | 'COMPENSATING' | 'COMPLETED' | 'COMPENSATED' | 'NEEDS_OPERATOR';
/** What an owner can be asked to undo. */
export type Undo = Extract<OrderEvent, { type: 'OrderCancelling' }>['data']['undo'][number];
/** The order's own events that this table tells. */
export type ToldType = Exclude<
  OrderEvent['type'],
  'OrderPlaced' | 'OrderCancelRequested' | 'OrderCancelRefused' | 'StepRetryRequested' | 'SagaStuck'
>;
type ForeignType = (DeliveryEvent | PaymentEvent | StockEvent)['type'];

type StepDefinition = {
  /** The events of its owner that say so. */
  readonly done: ForeignType;
  readonly failed?: ForeignType;
  readonly undone?: ForeignType;
  readonly undo?: Undo;
  /** Asked for again with each attempt; the others are asked for once per order, whatever is reassigned. */
  readonly perAttempt: boolean;
  /** How long an answer may take; null: people are awaited. */
  readonly timeoutMs: number | null;
};

const machineMs = 30_000;

export const steps = {
  ASSIGNMENT: {
    done: 'SellerAssigned',
    failed: 'SellerUnavailable',
    undone: 'DeliveryCancelled',
    undo: 'DELIVERY',
    perAttempt: true,
    timeoutMs: machineMs,
  },
  STOCK: {
    done: 'StockReserved',
    failed: 'StockRejected',
    undone: 'StockReleased',
    undo: 'STOCK',
    perAttempt: true,
    timeoutMs: machineMs,
  },
  COUPON: {
    done: 'CouponRedeemed',
    failed: 'CouponRejected',
    undone: 'CouponRestored',
    undo: 'COUPON',
    perAttempt: false,
    timeoutMs: machineMs,
  },
  PAYMENT: {
    done: 'PaymentCaptured',
    failed: 'PaymentFailed',
    undone: 'PaymentRefunded',
    undo: 'PAYMENT',
    perAttempt: false,
    timeoutMs: machineMs,
  },
  CONFIRMATION: {
    done: 'StockConfirmed',
    failed: 'StockConfirmationFailed',
    perAttempt: true,
    timeoutMs: machineMs,
  },
  HANDOVER: { done: 'HandedOver', perAttempt: false, timeoutMs: null },
  DELIVERY: { done: 'Delivered', perAttempt: false, timeoutMs: null },
} as const satisfies Record<StepName, StepDefinition>;

type Steps = typeof steps;
type Field<Definition, Name extends string> = Definition extends Record<Name, infer Type> ? Type : never;
export type FactType =
  Field<Steps[StepName], 'done'> | Field<Steps[StepName], 'failed'> | Field<Steps[StepName], 'undone'>;
/** What another service tells, that brings an order on. */
export type Fact = Extract<DeliveryEvent | PaymentEvent | StockEvent, { type: FactType }>;

export type Answer = { readonly step: StepName; readonly outcome: 'done' | 'failed' | 'undone' };

/** Which step an event answers, and how. */
export const answers = Object.fromEntries(
  Object.entries(steps).flatMap(([step, definition]) =>
    (['done', 'failed', 'undone'] as const).flatMap(outcome =>
      outcome in definition ? [[(definition as Record<string, unknown>)[outcome], { step, outcome }]] : [],
    ),
  ),
) as Readonly<Record<FactType, Answer>>;

export type Condition =
  /** All of these steps are done: those of each attempt at the present one, a coupon only where one was asked for. */
  | { readonly done: readonly StepName[] }
  /** There is a present assignment, for which this step was not yet asked for. */
  | { readonly due: StepName }
  /** Refused for the present assignment: another one is to come. */
  | { readonly refused: StepName }
  /** One of these was refused for good, and none is open any more, so that what is to be undone is known exactly. */
  | { readonly failed: readonly StepName[]; readonly leaves: 'something to undo' | 'nothing to undo' }
  /** All that had to be undone is. */
  | { readonly undone: true };

export type Transition = {
  readonly from: readonly OrderStatus[];
  readonly when: Condition;
  readonly to: OrderStatus;
  readonly saga?: SagaStatus;
  /** Steps that wait for an answer from now on. */
  readonly begins?: readonly StepName[];
  /** The steps that begin belong to the next attempt. */
  readonly nextAttempt?: true;
  /** Events, in this order; one that has nothing to tell is left out. */
  readonly tells?: readonly ToldType[];
};

const beforeConfirmation: readonly OrderStatus[] = ['PENDING', 'ROUTED', 'RESERVED', 'AWAITING_PAYMENT', 'PAID'];
const decisive: readonly StepName[] = ['ASSIGNMENT', 'COUPON', 'PAYMENT', 'CONFIRMATION'];

/** Looked at from the top after each fact, again and again until none applies. Nothing else changes an order's status. */
export const transitions: readonly Transition[] = [
  {
    from: ['PENDING'],
    when: { done: ['ASSIGNMENT'] },
    to: 'ROUTED',
    begins: ['STOCK', 'COUPON'],
    tells: ['OrderLinesDropped'],
  },
  {
    from: ['ROUTED', 'RESERVED'],
    when: { due: 'STOCK' },
    to: 'ROUTED',
    begins: ['STOCK'],
    tells: ['OrderLinesDropped'],
  },
  // Stock may have answered before its assignment was read: then it is here that the assignment is first looked at.
  {
    from: ['ROUTED'],
    when: { refused: 'STOCK' },
    to: 'ROUTED',
    begins: ['ASSIGNMENT'],
    nextAttempt: true,
    tells: ['OrderLinesDropped'],
  },
  { from: ['ROUTED'], when: { done: ['ASSIGNMENT', 'STOCK'] }, to: 'RESERVED', tells: ['OrderLinesDropped'] },
  {
    from: ['RESERVED'],
    when: { done: ['STOCK', 'COUPON'] },
    to: 'AWAITING_PAYMENT',
    begins: ['PAYMENT'],
    tells: ['OrderReadyForPayment'],
  },
  { from: ['AWAITING_PAYMENT'], when: { done: ['PAYMENT'] }, to: 'PAID', begins: ['CONFIRMATION'] },
  {
    from: ['PAID'],
    when: { done: ['CONFIRMATION'] },
    to: 'CONFIRMED',
    begins: ['HANDOVER'],
    tells: ['OrderConfirmed'],
  },
  {
    from: ['CONFIRMED'],
    when: { done: ['HANDOVER'] },
    to: 'HANDED_OVER',
    begins: ['DELIVERY'],
    tells: ['OrderHandedOver'],
  },
  {
    from: ['HANDED_OVER'],
    when: { done: ['DELIVERY'] },
    to: 'DELIVERED',
    saga: 'COMPLETED',
    tells: ['OrderDelivered'],
  },
  {
    from: beforeConfirmation,
    when: { failed: decisive, leaves: 'something to undo' },
    to: 'CANCELLING',
    saga: 'COMPENSATING',
    tells: ['OrderCancelling'],
  },
  {
    from: beforeConfirmation,
    when: { failed: decisive, leaves: 'nothing to undo' },
    to: 'CANCELLED',
    saga: 'COMPENSATED',
    tells: ['OrderCancelled'],
  },
  {
    from: ['CANCELLING'],
    when: { undone: true },
    to: 'CANCELLED',
    saga: 'COMPENSATED',
    tells: ['OrderCancelled'],
  },
];
