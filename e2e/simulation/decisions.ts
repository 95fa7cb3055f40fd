import * as orderStock from '@waygraph/inventory/order-stock';
import { expire } from '@waygraph/inventory/reservation';
import { decide as decideStock, wantedLines } from '@waygraph/inventory/stock-fact';
import { newOrder } from '@waygraph/orders/order';
import * as saga from '@waygraph/orders/saga';
import { discountOf, rejectionOf } from '@waygraph/payments/coupon';
import { capture, refund } from '@waygraph/payments/ledger';
import * as orderPayment from '@waygraph/payments/order-payment';
import * as orderRefund from '@waygraph/payments/order-refund';
import { mayMatter } from '@waygraph/payments/payment-fact';
import { answerAgain, isAnswered, isOurs, retryRequested, settledByHand } from '@waygraph/payments/step-answer';
import { assign, unavailable } from '@waygraph/routing/assignment';
import { decideCancel, tellAgain, tombstoneOf } from '@waygraph/routing/cancellation';
import { deliver, end, handOver, scan } from '@waygraph/routing/delivery';
import { advance, cancelAll, startAll } from '@waygraph/routing/order-route';
import { excludeForGood, gainMinutes, planReassignment, reassign, sameQuestion } from '@waygraph/routing/reassignment';

/** Every decision that the services take, as they take it: what a run puts together, and what a test may break on purpose. */
export const decisions = {
  orders: { ...saga, newOrder },
  routing: {
    ...{ assign, unavailable, decideCancel, tellAgain, tombstoneOf, deliver, end, handOver, scan, advance, cancelAll },
    ...{ startAll, excludeForGood, gainMinutes, planReassignment, reassign, sameQuestion },
  },
  inventory: { unheardOf: orderStock.unheardOf, decide: decideStock, wantedLines, expire },
  payments: {
    ...orderPayment,
    ...orderRefund,
    ...{ mayMatter, answerAgain, isAnswered, isOurs, retryRequested, settledByHand },
    ...{ discountOf, rejectionOf, capture, refund },
  },
};

export type Decisions = typeof decisions;
