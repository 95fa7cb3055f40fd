import { reserveStock } from '@waygraph/inventory/reserve-stock';
import { on, type EventHandler } from '@waygraph/kit/event-consumer';
import { SellerAssigned } from '@waygraph/schema/events/delivery';

export const onSellerAssigned = (terms: { reservationTtlMinutes: number }): EventHandler =>
  on(SellerAssigned, (assigned, sql) => reserveStock(sql, assigned, terms));
