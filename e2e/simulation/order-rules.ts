import type { OrderStatus } from '@waygraph/orders/order';
import type { Resolution } from '@waygraph/orders/saga-settle';
import type { SagaOrder, Step } from '@waygraph/orders/saga-state';
import type { StepName } from '@waygraph/orders/saga-table';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { Violation, type Run } from './run.ts';

/** What may follow on what, written down once more: from the saga's own table nothing could be learned about its faults. */
const mayFollow: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  PENDING: ['ROUTED', 'CANCELLING', 'CANCELLED'],
  ROUTED: ['RESERVED', 'CANCELLING', 'CANCELLED'],
  // Back, whenever the sellers change.
  RESERVED: ['ROUTED', 'AWAITING_PAYMENT', 'CANCELLING', 'CANCELLED'],
  AWAITING_PAYMENT: ['ROUTED', 'RESERVED', 'PAID', 'CANCELLING', 'CANCELLED'],
  PAID: ['CONFIRMED', 'CANCELLING', 'CANCELLED'],
  CONFIRMED: ['PAID', 'HANDED_OVER', 'CANCELLING', 'CANCELLED'],
  HANDED_OVER: ['PAID', 'DELIVERED', 'CANCELLING', 'CANCELLED'],
  DELIVERED: [],
  CANCELLING: ['CANCELLED'],
  CANCELLED: [],
};

const ended: readonly OrderStatus[] = ['DELIVERED', 'CANCELLED'];
export const hasEnded = ({ status }: Pick<SagaOrder, 'status'>): boolean => ended.includes(status);

/** What is still told of an order that has ended, while its money is on its way back. */
const askingForMoney = ['StepRetryRequested', 'SagaStuck', 'StepSettled'];

/** Statuses that the saga only passes through within one decision may be left out between what was and what is. */
function isReachable(from: OrderStatus, to: OrderStatus, seen = new Set<OrderStatus>()): boolean {
  if (mayFollow[from].includes(to)) return true;
  seen.add(from);
  return mayFollow[from].some(next => next !== 'CANCELLING' && !seen.has(next) && isReachable(next, to, seen));
}

/** An order may only become what follows on what it was. */
export function checkStep({ faults }: Run, before: SagaOrder, after: SagaOrder, events: readonly OutboxEvent[]): void {
  const { id } = before;
  const fail = (message: string): never => {
    throw new Violation(id, message);
  };
  if (before.status !== after.status && !isReachable(before.status, after.status))
    fail(`an order went from ${before.status} to ${after.status}`);
  const late = hasEnded(before) ? events.find(({ type }) => !askingForMoney.includes(type)) : undefined;
  if (late !== undefined) fail(`an order told ${late.type} after it was ${before.status}`);
  if (after.attempt < before.attempt) fail(`the attempt fell from ${before.attempt} to ${after.attempt}`);
  if (after.version < before.version) fail('the version fell');
  if (before.paidMinor !== 0 && after.paidMinor !== before.paidMinor) fail('an order was paid twice');
  if (after.saga === 'NEEDS_OPERATOR' && before.saga !== after.saga && !mayBeStuck(faults))
    fail('a saga needs an operator though nothing has failed for good');
}

/** What an operator wrote off has not happened; money need not go back then, and counts as settled. */
export function checkClosed(
  before: SagaOrder,
  name: StepName,
  { resolution }: Pick<Resolution, 'resolution'>,
  { id, steps }: SagaOrder,
): void {
  if (resolution !== 'WRITTEN_OFF' || name === 'REFUND') return;
  const wasStuck = ({ attempt }: Step): boolean =>
    before.steps.some(step => step.name === name && step.attempt === attempt && step.state === 'STUCK');
  const done = steps.find(step => step.name === name && step.state === 'DONE' && wasStuck(step));
  if (done !== undefined) throw new Violation(id, `${name} of attempt ${done.attempt} was written off, and is done`);
}

/** Only what is refused for good, or not answered for minutes, may need a person. */
const mayBeStuck = (faults: Run['faults']): boolean =>
  faults.refundRefused > 0 || faults.providerSilent > 0 || mayBeSilent(faults);

/** Whether somebody may be away for minutes. */
export const mayBeSilent = ({ stalled, lost, outages, slow, dies }: Run['faults']): boolean =>
  dies > 0 || stalled > 0 || lost > 0 || outages.length > 0 || slow > 0.15;

/** Nobody is ever late in such a run. */
export const isCalm = (faults: Run['faults']): boolean =>
  !mayBeSilent(faults) && faults.slow === 0 && faults.providerSilent === 0 && faults.crashBeforeCommit < 0.02;
