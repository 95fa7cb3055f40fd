import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rankSellersOfDay } from './rank-sellers.ts';
import { startRouting, type Routing } from './testing/start-routing.ts';
import type { SellerRankingConnection } from './types.generated.ts';

let routing: Routing;
const customer = { sub: 'c', role: 'customer' } as const;
const timeZone = 'America/Sao_Paulo';
// Two letters that are no state's, so that these lanes are this test's.
const [a, b] = [0, 1].map(() => `q${String.fromCharCode(97 + Math.floor(Math.random() * 26))}`) as [string, string];
const origin = a === b ? 'zz' : a;
const lanes = [`${origin}>AA`, `${origin}>BB`, `${origin}>CC`];

beforeAll(async () => {
  routing = await startRouting('read');
  const { world } = routing;
  await world.write(
    `insert into stats.lanes (lane_id, origin, destination, median_minutes, q05, q50, q938, q95, order_count, updated_at)
     select $1 || '>' || to_hub, $1, to_hub, 60, 0.5, 1, 1.8, 1.9, 7, '2026-11-01T00:00:00Z'
     from unnest($2::text[]) as to_hub on conflict do nothing`,
    [origin, ['AA', 'BB', 'CC']],
  );
  const place = { lat: -33, lon: -48, state: 'RS' };
  await world.sellers(...['a', 'b', 'c', 'd'].map(id => ({ id, ...place })));
  await world.stock({ lamp: { a: 5, b: 5, c: 5, d: 5 } });
  await rankSellersOfDay({ pool: world.pool, timeZone, now: new Date() }, '1996-02-28');
});
afterAll(async () => {
  await routing.world.write('delete from stats.lanes where lane_id = any($1)', [lanes]);
  await routing.world.write(`delete from stats.mv_seller_ranking where day = '1996-02-28'`);
  await routing.dispose();
});

const ask = (query: string, variables: Record<string, unknown> = {}) => routing.ask(undefined, query, variables);
const cursor = (list: string, key: string) => Buffer.from(`${list}:${key}`).toString('base64url');

test('a lane tells its figures; one that is not there is null, whatever its id looks like', async () => {
  const query = 'query ($id: ID!) { lane(id: $id) { id from to delayFactor medianMinutes orderCount updatedAt } }';
  expect((await ask(query, { id: lanes[0] })).data.lane).toEqual({
    ...{ id: lanes[0], from: origin, to: 'AA', delayFactor: 1, medianMinutes: 60, orderCount: 7 },
    updatedAt: '2026-11-01T00:00:00.000Z',
  });
  for (const id of ['', 'XX>YY', 'a\0b']) expect((await ask(query, { id })).data.lane).toBeNull();
});

test('lanes come in pages by id, with one statement for their figures and one for their factors', async () => {
  const query = `query ($first: Int!, $after: String) { lanes(first: $first, after: $after) {
    nodes { id delayFactor updatedAt } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
  routing.statements.length = routing.world.statements.length = 0;
  const first = (await ask(query, { first: 2, after: cursor('lanes', origin) })).data.lanes;
  expect(first.nodes.map(({ id }) => id)).toEqual(lanes.slice(0, 2));
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  expect([routing.world.statements.length, routing.statements.length]).toEqual([1, 1]);
  const second = (await ask(query, { first: 1, after: first.pageInfo.endCursor })).data.lanes;
  expect(second.nodes.map(({ id }) => id)).toEqual([lanes[2]]);
});

test('a ranking comes by day in pages, best first, and leads to the sellers', async () => {
  const query = `query ($day: Date, $first: Int!, $after: String) { sellerRanking(day: $day, first: $first, after: $after) {
    nodes { sellerId seller { id } rank score penaltyScore penaltyMinutes lateHandoverRate orderCount day reason }
    pageInfo { hasNextPage endCursor } } }`;
  const seen: string[] = [];
  for (let after: string | null = null, more = true; more;) {
    const page: SellerRankingConnection = (await ask(query, { day: '1996-02-28', first: 3, after })).data.sellerRanking;
    const { nodes, pageInfo } = page;
    for (const { sellerId, seller, day } of nodes) expect([seller?.id, day]).toEqual([sellerId, '1996-02-28']);
    seen.push(...nodes.map(({ sellerId }) => sellerId));
    [after, more] = [pageInfo.endCursor ?? null, pageInfo.hasNextPage];
  }
  const own = ['a', 'b', 'c', 'd'].map(name => routing.world.id(name));
  expect(seen.filter(id => own.includes(id))).toEqual(own);
  expect((await ask(query, { day: '1996-02-27', first: 3 })).data.sellerRanking.nodes).toEqual([]);
});

test('places of many sellers in the newest ranking take one statement; a seller without one has null', async () => {
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Seller { id ranking { rank } } } }`;
  const ids = ['a', 'b', 'none'].map(name => routing.world.id(name));
  routing.world.statements.length = 0;
  const { data } = await ask(query, { r: ids.map(id => ({ __typename: 'Seller', id })) });
  expect(data._entities).toHaveLength(3);
  expect((data._entities as unknown[])[2]).toEqual({ id: ids[2], ranking: null });
  expect(routing.world.statements).toHaveLength(1);
});

test.each([
  ['lanes(first: 0) { nodes { id } }', 'first'],
  ['lanes(first: 101) { nodes { id } }', 'first'],
  ['lanes(after: "nonsense") { nodes { id } }', 'after'],
  [`lanes(after: "${cursor('ranking', '1')}") { nodes { id } }`, 'after'],
  [`sellerRanking(after: "${cursor('ranking', 'x')}") { nodes { rank } }`, 'after'],
  [`sellerRanking(after: "${cursor('lanes', 'x')}") { nodes { rank } }`, 'after'],
  ['sellerRanking(day: "2026-02-30") { nodes { rank } }', 'day'],
  ['sellerRanking(day: "today") { nodes { rank } }', 'day'],
  ['sellerRanking(day: "0000-01-01") { nodes { rank } }', 'day'],
  ['sellerRanking(day: 20261121) { nodes { rank } }', 'day'],
  [`lanes(after: "${cursor('lanes', 'RS\0')}") { nodes { id } }`, 'after'],
])('%s is refused, naming the argument', async (field, argument) => {
  const { errors } = await ask(`{ ${field} }`);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }]);
});

test('a quote is for customers and operators; what others ask for is refused in its userErrors', async () => {
  const query = `query ($lines: [PlaceOrderLineInput!]!) {
    quoteDelivery(lines: $lines, shipTo: { point: { lat: -33, lon: -48 }, postalCode: "90010", city: "Porto Alegre", state: "RS" }) {
      expectedAt promisedAt locatedBy userErrors { code field }
      candidates { sellerId seller { id } score } lines { quantity chosen { sellerId explanation } } } }`;
  const lines = [1, 2].map(quantity => ({ productId: routing.world.id('lamp'), quantity }));
  const { data } = await routing.ask(customer, query, { lines });
  expect(data.quoteDelivery).toMatchObject({ locatedBy: 'POINT', userErrors: [], lines: [{ quantity: 3 }] });
  expect(data.quoteDelivery.candidates.map(({ seller }) => seller?.id)).toHaveLength(4);
  const { quoteDelivery } = (await ask(query, { lines })).data;
  expect(quoteDelivery).toMatchObject({
    ...{ expectedAt: null, locatedBy: null, candidates: [], userErrors: [{ code: 'FORBIDDEN', field: null }] },
  });
});
