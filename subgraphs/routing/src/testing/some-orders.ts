import type { z } from 'zod';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import type { OrderPlaced } from '@waygraph/schema/events/orders';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { assignSeller } from '../assign-seller.ts';
import { startDeliveries } from '../start-deliveries.ts';
import { readWorld } from './read-world.ts';

type Placed = z.infer<(typeof OrderPlaced)['data']>;

/** A day of the routing service in the test's own databases: sellers near two hubs, and orders that go their way. */
export async function someOrders(name: string) {
  const [world, database] = [await readWorld(name), await ownDatabase('routing')];
  const { pool, sql, finish } = database;
  const { read, locate, roadKm } = world;

  /** An order as it comes from orders; products are named as in `world.stock`. */
  const placed = (products: readonly string[], change: Partial<Placed> = {}): Placed => ({
    ...{ orderId: uniqueId('order'), customerId: uniqueId('customer'), sellerIds: [], status: 'PENDING', version: 1 },
    ...{ placedAt: new Date().toISOString(), payment: 'WALLET', allowPartial: false, subtotalMinor: 100 },
    lines: products.map((product, index) => ({
      ...{ lineNo: index + 1, productId: world.id(product), quantity: 1, unitPriceMinor: 100 },
    })),
    shipTo: { postalCode: '00000-000', city: 'Nowhere', state: 'RS' },
    ...change,
  });

  return {
    ...{ world, pool, sql, finish, read, locate, roadKm, placed },
    assign: async (order: Placed): Promise<Placed> => {
      await assignSeller({ read, locate, roadKm, sql, finish }, order);
      return order;
    },
    confirm: (orderId: string, attempt = 1) => finish(inside => startDeliveries(inside, [{ orderId, attempt }])),
    /** What was told of a key, in the order of its seq. */
    events: async (key: string) =>
      (
        await sql<{ type: string; seq: string; payload: Record<string, unknown> }>(
          'select type, seq, payload from outbox where key = $1 order by topic, seq',
          [key],
        )
      ).map(row => ({ ...row, seq: Number(row.seq) })),
    dispose: async () => {
      await world.dispose();
      await database.dispose();
    },
  };
}

export type SomeOrders = Awaited<ReturnType<typeof someOrders>>;

export const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
