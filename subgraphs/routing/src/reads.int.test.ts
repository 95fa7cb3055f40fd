import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EtaChanged } from '@waygraph/schema/events/delivery';
import { LaneFactorChanged } from '@waygraph/schema/events/lane';
import { applyLaneFactor } from './apply-lane-factor.ts';
import { startRouting, type Routing } from './testing/start-routing.ts';

const operator = { sub: 'op', role: 'operator' } as const;
const carrier = { sub: 'truck', role: 'carrier' } as const;
const stranger = { sub: 'stranger', role: 'customer' } as const;

const ordersQuery = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Order {
  eta { id }
  deliveries { sellerId status order { id } seller { id } eta { id expectedAt parts { name minutes } }
    route { kind from to laneId delayFactor lane { id delayFactor } }
    etaHistory(first: 5) { nodes { id version reason } }
    assignment { attempt decidedAt chosen { sellerId seller { id } score } candidates { sellerId } } } } } }`;
const history = `query ($orderId: ID!, $sellerId: ID!, $first: Int! = 20, $after: String) {
  delivery(orderId: $orderId, sellerId: $sellerId) { id
    etaHistory(first: $first, after: $after) { nodes { version } pageInfo { hasNextPage endCursor } } } }`;
const ofSeller = `query ($r: [_Any!]!, $first: Int! = 20, $after: String, $status: [DeliveryStatus!]) {
  _entities(representations: $r) { ... on Seller { deliveries(first: $first, after: $after, status: $status) {
    nodes { orderId status } pageInfo { hasNextPage endCursor } } } } }`;
const factorSet = `mutation ($laneId: ID!, $factor: Float!, $ttlMinutes: Int!) {
  setDelayFactor(laneId: $laneId, factor: $factor, ttlMinutes: $ttlMinutes) {
    lane { id from to delayFactor updatedAt } cursor userErrors { code field } } }`;
const record = '{ eventId type key seq at payload }';

type OrderEntity = {
  eta: { id: string } | null;
  deliveries: { sellerId: string; eta: { id: string; expectedAt: string }; assignment: unknown }[];
};

describe('what is told of parcels and lanes', () => {
  let routing: Routing;
  beforeAll(async () => {
    routing = await startRouting('reads');
    await routing.world.write(
      `insert into stats.lanes (lane_id, origin, destination, median_minutes, q05, q50, q938, q95, order_count, updated_at)
       values ('RS>RS', 'RS', 'RS', 600, 0.5, 1, 1.8, 1.9, 10, now()), ('SP>RS', 'SP', 'RS', 2000, 0.5, 1, 1.8, 1.9, 10, now())
       on conflict do nothing`,
    );
    await routing.world.sellers(
      { id: 'here', lat: -30.04, lon: -51.21, state: 'RS' },
      { id: 'there', lat: -23.55, lon: -46.63, state: 'SP' },
    );
    await routing.world.stock({ bread: { here: 99 }, milk: { there: 99 } });
  });
  afterAll(() => routing.dispose());

  type Asking = Parameters<Routing['ask']>[0];
  const seller = (name: string) => ({ sub: routing.world.id(name), role: 'seller' }) as const;
  const ask = async (viewer: Asking, orderIds: readonly string[]): Promise<OrderEntity[]> => {
    const answer = await routing.ask(viewer, ordersQuery, { r: orderIds.map(id => ({ __typename: 'Order', id })) });
    expect(answer.errors).toBeUndefined();
    return answer.data._entities as OrderEntity[];
  };
  const place = async () => {
    const { orderId, customerId } = await routing.assign(routing.placed(['bread', 'milk']));
    return { orderId, customer: { sub: customerId, role: 'customer' } as const };
  };

  test('an order has its parcels; its estimate is that of the last', async () => {
    const { orderId, customer } = await place();
    const [order] = await ask(customer, [orderId]);
    expect(order?.deliveries).toMatchObject([
      {
        ...{
          sellerId: seller('here').sub,
          status: 'ASSIGNED',
          order: { id: orderId },
          seller: { id: seller('here').sub },
        },
        route: [
          { kind: 'HANDLING' },
          { kind: 'LINE_HAUL', from: 'RS', to: 'RS', laneId: 'RS>RS' },
          { kind: 'LAST_MILE' },
        ],
        etaHistory: { nodes: [{ version: 1, reason: 'ASSIGNED' }] },
        assignment: { attempt: 1, chosen: { sellerId: seller('here').sub } },
      },
      { sellerId: seller('there').sub, route: [{}, { laneId: 'SP>RS', lane: { id: 'SP>RS' } }, {}] },
    ]);
    expect(order?.eta).toEqual({ id: order?.deliveries[1]?.eta.id });
  });

  test('each sees what is theirs; for others, and of orders nobody knows, there is nothing', async () => {
    const { orderId, customer } = await place();
    const sellersOf = async (viewer: Asking) =>
      (await ask(viewer, [orderId]))[0]?.deliveries.map(each => each.sellerId);
    const both = [seller('here').sub, seller('there').sub];
    expect(await sellersOf(customer)).toEqual(both);
    expect(await sellersOf(operator)).toEqual(both);
    expect(await sellersOf(carrier)).toEqual(both);
    expect(await sellersOf(seller('here'))).toEqual([seller('here').sub]);
    for (const viewer of [undefined, stranger, seller('nobody')])
      expect(await ask(viewer, [orderId])).toEqual([{ eta: null, deliveries: [] }]);
    expect(await ask(operator, ['unknown', 'a\0b'])).toEqual([1, 2].map(() => ({ eta: null, deliveries: [] })));

    const one = async (viewer: Asking) =>
      (await routing.ask(viewer, history, { orderId, sellerId: seller('here').sub })).data.delivery;
    expect(await one(customer)).not.toBeNull();
    for (const viewer of [undefined, stranger, seller('there')]) expect(await one(viewer)).toBeNull();

    const assignments = async (viewer: Asking) =>
      (await ask(viewer, [orderId]))[0]?.deliveries.map(each => each.assignment);
    expect(await assignments(carrier)).toEqual([null, null]);
    expect(await assignments(seller('there'))).toMatchObject([{ candidates: [{ sellerId: seller('there').sub }] }]);
  });

  test('parcels, estimates and assignments of many orders take as many statements as those of two', async () => {
    const some = await Promise.all(Array.from({ length: 12 }, place));
    const count = async (orders: typeof some) => {
      routing.statements.length = 0;
      routing.world.statements.length = 0;
      await ask(
        operator,
        orders.map(({ orderId }) => orderId),
      );
      return [routing.statements.length, routing.world.statements.length];
    };
    const two = await count(some.slice(0, 2));
    expect(await count(some)).toEqual(two);
    // Parcels with their estimates, histories, assignments, factors; and lanes from the read database.
    expect(two).toEqual([4, 1]);
  });

  test('the history of a parcel comes page by page, newest first; each of its estimates stays what it was', async () => {
    const { orderId, customer } = await place();
    const variables = { orderId, sellerId: seller('here').sub };
    const [before] = await ask(customer, [orderId]);
    for (const factor of [2, 3]) {
      await routing.ask(operator, factorSet, { laneId: 'RS>RS', factor, ttlMinutes: 5 });
      await applyLaneFactor(routing.pool, 'RS>RS');
    }
    const page = async (more: object) =>
      (await routing.ask(customer, history, { ...variables, ...more })).data.delivery?.etaHistory;
    const first = await page({ first: 2 });
    expect(first).toMatchObject({ nodes: [{ version: 3 }, { version: 2 }], pageInfo: { hasNextPage: true } });
    const last = await page({ first: 2, after: first?.pageInfo.endCursor });
    expect(last).toMatchObject({ nodes: [{ version: 1 }], pageInfo: { hasNextPage: false } });

    const eta = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Eta { id expectedAt version parts { name } } } }`;
    const { id, expectedAt } = before!.deliveries[0]!.eta;
    const read = async (viewer: Asking, etaId = id) =>
      (await routing.ask(viewer, eta, { r: [{ __typename: 'Eta', id: etaId }] })).data._entities;
    expect(await read(customer)).toMatchObject([{ id, expectedAt, version: 1, parts: [{}, {}, {}, {}] }]);
    expect(await read(seller('here'))).toHaveLength(1);
    for (const viewer of [undefined, stranger, seller('there')]) expect(await read(viewer)).toEqual([null]);
    expect(await read(operator, 'no id')).toEqual([null]);
  });

  test("a seller's parcels, newest first; for others there are none", async () => {
    const orderIds = [(await place()).orderId, (await place()).orderId, (await place()).orderId];
    await routing.confirm(orderIds[1]!);
    const list = async (viewer: Asking, more: object = {}) => {
      const r = [{ __typename: 'Seller', id: seller('here').sub }];
      const { data, errors } = await routing.ask(viewer, ofSeller, { r, ...more });
      expect(errors).toBeUndefined();
      return (data._entities as { deliveries: { nodes: { orderId: string }[]; pageInfo: { endCursor: string } } }[])[0]!
        .deliveries;
    };
    const first = await list(seller('here'), { first: 2 });
    expect(first.nodes.map(({ orderId }) => orderId)).toEqual([orderIds[2], orderIds[1]]);
    const forged = Buffer.from(`deliveries:${'-'.repeat(36)}`).toString('base64url');
    const r = [{ __typename: 'Seller', id: seller('here').sub }];
    const { errors } = await routing.ask(seller('here'), ofSeller, { r, after: forged });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }]);
    const next = await list(seller('here'), { first: 1, after: first.pageInfo.endCursor });
    expect(next.nodes.map(({ orderId }) => orderId)).toEqual([orderIds[0]]);
    expect((await list(operator, { status: ['STARTED'] })).nodes).toEqual([
      { orderId: orderIds[1], status: 'STARTED' },
    ]);
    for (const viewer of [undefined, stranger, seller('there'), carrier])
      expect((await list(viewer)).nodes).toEqual([]);
  });

  test('the present estimates as records: what the events said', async () => {
    const { orderId, customer } = await place();
    const read = async (viewer: Asking) =>
      (await routing.ask(viewer, `query ($id: ID!) { etaRecords(orderId: $id) ${record} }`, { id: orderId })).data
        .etaRecords;
    const told = (await routing.events(orderId)).filter(({ type }) => type === 'EtaChanged');
    const records = await read(customer);
    expect(records.map(({ type, key, seq }) => ({ type, key, seq }))).toEqual(
      told.map(({ seq }) => ({ type: 'EtaChanged', key: orderId, seq })),
    );
    expect(records.map(({ payload }) => EtaChanged.parse(JSON.parse(payload)).data)).toEqual(
      told.map(({ payload }) => payload),
    );
    expect(await read(seller('here'))).toHaveLength(1);
    for (const viewer of [undefined, stranger, carrier]) expect(await read(viewer)).toEqual([]);
  });

  test('a lane right after its factor was set, and the present factors as records', async () => {
    const answer = (await routing.ask(operator, factorSet, { laneId: 'SP>RS', factor: 1.5, ttlMinutes: 5 })).data;
    expect(answer.setDelayFactor).toMatchObject({
      ...{ lane: { id: 'SP>RS', from: 'SP', to: 'RS', delayFactor: 1.5 }, cursor: expect.any(String), userErrors: [] },
    });
    const read = async (laneIds?: string[]) =>
      (await routing.ask(undefined, `query ($ids: [ID!]) { laneRecords(laneIds: $ids) ${record} }`, { ids: laneIds }))
        .data.laneRecords;
    const [told] = (await routing.events('SP>RS')).toReversed();
    const [lane] = await read(['SP>RS']);
    expect(lane).toMatchObject({ type: 'LaneFactorChanged', key: 'SP>RS', seq: told?.seq });
    expect(LaneFactorChanged.parse(JSON.parse(lane!.payload)).data).toEqual(told?.payload);
    expect((await read()).length).toBeGreaterThanOrEqual(1);
    expect(await read([])).toEqual([]);
    const refused = (await routing.ask(operator, factorSet, { laneId: 'SP>RS', factor: 11, ttlMinutes: 5 })).data;
    expect(refused.setDelayFactor).toEqual({
      ...{ lane: null, cursor: null, userErrors: [{ code: 'INVALID_INPUT', field: ['factor'] }] },
    });
  });

  test('a ranking is asked for by operators, of a day that exists', async () => {
    const run = async (viewer: Asking, day?: string) =>
      (
        await routing.ask(
          viewer,
          'mutation ($day: Date) { runSellerRanking(day: $day) { jobId userErrors { code field } } }',
          { day },
        )
      ).data.runSellerRanking;
    expect(await run(operator, '2024-11-20')).toEqual({ jobId: 'job', userErrors: [] });
    expect(await run(operator)).toEqual({ jobId: 'job', userErrors: [] });
    expect(routing.asked).toEqual([{ day: '2024-11-20' }, { day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) }]);
    expect(await run(operator, '2026-02-30')).toMatchObject({
      userErrors: [{ code: 'INVALID_INPUT', field: ['day'] }],
    });
    // Its ranking would count as the newest one until then.
    expect(await run(operator, '2999-01-01')).toMatchObject({
      userErrors: [{ code: 'INVALID_INPUT', field: ['day'] }],
    });
    expect(await run(carrier)).toMatchObject({ jobId: null, userErrors: [{ code: 'FORBIDDEN', field: null }] });
  });
});
