import { withTransaction, type Pool } from '@waygraph/kit/database';
import { changeOrderStock, type OrderParties } from './change-order-stock.ts';
import { expire } from './reservation.ts';

/** So many orders share a transaction at most: as long as it runs, their payments wait. */
const mostTogether = 50;

/**
 * Gives back what is held beyond its time by the database's clock, and tells it. Several processes may do so at once: each takes
 * orders that nobody else is at. An order whose payment is being taken is left alone, and looked at again the next time if it is
 * still due. Gives how many expired.
 */
export async function expireReservations(pool: Pool): Promise<number> {
  for (let expired = 0; ;) {
    const { due, changed } = await expireSome(pool);
    expired += changed;
    if (due < mostTogether) return expired;
  }
}

const expireSome = (pool: Pool): Promise<{ due: number; changed: number }> =>
  withTransaction(pool, async sql => {
    // What this sees may be older than the lock that it gives: what is due is decided behind it.
    const due = await sql<OrderParties>(
      `select o.order_id as "orderId", o.customer_id as "customerId", o.seller_ids as "sellerIds"
       from reservations r join order_stock o on o.order_id = r.order_id
       where r.state = 'HELD' and r.expires_at <= now()
       order by r.expires_at
       limit $1
       for update of o skip locked`,
      [mostTogether],
    );
    if (due.length === 0) return { due: 0, changed: 0 };
    const changes = await changeOrderStock(
      sql,
      due.map(parties => ({ parties, wanted: [], decide: (order, _, nowMs) => expire(order, nowMs) })),
    );
    return { due: due.length, changed: changes.length };
  });
