import type { Viewer } from '@waygraph/kit/auth';
import type { Pool } from '@waygraph/kit/database';
import { userError, type UserError } from '@waygraph/kit/errors';
import { isText } from '@waygraph/schema/inputs';
import { changeSaga, refused, type OrderResult, type Verdict } from './change-saga.ts';
import { close, resume, stuckStep } from './saga.ts';
import { refusalOf, type Resolution } from './saga-settle.ts';
import type { Step } from './saga-state.ts';
import { stepNames } from './saga-table.ts';
import type { LockedOrder } from './save-order.ts';

type Deps = { pool: Pool; stepTimeoutMs?: number | undefined };
type StuckStep = { orderId: string; step: string; note: string };

/** Has a stuck step tried again. */
export const resumeSaga = (deps: Deps, viewer: Viewer | undefined, asked: StuckStep): Promise<OrderResult> =>
  settleStep(deps.pool, viewer, { ...asked, action: 'RESUME' }, (order, step, nowMs) =>
    resume(order, step.name, nowMs, deps.stepTimeoutMs),
  );

/** Settles a stuck step by hand; the saga goes on without its owner's answer. */
export const closeSaga = (
  deps: Deps,
  viewer: Viewer | undefined,
  asked: StuckStep & Pick<Resolution, 'resolution'>,
): Promise<OrderResult> =>
  settleStep(deps.pool, viewer, { ...asked, action: asked.resolution }, (order, step, nowMs) => {
    const refusal = refusalOf(order, step, asked);
    return refusal === undefined ? close(order, step.name, asked, nowMs, deps.stepTimeoutMs) : { refusal };
  });

async function settleStep(
  pool: Pool,
  viewer: Viewer | undefined,
  { orderId, step, note, action }: StuckStep & { action: 'RESUME' | Resolution['resolution'] },
  decide: (order: LockedOrder, step: Step, nowMs: number) => Verdict,
): Promise<OrderResult> {
  if (viewer?.role !== 'operator') return refused(userError('FORBIDDEN', 'only operators may settle a step'));
  const name = stepNames.find(known => known === step);
  const faults: UserError[] = [
    ...(name === undefined ? [userError('INVALID_INPUT', `expected one of ${stepNames.join(', ')}`, 'step')] : []),
    ...(isText(note, 500) ? [] : [userError('INVALID_INPUT', 'expected 1..500 characters', 'note')]),
  ];
  if (name === undefined || faults.length > 0) return refused(...faults);
  return changeSaga(pool, viewer, { orderId, argument: 'orderId', action, step, note }, (order, nowMs) => {
    const stuck = stuckStep(order, name);
    return stuck === undefined
      ? { refusal: userError('STALE_STATE', 'the step is not stuck', 'step') }
      : decide(order, stuck, nowMs);
  });
}
