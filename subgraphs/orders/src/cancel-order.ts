import type { Viewer } from '@waygraph/kit/auth';
import type { Pool } from '@waygraph/kit/database';
import { userError } from '@waygraph/kit/errors';
import { isText } from '@waygraph/schema/inputs';
import { changeSaga, refused, type OrderResult } from './change-saga.ts';
import { requestCancel } from './saga.ts';
import { mayCancel } from './saga-state.ts';

/** Asks to cancel an order; routing decides. While that is under way, and once it is cancelled, a repeat gives the order as it is. */
export async function cancelOrder(
  deps: { pool: Pool; stepTimeoutMs?: number | undefined },
  viewer: Viewer | undefined,
  { id, reason }: { id: string; reason?: string | null | undefined },
): Promise<OrderResult> {
  if (viewer?.role !== 'customer' && viewer?.role !== 'operator')
    return refused(userError('FORBIDDEN', 'only its customer and operators may cancel an order'));
  const why = reason ?? (viewer.role === 'operator' ? 'cancelled by an operator' : 'cancelled by the customer');
  if (!isText(why, 500)) return refused(userError('INVALID_INPUT', 'expected 1..500 characters', 'reason'));
  const wish = { orderId: id, argument: 'id', action: 'CANCEL', step: null, note: reason ?? null } as const;
  return changeSaga(deps.pool, viewer, wish, (order, nowMs) =>
    mayCancel(order)
      ? requestCancel(order, why, nowMs, deps.stepTimeoutMs)
      : { order, events: [], refusal: userError('TOO_LATE', order.cancelRefused ?? 'it was handed over', 'id') },
  );
}
