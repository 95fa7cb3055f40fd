import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Viewer } from '@waygraph/kit/auth';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { facts } from './testing/saga-facts.ts';
import type { Fact } from './saga-table.ts';
import { anInput, customer, operator, placeOrderMutation, startOrders, type Orders } from './testing/start-orders.ts';

const orderQuery = `query ($id: ID!) { order(id: $id) {
  id customerId status couponCode subtotal { amountMinor } discount { amountMinor } total { amountMinor } shipTo { city }
  lines { lineNo seller { id } } saga { status } timeline { nodes { type } }
} }`;
const listQuery = `query ($first: Int! = 20, $after: String, $status: [OrderStatus!], $sagaStatus: [SagaStatus!], $customerId: ID,
    $placedFrom: DateTime, $placedTo: DateTime) {
  orders(first: $first, after: $after, status: $status, sagaStatus: $sagaStatus, customerId: $customerId, placedFrom: $placedFrom,
    placedTo: $placedTo) {
    nodes { id placedAt lines { name } saga { step } timeline(first: 3) { nodes { type } } }
    edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}`;
const entity = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Order { id total { amountMinor } } } }';

describe('orders', () => {
  let orders: Orders;
  let products: string[];
  beforeAll(async () => {
    orders = await startOrders();
    products = [await orders.product(600), await orders.product(200)];
  });
  afterAll(() => orders.dispose());

  const ana = customer();
  const [one, two, stranger] = [uniqueId('seller'), uniqueId('seller'), uniqueId('seller')];
  const seller = (sub: string): Viewer => ({ sub, role: 'seller' });
  const place = async (viewer = ana, given: Record<string, unknown> = {}) =>
    (await orders.ask(viewer, placeOrderMutation, { input: anInput(products, given) })).data.placeOrder.order!.id;
  const tell = async (orderId: string, ...told: Fact[]) => {
    for (const fact of told) await orders.tell({ ...fact, data: { ...fact.data, orderId } } as Fact);
  };
  const see = async (viewer: Viewer | undefined, id: string) =>
    (await orders.ask(viewer, orderQuery, { id })).data.order;
  const list = async (viewer: Viewer | undefined, variables: Record<string, unknown> = {}) =>
    (await orders.ask(viewer, listQuery, variables)).data.orders;

  test('an order is there for its customer and operators, in part for its sellers, for nobody else', async () => {
    const id = await place(ana, { couponCode: 'TEN' });
    await tell(id, facts.assigned(1, [one, two]), facts.redeemed());
    for (const viewer of [ana, operator])
      expect(await see(viewer, id)).toMatchObject({
        ...{ couponCode: 'TEN', subtotal: { amountMinor: 1000 }, discount: { amountMinor: 100 } },
        ...{ total: { amountMinor: 900 }, saga: { status: 'RUNNING' }, timeline: { nodes: expect.any(Array) } },
        lines: [{ lineNo: 1 }, { lineNo: 2 }],
      });
    expect(await see(seller(two), id)).toEqual({
      ...{ id, customerId: ana.sub, status: 'ROUTED', couponCode: null, subtotal: { amountMinor: 400 } },
      ...{ discount: { amountMinor: 0 }, total: { amountMinor: 400 }, shipTo: { city: 'São Paulo' } },
      ...{ lines: [{ lineNo: 2, seller: { id: two } }], saga: null, timeline: null },
    });
    const carrier: Viewer = { sub: 'c', role: 'carrier' };
    for (const viewer of [
      undefined,
      customer(),
      seller(stranger),
      carrier,
      { sub: ana.sub, role: 'seller' } as const,
    ]) {
      expect(await see(viewer, id)).toBeNull();
      const { data } = await orders.ask(viewer, entity, { r: [{ __typename: 'Order', id }] });
      expect(data._entities).toEqual([null]);
      expect((await list(viewer)).nodes.map(node => node.id)).not.toContain(id);
    }
    expect(await see(operator, 'a\0b')).toBeNull();
    const { data } = await orders.ask(ana, entity, { r: [{ __typename: 'Order', id }] });
    expect(data._entities).toEqual([{ id, total: { amountMinor: 900 } }]);
  });

  test('a list comes newest first, page by page, whole and without repeats', async () => {
    const bia = customer();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift(await place(bia));
    const first = await list(bia, { first: 2 });
    expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = await list(bia, { first: 3, after: first.pageInfo.endCursor });
    expect(rest.nodes.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const forged = Buffer.from('orders:999999999999999_x').toString('base64url');
    const year0 = '0000-06-01T00:00:00Z';
    const bads = [{ first: 0 }, { first: 101 }, { after: 'x' }, { placedFrom: 'yesterday' }, { placedTo: year0 }];
    for (const bad of [...bads, { after: forged }]) {
      const { errors } = await orders.ask(bia, listQuery, bad);
      expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    }
  });

  test('a list is narrowed by status, saga, customer and time; a seller sees the orders with a line of theirs', async () => {
    const bia = customer();
    const [mine] = [uniqueId('seller')];
    const routed = await place(bia);
    const cancelled = await place(bia);
    await tell(routed, facts.assigned(1, [mine, mine]));
    await tell(cancelled, facts.unavailable());
    const ids = async (viewer: Viewer, filter: Record<string, unknown>) =>
      (await list(viewer, filter)).nodes.map(({ id }) => id);
    expect(await ids(bia, { status: ['ROUTED'] })).toEqual([routed]);
    expect(await ids(bia, { status: [] })).toEqual([]);
    expect(await ids(bia, { sagaStatus: ['COMPENSATED', 'COMPLETED'] })).toEqual([cancelled]);
    expect(await ids(operator, { customerId: bia.sub })).toEqual([cancelled, routed]);
    expect(await ids(bia, { customerId: ana.sub })).toEqual([]);
    expect(await ids(seller(mine), {})).toEqual([routed]);
    const { placedAt } = (await list(bia, { status: ['ROUTED'] })).nodes[0]!;
    expect(await ids(bia, { placedTo: placedAt })).toEqual([]);
    expect(await ids(bia, { placedFrom: placedAt, status: ['ROUTED'] })).toEqual([routed]);
  });

  test('a page takes one statement each for orders, sagas and timelines', async () => {
    const bia = customer();
    for (let count = 0; count < 4; count += 1) await place(bia);
    orders.statements.length = 0;
    expect((await list(bia)).nodes).toHaveLength(4);
    expect(orders.statements).toHaveLength(3);
  });

  test('a timeline comes page by page, its cursors signed for the one who asks', async () => {
    const id = await place();
    await tell(id, facts.assigned(1, [one, two]), facts.reserved());
    const page = async (variables: Record<string, unknown>) =>
      (
        await orders.ask(
          ana,
          `query ($id: ID!, $first: Int! = 50, $after: String) { order(id: $id) { timeline(first: $first, after: $after) {
             nodes { at type source detail cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`,
          { id, ...variables },
        )
      ).data.order!.timeline!;
    const all = await page({});
    expect(all.nodes.map(({ type }) => type).sort()).toEqual(
      ['OrderPlaced', 'SellerAssigned', 'StockReserved', 'OrderReadyForPayment'].sort(),
    );
    expect(all.nodes[0]).toMatchObject({ type: 'OrderPlaced', source: 'orders', cursor: expect.stringMatching(/\./) });
    const first = await page({ first: 3 });
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = await page({ first: 3, after: first.pageInfo.endCursor });
    expect([...first.nodes, ...rest.nodes]).toEqual(all.nodes);
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const forged = Buffer.from(`timeline:1_1_${'-'.repeat(36)}`).toString('base64url');
    const { data, errors } = await orders.ask(
      ana,
      `query ($id: ID!, $after: String) { order(id: $id) { id timeline(after: $after) { nodes { type } } } }`,
      { id, after: forged },
    );
    expect([data.order, errors?.[0]?.extensions['code']]).toEqual([{ id, timeline: null }, 'BAD_USER_INPUT']);
  });

  test('records tell the newest event with the present state, to those who may see the order', async () => {
    const bia = customer();
    const mine = uniqueId('seller');
    const [older, newer] = [await place(bia), await place(bia)];
    await tell(older, facts.assigned(1, [mine, mine]), facts.reserved());
    await tell(newer, facts.assigned(1, [mine, two]));
    const records = `query ($id: ID!, $seller: ID!) {
      orderRecords(orderId: $id) { eventId type key seq at payload }
      customerOrderRecords { key payload } sellerOrderRecords(sellerId: $seller) { key }
    }`;
    const ask = async (viewer: Viewer | undefined, id = older, sellerId = mine) =>
      (await orders.ask(viewer, records, { id, seller: sellerId })).data;
    const own = await ask(bia);
    const { id: eventId } = (await orders.events(older)).at(-1)!;
    expect(own.orderRecords).toEqual([
      {
        ...{ eventId, type: 'OrderReadyForPayment', key: older, seq: 2, at: expect.stringMatching(/\.\d{3}Z$/) },
        payload: expect.any(String),
      },
    ]);
    expect(JSON.parse(own.orderRecords[0]!.payload)).toEqual({
      ...{ orderId: older, customerId: bia.sub, sellerIds: [mine], status: 'AWAITING_PAYMENT', version: 2 },
    });
    expect(own.customerOrderRecords.map(({ key }) => key)).toEqual([older, newer]);
    expect(JSON.parse(own.customerOrderRecords[1]!.payload)).toMatchObject({ status: 'ROUTED', version: 1 });
    expect(own.sellerOrderRecords).toEqual([]);
    expect(await ask(seller(mine))).toMatchObject({
      ...{ orderRecords: [{ key: older }], customerOrderRecords: [] },
      sellerOrderRecords: [{ key: older }, { key: newer }],
    });
    expect(await ask(operator)).toMatchObject({ sellerOrderRecords: [{}, {}], orderRecords: [{}] });
    for (const viewer of [undefined, customer(), seller(stranger)])
      expect(await ask(viewer)).toEqual({ orderRecords: [], customerOrderRecords: [], sellerOrderRecords: [] });
  });
});
