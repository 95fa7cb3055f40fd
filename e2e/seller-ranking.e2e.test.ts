import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { SellerRank } from './order-types.ts';
import { openOrderWorld, places, type OrderWorld } from './order-world.ts';

const home = places.portoAlegre;
const handedOver = 3;

describe('the ranking of sellers', () => {
  let world: OrderWorld;
  let sellers: [string, string];

  beforeAll(async () => {
    world = await openOrderWorld('rank');
    sellers = (await world.sellers(places.portoAlegreEast, places.portoAlegre)) as [string, string];
    const [sellerId] = sellers;
    const productId = await world.product(home, { seller: sellerId, available: 50 });
    await world.product(home, { seller: sellers[1], available: 50 });
    const customer = await world.customer(home, 10_000_000);
    const orders = await Promise.all(
      Array.from({ length: handedOver }, () => world.place(customer, [{ productId, quantity: 1 }])),
    );
    for (const { id } of orders) {
      await world.until(id, 'CONFIRMED');
      const { userErrors } = await world.operator.confirmHandover({ orderId: id, sellerId });
      expect(userErrors).toEqual([]);
    }
  }, 60_000);
  afterAll(() => world.dispose());

  /** Computes the day anew until it holds what the read database was still to be told. */
  async function ranked(): Promise<SellerRank[]> {
    return await waitFor(
      async () => {
        const { jobId, userErrors } = await world.operator.runSellerRanking();
        expect({ jobId, userErrors }).toEqual({ jobId: expect.any(String), userErrors: [] });
        const ranking = await world.operator.sellerRanking();
        const own = ranking.find(({ sellerId }) => sellerId === sellers[0]);
        return own !== undefined && own.orderCount >= handedOver ? ranking : undefined;
      },
      { timeoutMs: 25_000, intervalMs: 250, what: 'the day with the hand-overs' },
    );
  }
  const ownOf = (ranking: SellerRank[]) => ranking.filter(({ sellerId }) => sellers.includes(sellerId));

  test('counts the hand-overs of the day, best first, and says why', async () => {
    const ranking = await ranked();
    expect(ranking.map(({ rank }) => rank)).toEqual(ranking.map((_, at) => at + 1));
    expect(new Set(ranking.map(({ day }) => day)).size).toBe(1);
    const own = ranking.find(({ sellerId }) => sellerId === sellers[0]);
    expect(own).toMatchObject({ orderCount: handedOver, penaltyScore: 0, penaltyMinutes: 0 });
    expect(own?.reason).toEqual(expect.stringMatching(/\w/));
    expect(own!.lateHandoverRate >= 0 && own!.lateHandoverRate <= 1).toBe(true);
    const scores = ranking.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((one, other) => one - other));

    type Data = { seller: { ranking: { rank: number; orderCount: number } | null } };
    const { seller } = await world.nobody.graph.ask<Data>(
      'query ($id: ID!) { seller(id: $id) { ranking { rank orderCount } } }',
      { id: sellers[0] },
    );
    expect(seller.ranking).toMatchObject({ orderCount: handedOver });
  }, 60_000);

  test('is the same when the same day is computed twice', async () => {
    const first = ownOf(await ranked());
    const again = ownOf(await ranked());
    const counted = (rows: SellerRank[]) =>
      rows
        .map(({ sellerId, orderCount, lateHandoverRate, penaltyScore }) => [
          ...[sellerId, orderCount, lateHandoverRate, penaltyScore],
        ])
        .sort();
    expect(counted(again)).toEqual(counted(first));
    expect(new Set(again.map(({ sellerId }) => sellerId)).size).toBe(again.length);
  }, 60_000);

  test('a day without anything has none', async () => {
    expect(await world.operator.sellerRanking('2001-01-01')).toEqual([]);
  });
});
