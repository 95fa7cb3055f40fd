import { confirmStock } from '@waygraph/inventory/confirm-stock';
import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { PaymentCaptured } from '@waygraph/schema/events/payment';

export const onPaymentCaptured = (): EventHandler => on(PaymentCaptured, (paid, sql) => confirmStock(sql, paid));
