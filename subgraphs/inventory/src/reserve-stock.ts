import type { Sql } from '@waygraph/kit/database';
import type { SellerAssigned } from '@waygraph/schema/events/delivery';
import type { z } from 'zod';
import { changeOrderStock } from './change-order-stock.ts';
import { reserve, type Change } from './reservation.ts';

/** Sellers were assigned: their stock is held for the order, all lines or nothing. Runs in the caller's transaction. */
export function reserveStock(
  sql: Sql,
  assigned: z.infer<typeof SellerAssigned.data>,
  { reservationTtlMinutes }: { reservationTtlMinutes: number },
): Promise<Change | undefined> {
  const { attempt, sellerIds, parcels } = assigned;
  const lines = parcels.flatMap(parcel => parcel.lines).sort((a, b) => a.lineNo - b.lineNo);
  return changeOrderStock(sql, assigned, lines, (order, shelves, nowMs) => {
    const expiresAt = new Date(nowMs + reservationTtlMinutes * 60_000).toISOString();
    return reserve(order, { attempt, sellerIds, lines, expiresAt }, shelves);
  });
}
