import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCursor } from '@waygraph/kit/cursor';
import { moveLateParcel } from './move-late-parcel.ts';
import { readDeliveries } from './read-deliveries.ts';
import { reassignOrder } from './reassign-order.ts';
import { startRouting, type Routing } from './testing/start-routing.ts';

const key = 'orderId: $orderId, sellerId: $sellerId';
const payload = '{ delivery { sellerId status } cursor userErrors { code field } }';
const withReason = (name: string) =>
  `mutation ($orderId: ID!, $sellerId: ID!, $reason: String!) { ${name}(${key}, reason: $reason) ${payload} }`;
const operator = { sub: 'op', role: 'operator' } as const;
const carrier = { sub: 'truck', role: 'carrier' } as const;
const customer = { sub: 'somebody', role: 'customer' } as const;
const secret = 'known to this test and nobody else';
const ok = { userErrors: [], cursor: expect.any(String) };
type Viewer = Parameters<Routing['ask']>[0];

describe('parcels that leave their order', () => {
  let routing: Routing;
  beforeAll(async () => {
    routing = await startRouting('reassign');
    await routing.world.sellers(
      { id: 'near', lat: -30.04, lon: -51.21, state: 'RS' },
      { id: 'middle', lat: -29.9, lon: -51.1, state: 'RS' },
      { id: 'far', lat: -23.55, lon: -46.63, state: 'SP' },
    );
    // So different that no lane or road of whatever is loaded changes who is better.
    await routing.world.write(
      `insert into stats.seller_handling (seller_id, median_minutes, order_count, updated_at)
       values ($1, 60, 10000, now()), ($2, 3000, 10000, now()), ($3, 9000, 10000, now())`,
      ['near', 'middle', 'far'].map(name => routing.world.id(name)),
    );
    await routing.world.stock({ bread: { near: 500, middle: 500 }, milk: { far: 500 }, salt: { near: 500 } });
  });
  afterAll(() => routing.dispose());

  const seller = (name: string) => routing.world.id(name);
  const as = (name: string) => ({ sub: seller(name), role: 'seller' }) as const;
  const say =
    (name: 'rejectAssignment' | 'reportLost' | 'reassignDelivery') =>
    async (viewer: Viewer, orderId: string, from: string, reason = 'broken') => {
      const variables = { orderId, sellerId: seller(from), reason };
      return (await routing.ask(viewer, withReason(name), variables)).data[name];
    };
  const reject = say('rejectAssignment');
  const lose = say('reportLost');
  const move = say('reassignDelivery');
  async function handOver(orderId: string, from: string): Promise<void> {
    const { data } = await routing.ask(
      operator,
      `mutation ($orderId: ID!, $sellerId: ID!) { confirmHandover(${key}) ${payload} }`,
      {
        ...{ orderId, sellerId: seller(from) },
      },
    );
    expect(data.confirmHandover.userErrors).toEqual([]);
  }
  async function started(...products: string[]): Promise<string> {
    const { orderId } = await routing.assign(routing.placed(products));
    await routing.confirm(orderId);
    return orderId;
  }
  const types = async (orderId: string) => (await routing.events(orderId)).map(({ type }) => type);
  const last = async (orderId: string) => (await routing.events(orderId)).at(-1);
  const statuses = async (orderId: string) =>
    Object.fromEntries(
      (await readDeliveries(routing.sql, [orderId])).map(({ sellerId, status }) => [sellerId, status]),
    );
  const seqOf = (cursor: unknown, viewer: Viewer) => readCursor(String(cursor), viewer, secret)?.seq;
  const others = (orderId: string) => reassignOrder(routing, orderId, { kind: 'REJECTED', reason: 'broken' });

  test('a seller rejects its parcel: told once, given to the next one once', async () => {
    const orderId = await started('bread');
    const answers = await Promise.all([1, 2, 3].map(() => reject(as('near'), orderId, 'near')));
    expect(answers[0]).toMatchObject({ ...ok, delivery: { status: 'REASSIGNED' } });
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(await last(orderId)).toMatchObject({
      ...{ type: 'AssignmentRejected', seq: seqOf(answers[0]?.cursor, as('near')) },
      payload: { attempt: 1, sellerId: seller('near'), sellerIds: [seller('near')], lineNos: [1], reason: 'broken' },
    });
    await Promise.all([others(orderId), others(orderId)]);
    expect((await types(orderId)).slice(3)).toEqual(['AssignmentRejected', 'SellerAssigned', 'EtaChanged']);
    expect(await statuses(orderId)).toEqual({ [seller('near')]: 'REASSIGNED', [seller('middle')]: 'ASSIGNED' });
    expect(await reject(as('near'), orderId, 'near')).toEqual(answers[0]);
    // Never back to who has rejected it.
    await reassignOrder(routing, orderId, { kind: 'STOCK_REJECTED', attempt: 2, lineNos: [1], reason: 'gone' });
    expect(await last(orderId)).toMatchObject({ type: 'SellerUnavailable', payload: { attempt: 3 } });
  });

  test('a parcel on its way keeps the order; lines that nobody else has are dropped', async () => {
    const orderId = await started('salt', 'milk');
    await handOver(orderId, 'far');
    await reject(operator, orderId, 'near');
    await others(orderId);
    const told = await last(orderId);
    expect(told).toMatchObject({
      type: 'SellerAssigned',
      payload: { attempt: 2, droppedLineNos: [1], parcels: [{ sellerId: seller('far'), lines: [{ lineNo: 2 }] }] },
    });
    expect(await statuses(orderId)).toEqual({ [seller('near')]: 'REASSIGNED', [seller('far')]: 'HANDED_OVER' });
    await routing.confirm(orderId, 2);
    expect(await last(orderId)).toEqual(told);
  });

  test('a parcel that was handed over gets lost, once; a parcel that was not cannot', async () => {
    const orderId = await started('salt', 'milk');
    expect(await lose(carrier, orderId, 'near')).toMatchObject({ userErrors: [{ code: 'STALE_STATE' }] });
    await handOver(orderId, 'near');
    const [one, other] = await Promise.all([lose(carrier, orderId, 'near'), lose(operator, orderId, 'near')]);
    expect(one).toMatchObject({ ...ok, delivery: { status: 'LOST' } });
    expect(other.delivery).toEqual(one.delivery);
    expect(await lose(carrier, orderId, 'near')).toEqual(one);
    expect(await last(orderId)).toMatchObject({
      ...{ type: 'DeliveryLost', seq: seqOf(one.cursor, carrier) },
      payload: { sellerId: seller('near'), lineNos: [1], reason: 'broken' },
    });
    expect(await reject(operator, orderId, 'near')).toMatchObject({ userErrors: [{ code: 'TOO_LATE' }] });
    expect((await types(orderId)).filter(type => type === 'DeliveryLost')).toHaveLength(1);
  });

  test('an operator gives a parcel to the next best at once; once more: the same answer', async () => {
    const orderId = await started('bread');
    const answers = await Promise.all([1, 2, 3].map(() => move(operator, orderId, 'near')));
    expect(answers[0]).toMatchObject({ ...ok, delivery: { sellerId: seller('near'), status: 'REASSIGNED' } });
    expect(answers).toEqual(answers.map(() => answers[0]));
    const told = await routing.events(orderId);
    expect(told.slice(3)).toMatchObject([{ type: 'SellerAssigned', payload: { attempt: 2 } }, { type: 'EtaChanged' }]);
    expect(seqOf(answers[0]?.cursor, operator)).toBe(told.length);
    expect(await statuses(orderId)).toEqual({ [seller('near')]: 'REASSIGNED', [seller('middle')]: 'ASSIGNED' });
  });

  test('a parcel that nobody else can send, or that is on its way, stays', async () => {
    const alone = await started('salt');
    expect(await move(operator, alone, 'near')).toEqual({
      ...{ delivery: null, cursor: null, userErrors: [{ code: 'OUT_OF_STOCK', field: ['sellerId'] }] },
    });
    const orderId = await started('bread');
    await handOver(orderId, 'near');
    for (const change of [move, reject])
      expect(await change(operator, orderId, 'near')).toMatchObject({ userErrors: [{ code: 'TOO_LATE' }] });
    expect(await types(alone)).toHaveLength(3);
    expect(await types(orderId)).toHaveLength(5);
  });

  test('a parcel that will be late moves when that is worth it, and stays otherwise', async () => {
    const late = { sellerId: seller('near'), reason: 'the lane is jammed' };
    const orderId = await started('bread');
    await moveLateParcel(routing, { ...late, orderId, predictedDelayMinutes: 10 });
    expect(await types(orderId)).toHaveLength(3);
    await moveLateParcel(routing, { ...late, orderId, predictedDelayMinutes: 60 * 24 * 30 });
    expect((await types(orderId)).slice(3)).toEqual(['SellerAssigned', 'EtaChanged']);
    await moveLateParcel(routing, { ...late, orderId, predictedDelayMinutes: 60 * 24 * 30 });
    const alone = await started('salt');
    await moveLateParcel(routing, { ...late, orderId: alone, predictedDelayMinutes: 60 * 24 * 30 });
    for (const [id, told] of [
      [orderId, 5],
      [alone, 3],
    ] as const)
      expect(await types(id)).toHaveLength(told);
  });

  test.each([
    ['an empty reason', '', 'INVALID_INPUT', 'reason'],
    ['a reason that is too long', 'r'.repeat(501), 'INVALID_INPUT', 'reason'],
    ['a NUL', 'a\0', 'INVALID_INPUT', 'reason'],
  ])('refuses %s', async (_, reason, code, field) => {
    const orderId = await started('bread');
    for (const change of [reject, lose, move])
      expect(await change(operator, orderId, 'near', reason)).toMatchObject({ userErrors: [{ code, field: [field] }] });
    expect(await types(orderId)).toHaveLength(3);
  });

  test('each is for those whose it is; the parcels of others are not there', async () => {
    const orderId = await started('bread');
    const forbidden = { delivery: null, userErrors: [{ code: 'FORBIDDEN', field: null }] };
    for (const viewer of [undefined, customer, carrier])
      expect(await reject(viewer, orderId, 'near')).toMatchObject(forbidden);
    for (const viewer of [undefined, customer, as('near')])
      expect(await lose(viewer, orderId, 'near')).toMatchObject(forbidden);
    for (const viewer of [undefined, customer, carrier, as('near')])
      expect(await move(viewer, orderId, 'near')).toMatchObject(forbidden);
    const unknown = { userErrors: [{ code: 'NOT_FOUND', field: ['orderId'] }] };
    expect(await reject(as('middle'), orderId, 'near')).toMatchObject(unknown);
    for (const change of [reject, lose, move]) {
      expect(await change(operator, 'unknown', 'near')).toMatchObject(unknown);
      expect(await change(operator, orderId, 'far')).toMatchObject(unknown);
    }
    expect(await types(orderId)).toHaveLength(3);
  });
});
