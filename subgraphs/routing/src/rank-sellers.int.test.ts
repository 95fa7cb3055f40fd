import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { businessDay } from './business-day.ts';
import { chooseSellers } from './choose-sellers.ts';
import { listSellerRanking, newestRanks } from './list-seller-ranking.ts';
import { rankSellersOfDay } from './rank-sellers.ts';
import { readWorld, type ReadWorld } from './testing/read-world.ts';

const timeZone = 'America/Sao_Paulo';
let world: ReadWorld;
beforeAll(async () => {
  world = await readWorld('rank');
  const place = { lat: -33, lon: -48, state: 'RS' };
  await world.sellers(
    { id: 'late', ...place },
    { id: 'good', ...place },
    { id: 'old', ...place },
    { id: 'few', ...place },
  );
  await world.stock({ lamp: { late: 5, good: 5 } });
});
afterAll(async () => {
  await world.write('delete from stats.mv_seller_ranking where day = any($1)', [
    ['1998-06-30', '1999-06-30', '1999-11-30'],
  ]);
  await world.dispose();
});

type Parcel = { seller: string; due: string; handedOver?: string | undefined; status?: string };
const parcels = async (...rows: Parcel[]) => {
  await world.write(
    `insert into stats.deliveries (id, order_id, seller_id, lane_id, status, started_at, handover_due_at, handed_over_at,
       version, updated_at)
     select $2 || gen_random_uuid(), 'o', $2 || seller, 'RS>RS', coalesce(status, 'STARTED'), due::timestamptz - interval '3 days',
       due::timestamptz, "handedOver"::timestamptz, 1, now()
     from jsonb_to_recordset($1::jsonb) as r(seller text, due text, "handedOver" text, status text)`,
    [JSON.stringify(rows), `${world.prefix}-`],
  );
};
const many = (count: number, parcel: Parcel): Parcel[] => Array.from({ length: count }, () => parcel);
const rank = (day: string, now = new Date()) => rankSellersOfDay({ pool: world.pool, timeZone, now }, day);
const own = async (day: string) =>
  await world.write(
    `select substr(seller_id, $3) as seller, late_handover_rate as rate, order_count as orders, penalty_minutes as penalty, reason
     from stats.mv_seller_ranking where day = $1 and seller_id like $2 order by seller_id`,
    [day, `${world.prefix}-%`, world.prefix.length + 2],
  );

test('counts hand-overs by the day’s end: late ones, and those that are due and have not come', async () => {
  await parcels(
    // Of the last 60 days before the end of 1998-06-30 in São Paulo (UTC-3).
    ...many(8, { seller: 'good', due: '1998-06-20T12:00:00Z', handedOver: '1998-06-20T12:00:00Z' }),
    ...many(2, { seller: 'good', due: '1998-07-01T02:59:59Z', handedOver: '1998-07-01T03:00:00Z' }),
    { seller: 'good', due: '1998-07-01T03:00:00Z' },
    { seller: 'good', due: '1998-06-20T12:00:00Z', status: 'CANCELLED' },
    ...many(9, { seller: 'late', due: '1998-06-20T12:00:00Z', handedOver: '1998-06-20T12:00:01Z' }),
    { seller: 'late', due: '1998-06-20T12:00:00Z' },
    // Older ones count when there are few in 60 days, up to a year.
    ...many(11, { seller: 'old', due: '1998-01-20T12:00:00Z', handedOver: '1998-01-21T12:00:00Z' }),
    { seller: 'old', due: '1998-06-20T12:00:00Z', handedOver: '1998-06-20T12:00:00Z' },
    ...many(20, { seller: 'few', due: '1997-01-20T12:00:00Z', handedOver: '1997-01-21T12:00:00Z' }),
  );
  expect(await rank('1998-06-30')).toBeGreaterThanOrEqual(4);
  expect(await own('1998-06-30')).toMatchObject([
    { seller: 'few', orders: 0, rate: 0, penalty: 0 },
    { seller: 'good', orders: 10, rate: 0.2, penalty: 0 },
    { seller: 'late', orders: 10, rate: 1 },
    { seller: 'old', orders: 12, reason: expect.stringContaining('11 of 12 hand-overs late in 365 days') },
  ]);
});

test('the same day twice gives the same rows, also by two at once; no two share a rank', async () => {
  const first = await own('1998-06-30');
  await Promise.all([rank('1998-06-30'), rank('1998-06-30')]);
  expect(await own('1998-06-30')).toEqual(first);
  // Other tests take their sellers' rows away meanwhile, so that there may be gaps.
  const ranks = await world.write<{ rank: number }>(
    `select rank from stats.mv_seller_ranking where day = '1998-06-30'`,
  );
  expect(new Set(ranks.map(row => row.rank)).size).toBe(ranks.length);
});

test('its 60 days are those of its time zone, whatever the hour was then', async () => {
  // New York left summer time in between: midnight was 04:00 in UTC then, and is 05:00 now.
  await parcels(...many(9, { seller: 'few', due: '1999-11-20T12:00:00Z', handedOver: '1999-11-20T12:00:00Z' }), {
    seller: 'few',
    due: '1999-10-02T04:30:00Z',
    handedOver: '1999-10-02T04:30:00Z',
  });
  await rankSellersOfDay({ pool: world.pool, timeZone: 'America/New_York', now: new Date() }, '1999-11-30');
  const few = (await own('1999-11-30')).find(({ seller }) => seller === 'few');
  expect(few).toMatchObject({ orders: 10, reason: expect.stringContaining('in 60 days') });
});

test('a day that is not over is ranked by what is known so far', async () => {
  await parcels({ seller: 'few', due: '1999-06-30T20:00:00Z' });
  await rank('1999-06-30', new Date('1999-06-30T19:00:00Z'));
  expect((await own('1999-06-30'))[0]).toMatchObject({ seller: 'few', orders: 0 });
  await rank('1999-06-30', new Date('1999-06-30T21:00:00Z'));
  expect((await own('1999-06-30'))[0]).toMatchObject({ seller: 'few', orders: 1, rate: 1 });
});

test('the newest penalty enters the next score, and is told of the seller', async () => {
  const at = { lat: -33, lon: -48, hub: 'RS', locatedBy: 'POINT' } as const;
  const choose = async () => {
    const lines = [{ lineNo: 1, productId: world.id('lamp'), quantity: 1 }];
    const { byLine } = await chooseSellers(world, () => Promise.resolve(new Map()), { lines, at });
    return new Map((byLine.get(1) ?? []).map(candidate => [candidate.sellerId, candidate]));
  };
  const before = await choose();
  const yesterday = new Date(Date.now() - 86_400_000);
  const due = yesterday.toISOString();
  const handedOver = new Date(yesterday.getTime() + 3_600_000).toISOString();
  await parcels(
    ...many(40, { seller: 'late', due, handedOver }),
    ...many(40, { seller: 'good', due, handedOver: due }),
  );
  await rank(businessDay(new Date(), timeZone));

  const [late, good, unknown] = await newestRanks(world.read, [world.id('late'), world.id('good'), uniqueId('x\0')]);
  expect(unknown).toBeNull();
  expect(late!.penaltyMinutes).toBeGreaterThan(0);
  expect(good).toMatchObject({ penaltyMinutes: 0, lateHandoverRate: 0, orderCount: 40 });
  const after = await choose();
  for (const seller of [late!, good!]) {
    const [was, is] = [before.get(seller.sellerId)!, after.get(seller.sellerId)!];
    expect(is.penaltyMinutes).toBe(seller.penaltyMinutes);
    expect(is.score - is.penaltyMinutes).toBe(was.score - was.penaltyMinutes);
  }
  expect([...after.keys()][0]).toBe(world.id('good'));
});

test('a ranking is read in pages, without gap or repeat; a day without one is empty', async () => {
  const all: { rank: number; sellerId: string }[] = [];
  for (let after: string | undefined; ;) {
    const rows = await listSellerRanking(world.read, '1998-06-30', { first: 3, after });
    all.push(...rows.slice(0, 3));
    if (rows.length <= 3) break;
    after = String(rows[2]!.rank);
  }
  expect(all.map(row => row.rank)).toEqual([...new Set(all.map(row => row.rank))].toSorted((a, b) => a - b));
  expect(all.filter(({ sellerId }) => sellerId.startsWith(world.prefix))).toHaveLength(4);
  expect(await listSellerRanking(world.read, '1997-01-01', { first: 3, after: undefined })).toEqual([]);
});
