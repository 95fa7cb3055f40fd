import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chooseSellers, type ChooseRequest, type FactorOf, type Line } from './choose-sellers.ts';
import { readWorld, type ReadWorld } from './testing/read-world.ts';

let world: ReadWorld;
// Off the coast: no road network reaches there, so that distances are great circles times the detour.
const at = { lat: -33, lon: -48, hub: 'RS', locatedBy: 'POINT' } as const;
const none: FactorOf = () => Promise.resolve(new Map<string, number>());

beforeAll(async () => {
  world = await readWorld('choose');
  const beside = (id: string, steps: number, more: object = {}) => ({
    ...{ id, lat: at.lat, lon: at.lon + steps / 100, state: 'RS' },
    ...more,
  });
  await world.sellers(
    ...[beside('near', 1), beside('far', 300), beside('paused', 1, { status: 'PAUSED' })],
    beside('away', 1, { state: 'SP' }),
    ...Array.from({ length: 30 }, (_, index) => beside(`many${String(index).padStart(2, '0')}`, index + 10)),
  );
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`many${String(i).padStart(2, '0')}`, 1]));
  await world.stock({
    lamp: { near: 5, far: 50, paused: 50 },
    rug: { far: 7 },
    vase: { near: 3 },
    cup: many,
    pen: { near: 9, away: 9 },
    ...Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`thing${String(index)}`, { near: 1, far: 1 }])),
  });
  await world.write(
    `insert into stats.seller_handling (seller_id, median_minutes, order_count, updated_at)
     values ($1, 600, 100, now()), ($2, 600, 100, now()), ($3, 60, 100, now())`,
    ['near', 'far', 'away'].map(name => world.id(name)),
  );
});
afterAll(() => world.dispose());

const line = (lineNo: number, product: string, quantity = 1): Line => ({
  ...{ lineNo, productId: world.id(product), quantity },
});
const choose = (lines: Line[], more: Partial<ChooseRequest> = {}, factorOf = none) =>
  chooseSellers(world, factorOf, { lines, at, ...more });
const named = (ids: readonly { sellerId: string }[]): string[] =>
  ids.map(({ sellerId }) => sellerId.slice(world.prefix.length + 1));

describe('candidates', () => {
  test('are active and have enough, the best first', async () => {
    const of = async (quantity: number) => named((await choose([line(1, 'lamp', quantity)])).byLine.get(1) ?? []);
    expect(await of(1)).toEqual(['near', 'far']);
    expect(await of(5)).toEqual(['near', 'far']);
    expect(await of(6)).toEqual(['far']);
    expect(await of(51)).toEqual([]);
  });

  test('need enough for all lines of a product together', async () => {
    const { byLine } = await choose([line(1, 'lamp', 3), line(2, 'lamp', 3)]);
    expect([named(byLine.get(1) ?? []), named(byLine.get(2) ?? [])]).toEqual([['far'], ['far']]);
  });

  test('are the 25 nearest', async () => {
    const { byLine } = await choose([line(1, 'cup')]);
    const expected = Array.from({ length: 25 }, (_, index) => `many${String(index).padStart(2, '0')}`);
    expect(named(byLine.get(1) ?? []).sort()).toEqual(expected);
  });

  test('are not those who are out of the question for the line', async () => {
    const excluded = new Map([[1, new Set([world.id('near')])]]);
    const { byLine } = await choose([line(1, 'lamp'), line(2, 'vase')], { excluded });
    expect([named(byLine.get(1) ?? []), named(byLine.get(2) ?? [])]).toEqual([['far'], ['near']]);
  });

  test('come with their way: distances times the detour, the lane from hub to hub', async () => {
    const [away, near] = (await choose([line(1, 'pen')])).byLine
      .get(1)!
      .toSorted((one, other) => (one.laneId < other.laneId ? 1 : -1));
    expect(near).toMatchObject({ laneId: 'RS>RS', hub: 'RS', lineHaulKm: 0, handlingOrders: 100, penaltyMinutes: 0 });
    expect(away).toMatchObject({ laneId: 'SP>RS', hub: 'SP' });
    // São Paulo to Porto Alegre is 850 km as the crow flies.
    expect(away!.lineHaulKm).toBeGreaterThan(850 * 1.28);
    expect(away!.lineHaulKm).toBeLessThan(850 * 1.32);
    expect(away!.lastMileKm).toBeCloseTo(near!.lastMileKm, 6);
  });
});

describe('the choice', () => {
  test('is the best of each line; who serves several gets one parcel', async () => {
    const { parcels, unserved } = await choose([line(1, 'lamp'), line(2, 'rug'), line(3, 'vase')]);
    const by = parcels.map(parcel => [...named([parcel]), parcel.lines.map(({ lineNo }) => lineNo)]);
    expect(by).toEqual([
      ['near', [1, 3]],
      ['far', [2]],
    ]);
    expect(parcels[0]!.chosen.sellerId).toBe(parcels[0]!.sellerId);
    expect(unserved).toEqual([]);
  });

  test('leaves out what nobody has', async () => {
    const { parcels, unserved } = await choose([line(1, 'lamp'), line(2, 'rug', 8), line(3, 'no-such')]);
    expect(unserved.map(({ lineNo }) => lineNo)).toEqual([2, 3]);
    expect(named(parcels)).toEqual(['near']);
  });

  test('avoids a lane that jams', async () => {
    const asked: string[][] = [];
    const jam: FactorOf = laneIds => {
      asked.push(laneIds.toSorted());
      return Promise.resolve(new Map([['RS>RS', 10]]));
    };
    expect(named((await choose([line(1, 'pen')])).parcels)).toEqual(['near']);
    const { parcels } = await choose([line(1, 'pen')], {}, jam);
    expect(asked).toEqual([['RS>RS', 'SP>RS']]);
    const near = parcels[0]!.candidates.find(({ laneId }) => laneId === 'RS>RS')!;
    expect(near.delayMinutes).toBe(9 * near.lineHaulMinutes);
    expect(near.explanation).toMatch(/since RS>RS takes 10 times as long now/);
  });

  test('takes as many statements for ten lines as for one', async () => {
    const counts: number[] = [];
    for (const lines of [1, 10]) {
      world.statements.length = 0;
      await choose(Array.from({ length: lines }, (_, index) => line(index + 1, `thing${String(index)}`)));
      counts.push(world.statements.length);
    }
    // Candidates with their figures, road kilometres.
    expect(counts).toEqual([2, 2]);
  });
});
