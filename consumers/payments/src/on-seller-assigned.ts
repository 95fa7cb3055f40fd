import { on } from '@waygraph/kit/event-consumer';
import { noteAssignment } from '@waygraph/payments/redeem-coupon';
import { SellerAssigned } from '@waygraph/schema/events/delivery';

export const onSellerAssigned = () => on(SellerAssigned, (assigned, sql) => noteAssignment(sql, assigned));
