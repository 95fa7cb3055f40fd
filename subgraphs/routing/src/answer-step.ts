import type { AssignDeps } from './assign-seller.ts';
import { cancelDeliveries, type EndedOrder } from './cancel-deliveries.ts';
import { decideCancel, tellAgain } from './cancellation.ts';
import { lockOrder } from './load-route.ts';
import { reassignOrder } from './reassign-order.ts';
import { saveChanges } from './save-route.ts';

export type AskedStep = EndedOrder & { readonly step: string; readonly attempt: number; readonly status: string };

/**
 * An order has waited for an answer too long: it gets it once more, by a new event, or the step is done now. An order that is not known
 * here gets none, unless it is being cancelled. Steps of others pass by.
 */
export async function answerStep(deps: AssignDeps, asked: AskedStep): Promise<void> {
  const { orderId, step, attempt, status } = asked;
  const reason = 'the order is cancelled';
  if (step === 'CANCEL') {
    await deps.finish(async sql => {
      const order = await lockOrder(sql, orderId);
      // Where the first request has not come, it is not known here who wanted it, nor why.
      const change =
        order && decideCancel(order.route, order.deliveries, { reason: 'cancelled on request', again: true });
      if (change) await saveChanges(sql, [change]);
    });
  } else if (step === 'ASSIGNMENT' && (status === 'CANCELLING' || status === 'CANCELLED')) {
    await deps.finish(sql => cancelDeliveries(sql, asked, { attempt, reason, again: true }));
  } else if (step === 'ASSIGNMENT') {
    await reassignOrder(deps, orderId, { kind: 'ASKED_AGAIN', attempt }, (route, deliveries) =>
      tellAgain(route, deliveries, { attempt }),
    );
  } else await deps.finish(() => Promise.resolve());
}
