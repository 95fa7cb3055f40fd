import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import { changeFactor, isOpen, openStatuses, type Delivery, type LaneNow } from './delivery.ts';
import { readLaneFactors } from './lane-factors.ts';
import { lockOrders } from './load-route.ts';
import { advance, type OrderRoute, type RouteChange } from './order-route.ts';
import { saveChanges } from './save-route.ts';

/** So many orders are locked at once. */
const chunk = 200;

/**
 * A lane's factor has changed: whatever is on its way there gets a new estimate, chunk by chunk, each in a transaction of its own.
 * Goes by the factor that holds now; parcels that know it already are left alone, so that it may be run again at any time. Gives
 * how many parcels were looked at.
 */
export async function applyLaneFactor(pool: Pool, laneId: string): Promise<number> {
  let all = 0;
  for (;;) {
    const done = await withTransaction(pool, sql => applyToSome(sql, laneId));
    all += done;
    if (done === 0) return all;
  }
}

async function applyToSome(sql: Sql, laneId: string): Promise<number> {
  const lane = (await readLaneFactors(sql, [laneId])).get(laneId);
  if (lane === undefined) return 0;
  const found = await sql<{ order_id: string }>(
    `select distinct order_id from deliveries
     where lane_id = $1 and lane_revision < $2 and status in (${openStatuses.map(status => `'${status}'`).join(', ')})
     order by order_id limit $3`,
    [laneId, lane.revision, chunk],
  );
  if (found.length === 0) return 0;
  const ids = found.map(({ order_id }) => order_id);
  const { orders, now } = await lockOrders(sql, ids);
  const concerned = (delivery: Delivery): boolean =>
    delivery.laneId === laneId && isOpen(delivery) && delivery.laneRevision < lane.revision;
  const changes = [...orders.values()].flatMap(({ route, deliveries }) => {
    const moved = deliveries.filter(concerned);
    return moved.length === 0 ? [] : [applyToOrder(route, moved, lane, now)];
  });
  await saveChanges(sql, changes);
  // Parcels that ended while we waited for their locks are not found again.
  return found.length;
}

function applyToOrder(route: OrderRoute, deliveries: readonly Delivery[], lane: LaneNow, now: number): RouteChange {
  return deliveries.reduce<RouteChange>(
    (before, given) => {
      const { delivery, retold } = changeFactor(given, lane, now);
      if (!retold)
        return { ...before, deliveries: [...before.deliveries, { ...delivery, version: delivery.version + 1 }] };
      const change = advance(before.route, delivery, { reason: 'DELAY_FACTOR', now }, uuidv7);
      return {
        route: change.route,
        deliveries: [...before.deliveries, ...change.deliveries],
        events: [...before.events, ...change.events],
      };
    },
    { route, deliveries: [], events: [] },
  );
}
