import type { Sql } from '@waygraph/kit/database';
import { uuidv7 } from '@waygraph/kit/outbox';
import type { OrderPlaced } from '@waygraph/schema/events/orders';
import type { z } from 'zod';
import { assign, unavailable } from './assignment.ts';
import type { Geography } from './candidates.ts';
import { chooseSellers } from './choose-sellers.ts';
import { factorsOf, holdLaneFactors } from './lane-factors.ts';
import { assertOffersKnown } from './new-offers.ts';
import type { OrderRoute } from './order-route.ts';
import { insertChange } from './save-route.ts';

/**
 * `sql`: the service's database outside of any transaction. `finish` runs the work that writes, in one transaction, unless the
 * event was handled before.
 */
export type AssignDeps = Geography & {
  readonly sql: Sql;
  readonly finish: (work: (sql: Sql) => Promise<unknown>) => Promise<void>;
};

/** An order was placed: who sends it, and when it will be there. */
export async function assignSeller(deps: AssignDeps, order: z.infer<(typeof OrderPlaced)['data']>): Promise<void> {
  const at = await deps.locate(order.shipTo);
  const lines = order.lines.map(({ lineNo, productId, quantity }) => ({ lineNo, productId, quantity }));
  const unassigned: OrderRoute = {
    ...{ orderId: order.orderId, customerId: order.customerId, version: 0, state: 'UNAVAILABLE', attempt: 0 },
    ...{ sellerIds: [], lines, droppedLineNos: [], excluded: {}, allowPartial: order.allowPartial },
    ...{ located: at === 'UNSERVED' ? null : at, placedAt: Date.parse(order.placedAt), promisedAt: null },
    ...{ cancelledAttempt: null, stockRefusals: 0, unservedLineNos: [], endReason: null },
  };
  // The choice takes its time in the read database: nothing is locked meanwhile.
  const choice = at === 'UNSERVED' ? undefined : await chooseSellers(deps, factorsOf(deps.sql), { lines, at });
  await assertOffersKnown(deps.read, choice?.unserved ?? [], unassigned);

  await deps.finish(async sql => {
    const change =
      choice === undefined
        ? unavailable(
            unassigned,
            [],
            lines.map(({ lineNo }) => lineNo),
            'the address lies outside every hub',
          )
        : assign(
            unassigned,
            [],
            choice,
            await holdLaneFactors(
              sql,
              choice.parcels.map(({ laneId }) => laneId),
            ),
            uuidv7,
          );
    await insertChange(sql, change, order.shipTo);
  });
}
