import { on } from '@waygraph/kit/event-consumer';
import { noteOrder } from '@waygraph/payments/redeem-coupon';
import { OrderPlaced } from '@waygraph/schema/events/orders';

export const onOrderPlaced = () => on(OrderPlaced, (placed, sql) => noteOrder(sql, placed));
