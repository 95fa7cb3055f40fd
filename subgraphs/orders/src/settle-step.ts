import type { Viewer } from '@waygraph/kit/auth';
import type { Pool } from '@waygraph/kit/database';
import { userError, type UserError } from '@waygraph/kit/errors';
import { isText } from '@waygraph/schema/inputs';
import { changeSaga, refused, type OrderResult } from './change-saga.ts';
import { close, resume, type Verdict } from './saga.ts';
import type { Resolution } from './saga-settle.ts';
import { stepNames, type StepName } from './saga-table.ts';
import type { LockedOrder } from './save-order.ts';

type Deps = { pool: Pool; stepTimeoutMs?: number | undefined };
type StuckStep = { orderId: string; step: string; note: string };

/** Has a stuck step tried again. */
export const resumeSaga = (deps: Deps, viewer: Viewer | undefined, asked: StuckStep): Promise<OrderResult> =>
  settleStep(deps.pool, viewer, { ...asked, action: 'RESUME' }, (order, step, nowMs) =>
    resume(order, step, nowMs, deps.stepTimeoutMs),
  );

/** Settles a stuck step by hand; the saga goes on without its owner's answer. */
export const closeSaga = (
  deps: Deps,
  viewer: Viewer | undefined,
  asked: StuckStep & Pick<Resolution, 'resolution'>,
): Promise<OrderResult> =>
  settleStep(deps.pool, viewer, { ...asked, action: asked.resolution }, (order, step, nowMs) =>
    close(order, step, asked, nowMs, deps.stepTimeoutMs),
  );

async function settleStep(
  pool: Pool,
  viewer: Viewer | undefined,
  { orderId, step, note, action }: StuckStep & { action: 'RESUME' | Resolution['resolution'] },
  decide: (order: LockedOrder, step: StepName, nowMs: number) => Verdict<LockedOrder>,
): Promise<OrderResult> {
  if (viewer?.role !== 'operator') return refused(userError('FORBIDDEN', 'only operators may settle a step'));
  const name = stepNames.find(known => known === step);
  const faults: UserError[] = [
    ...(name === undefined ? [userError('INVALID_INPUT', `expected one of ${stepNames.join(', ')}`, 'step')] : []),
    ...(isText(note, 500) ? [] : [userError('INVALID_INPUT', 'expected 1..500 characters', 'note')]),
  ];
  if (name === undefined || faults.length > 0) return refused(...faults);
  return changeSaga(pool, viewer, { orderId, argument: 'orderId', action, step, note }, (order, nowMs) =>
    decide(order, name, nowMs),
  );
}
