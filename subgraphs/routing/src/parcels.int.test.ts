import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCursor } from '@waygraph/kit/cursor';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { cancelDeliveries } from './cancel-deliveries.ts';
import { readDeliveries } from './read-deliveries.ts';
import { startRouting, type Routing } from './testing/start-routing.ts';

const payload = `{ delivery { sellerId status handedOverAt deliveredAt
  eta { version reason expectedAt earliestAt latestAt parts { minutes } } } cursor userErrors { code field } }`;
const key = 'orderId: $orderId, sellerId: $sellerId, at: $at';
const handover = `mutation ($orderId: ID!, $sellerId: ID!, $at: DateTime) { confirmHandover(${key}) ${payload} }`;
const arrival = `mutation ($orderId: ID!, $sellerId: ID!, $at: DateTime) { confirmDelivery(${key}) ${payload} }`;
const scan = `mutation ($orderId: ID!, $sellerId: ID!, $at: DateTime, $hub: String!, $kind: ScanKind!, $key: String!) {
  recordScan(${key}, hub: $hub, kind: $kind, idempotencyKey: $key) ${payload} }`;

const operator = { sub: 'op', role: 'operator' } as const;
const carrier = { sub: 'truck', role: 'carrier' } as const;
const customer = { sub: 'somebody', role: 'customer' } as const;
const secret = 'known to this test and nobody else';

describe('a parcel on its way', () => {
  let routing: Routing;
  beforeAll(async () => {
    routing = await startRouting('parcels');
    await routing.world.sellers({ id: 'here', lat: -23.55, lon: -46.63, state: 'SP' });
    await routing.world.stock({ bread: { here: 1_000 } });
  });
  afterAll(() => routing.dispose());

  type Asking = Parameters<Routing['ask']>[0];
  type Variables = { orderId: string; sellerId: string } & Record<string, unknown>;
  const handOver = async (viewer: Asking, variables: Variables) =>
    (await routing.ask(viewer, handover, variables)).data.confirmHandover;
  const deliver = async (viewer: Asking, variables: Variables) =>
    (await routing.ask(viewer, arrival, variables)).data.confirmDelivery;
  const record = async (viewer: Asking, variables: Variables) =>
    (await routing.ask(viewer, scan, { kind: 'HUB', hub: 'RS', key: uniqueId('k'), ...variables })).data.recordScan;

  const seller = () => ({ sub: routing.world.id('here'), role: 'seller' }) as const;
  async function parcel(step: 'ASSIGNED' | 'STARTED' | 'HANDED_OVER' = 'STARTED'): Promise<Variables> {
    const { orderId } = await routing.assign(routing.placed(['bread']));
    const variables = { orderId, sellerId: seller().sub };
    if (step !== 'ASSIGNED') await routing.confirm(orderId);
    if (step === 'HANDED_OVER') await handOver(operator, variables);
    return variables;
  }
  const types = async (orderId: string) => (await routing.events(orderId)).map(({ type }) => type);
  const ok = { userErrors: [], cursor: expect.any(String) };
  const seqOf = (cursor: unknown, viewer: Asking) => readCursor(String(cursor), viewer, secret)?.seq;

  test('goes from hand to hand, each step told with a new estimate', async () => {
    const it = await parcel();
    const handed = await handOver(seller(), it);
    expect(handed).toMatchObject({
      ...ok,
      delivery: { status: 'HANDED_OVER', eta: { version: 2, reason: 'HANDED_OVER' } },
    });
    const moving = await record(carrier, it);
    expect(moving).toMatchObject({ ...ok, delivery: { status: 'IN_TRANSIT', eta: { version: 3, reason: 'SCANNED' } } });
    expect(await record(carrier, { ...it, kind: 'OUT_FOR_DELIVERY' })).toMatchObject({
      delivery: { status: 'OUT_FOR_DELIVERY' },
    });
    // Nobody was at home.
    expect(await record(carrier, it)).toMatchObject({ delivery: { status: 'IN_TRANSIT' } });
    const arrived = await deliver(carrier, it);
    expect(arrived).toMatchObject({ ...ok, delivery: { status: 'DELIVERED', eta: { reason: 'DELIVERED' } } });
    const { deliveredAt, eta } = arrived.delivery!;
    expect([eta.expectedAt, eta.earliestAt, eta.latestAt]).toEqual([deliveredAt, deliveredAt, deliveredAt]);

    const told = await routing.events(it.orderId);
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    expect(told.map(({ type }) => type)).toEqual([
      ...['SellerAssigned', 'EtaChanged', 'DeliveryStarted', 'HandedOver', 'EtaChanged', 'Scanned', 'EtaChanged'],
      ...['Scanned', 'EtaChanged', 'Scanned', 'EtaChanged', 'Delivered', 'EtaChanged'],
    ]);
    expect(told[5]?.payload).toMatchObject({ hub: 'RS', kind: 'HUB', sellerIds: [it.sellerId] });
    expect(seqOf(handed.cursor, seller())).toBe(5);
    expect(seqOf(arrived.cursor, carrier)).toBe(told.length);
  });

  test('a step that was done gives the same answer once more, also to many at once', async () => {
    const it = await parcel();
    const answers = await Promise.all([1, 2, 3, 4].map(() => handOver(seller(), it)));
    expect(answers).toEqual(answers.map(() => answers[0]));
    const scanning = { ...it, key: uniqueId('k') };
    const scanned = await record(carrier, scanning);
    expect(await record(carrier, scanning)).toEqual(scanned);
    expect(await record(carrier, { ...scanning, hub: 'SP' })).toMatchObject({
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'] }],
    });
    const delivered = await Promise.all([deliver(carrier, it), deliver(carrier, it)]);
    expect(delivered[0]).toEqual(delivered[1]);
    expect(await record(carrier, scanning)).toEqual(scanned);
    expect((await handOver(seller(), it)).cursor).toBe(answers[0]?.cursor);
    expect(await types(it.orderId)).toHaveLength(9);
  });

  test('refuses steps out of order, and changes nothing by that', async () => {
    const assigned = await parcel('ASSIGNED');
    const started = await parcel();
    const gone = await parcel();
    await routing.finish(sql => cancelDeliveries(sql, { ...gone, customerId: 'c', sellerIds: [] }, undefined));
    const done = await parcel('HANDED_OVER');
    await deliver(operator, done);
    const before = await routing.sql('select id, version from deliveries order by id');
    for (const [step, it, code] of [
      [handOver, assigned, 'STALE_STATE'],
      [handOver, gone, 'TOO_LATE'],
      [record, assigned, 'STALE_STATE'],
      [record, started, 'STALE_STATE'],
      [record, done, 'TOO_LATE'],
      [deliver, assigned, 'STALE_STATE'],
      [deliver, started, 'STALE_STATE'],
      [deliver, gone, 'TOO_LATE'],
    ] as const)
      expect(await step(operator, it)).toEqual({
        ...{ delivery: null, cursor: null },
        userErrors: [{ code, field: ['orderId'] }],
      });
    expect(await routing.sql('select id, version from deliveries order by id')).toEqual(before);
  });

  test.each([
    ['at no instant', () => 'nonsense'],
    ['on a day that does not exist', () => '2026-02-30T00:00:00Z'],
    ['before the step before it', () => '2020-01-01T00:00:00.000Z'],
    ['in the future', () => new Date(Date.now() + 6 * 60_000).toISOString()],
  ])('refuses that it happened %s', async (_, instant) => {
    const at = instant();
    const started = await parcel();
    const handed = await parcel('HANDED_OVER');
    const refused = { delivery: null, userErrors: [{ code: 'INVALID_INPUT', field: ['at'] }] };
    expect(await handOver(operator, { ...started, at })).toMatchObject(refused);
    expect(await record(operator, { ...handed, at })).toMatchObject(refused);
    expect(await deliver(operator, { ...handed, at })).toMatchObject(refused);
    expect(await types(started.orderId)).toHaveLength(3);
    expect(await types(handed.orderId)).toHaveLength(5);
  });

  test('a clock may be a little ahead; a step keeps the time it is said to have had', async () => {
    const it = await parcel();
    const at = new Date(Date.now() + 60_000).toISOString();
    expect((await handOver(operator, { ...it, at })).delivery?.handedOverAt).toBe(at);
    const [delivery] = await readDeliveries(routing.sql, [it.orderId]);
    expect(delivery?.progress.handedOverAt).toBe(Date.parse(at));
  });

  test.each([
    ['an unknown hub', { hub: 'XX' }, 'NOT_FOUND', 'hub'],
    ['no hub', { hub: 'São Paulo' }, 'NOT_FOUND', 'hub'],
    ['a NUL for a hub', { hub: 'a\0' }, 'NOT_FOUND', 'hub'],
    ['an empty key', { key: '' }, 'INVALID_INPUT', 'idempotencyKey'],
    ['a key that is too long', { key: 'k'.repeat(256) }, 'INVALID_INPUT', 'idempotencyKey'],
    ['an unknown order', { orderId: 'unknown' }, 'NOT_FOUND', 'orderId'],
    ['a NUL in the order', { orderId: 'a\0b' }, 'NOT_FOUND', 'orderId'],
    ['another seller', { sellerId: 'somebody' }, 'NOT_FOUND', 'orderId'],
  ])('refuses a scan with %s', async (_, change, code, field) => {
    const it = await parcel('HANDED_OVER');
    expect(await record(carrier, { ...it, ...change })).toMatchObject({ userErrors: [{ code, field: [field] }] });
    expect(await types(it.orderId)).toHaveLength(5);
  });

  test('each step is for those whose it is; the parcels of other sellers are not there', async () => {
    const it = await parcel('HANDED_OVER');
    const forbidden = [{ code: 'FORBIDDEN', field: null }];
    for (const viewer of [undefined, customer, carrier])
      expect((await handOver(viewer, it)).userErrors).toEqual(forbidden);
    for (const viewer of [undefined, customer, seller()]) {
      expect((await record(viewer, it)).userErrors).toEqual(forbidden);
      expect((await deliver(viewer, it)).userErrors).toEqual(forbidden);
    }
    expect((await handOver({ sub: 'another', role: 'seller' }, it)).userErrors).toEqual([
      { code: 'NOT_FOUND', field: ['orderId'] },
    ]);
  });
});
