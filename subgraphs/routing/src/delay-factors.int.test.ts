import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '@waygraph/kit/log';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { Redis } from 'ioredis';
import { applyLaneFactor } from './apply-lane-factor.ts';
import { assignSeller } from './assign-seller.ts';
import type { CandidateScore } from './choose-sellers.ts';
import { expireFactors } from './expire-factors.ts';
import { changeLaneFactors, lockLaneFactor, readLaneFactors } from './lane-factors.ts';
import { connectRedis, createLiveFactors } from './live-factors.ts';
import { readDeliveries } from './read-deliveries.ts';
import { rebuildLiveFactors } from './rebuild-live-factors.ts';
import { setDelayFactor } from './set-delay-factor.ts';
import { someOrders, upTo, type SomeOrders } from './testing/some-orders.ts';

const operator = { sub: 'op', role: 'operator' } as const;
const lane = 'RS>RS';

describe('delay factors', () => {
  let orders: SomeOrders;
  let redis: Redis;
  const key = uniqueId('route:delay:factor');
  beforeAll(async () => {
    orders = await someOrders('factors');
    redis = connectRedis({ url: testEnv('REDIS_URL'), log: createLog('test', 'silent') });
    await orders.world.write(
      `insert into stats.lanes (lane_id, origin, destination, median_minutes, q05, q50, q938, q95, order_count, updated_at)
       values ('RS>RS', 'RS', 'RS', 600, 0.5, 1, 1.8, 1.9, 10, now()), ('SP>RS', 'SP', 'RS', 2000, 0.5, 1, 1.8, 1.9, 10, now())
       on conflict do nothing`,
    );
    await orders.world.sellers(
      { id: 'here', lat: -30.04, lon: -51.21, state: 'RS' },
      { id: 'also', lat: -30.05, lon: -51.22, state: 'RS' },
      { id: 'there', lat: -23.55, lon: -46.63, state: 'SP' },
    );
    await orders.world.stock({ bread: { here: 1_000 }, salt: { also: 1_000 }, milk: { there: 1_000 } });
    await waitFor(() => redis.status === 'ready');
  });
  afterAll(async () => {
    await redis.del(key);
    redis.disconnect();
    await orders.dispose();
  });

  const set = (factor: number, laneId = lane, ttlMinutes = 60) =>
    setDelayFactor({ pool: orders.pool, read: orders.read }, operator, { laneId, factor, ttlMinutes });
  const end = (laneId: string) =>
    orders.sql("update lane_factors set valid_until = now() - interval '1 ms' where lane_id = $1", [laneId]);
  const delivery = async (orderId: string) => (await readDeliveries(orders.sql, [orderId]))[0]!;
  const truth = async (laneId = lane) => (await readLaneFactors(orders.sql, [laneId])).get(laneId)!;

  test('no parcel misses a change, whichever comes first', async () => {
    const placed = upTo(60).map(() => orders.placed(['bread', 'salt']));
    const factors = [3, 0.5, 7, 2, 4.5];
    await Promise.all([
      ...placed.map(order => orders.assign(order)),
      (async () => {
        for (const factor of factors) {
          await set(factor);
          await applyLaneFactor(orders.pool, lane);
        }
      })(),
    ]);
    expect(await truth()).toMatchObject({ factor: 4.5, revision: 5 });
    const wrong = await orders.sql(
      `select d.id from deliveries d where lane_id = $1 and (lane_revision <> 5 or progress->>'factor' <> '4.5')`,
      [lane],
    );
    expect(wrong).toEqual([]);
    for (const { orderId } of placed) {
      const told = await orders.events(orderId);
      expect(told.map(({ seq }) => seq)).toEqual(upTo(told.length));
      const ledger = await orders.sql(
        'select e.seq::int from eta_ledger e join deliveries d on d.id = e.delivery_id where order_id = $1 order by 1',
        [orderId],
      );
      expect(ledger.map(({ seq }) => seq)).toEqual(
        told.filter(({ type }) => type === 'EtaChanged').map(({ seq }) => seq),
      );
    }
    expect((await orders.events(lane)).map(({ seq }) => seq)).toEqual(upTo(5));
  });

  /** Resolves when so many connections of this database wait for a lock. */
  const waiting = (count: number) =>
    waitFor(async () => {
      const rows = await orders.sql(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows.length === count;
    });

  test('a change waits for the parcel that is being assigned, and then finds it', async () => {
    await set(1);
    const [written, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const order = orders.placed(['bread']);
    const finish: typeof orders.finish = work =>
      orders.finish(async sql => {
        await work(sql);
        written.resolve();
        await gate.promise;
      });
    const assigning = assignSeller({ ...orders, finish }, order);
    await written.promise;
    const setting = set(3);
    await waiting(1);
    gate.resolve();
    await Promise.all([assigning, setting]);
    await applyLaneFactor(orders.pool, lane);
    expect(await delivery(order.orderId)).toMatchObject({ progress: { factor: 3 }, eta: { version: 2 } });
  });

  test('a parcel waits for the change that is being made, and goes by it', async () => {
    await set(1);
    const order = orders.placed(['bread']);
    let assigning: Promise<unknown> = Promise.resolve();
    await orders.finish(async sql => {
      const before = await lockLaneFactor(sql, lane);
      assigning = orders.assign(order);
      await waiting(1);
      const change = { laneId: lane, previousFactor: 1, factor: 4, revision: before.revision + 1 };
      await changeLaneFactors(sql, [{ ...change, validUntil: null, setBy: 'OPERATOR', reason: 'test' }]);
    });
    await assigning;
    expect(await delivery(order.orderId)).toMatchObject({ progress: { factor: 4 }, eta: { version: 1 } });
    const [row] = await orders.sql(
      'select chosen from assignments join deliveries d on d.id = delivery_id where order_id = $1',
      [order.orderId],
    );
    const { score, handlingMinutes, lineHaulMinutes, transitMinutes, delayMinutes, penaltyMinutes } = row![
      'chosen'
    ] as CandidateScore;
    expect(delayMinutes).toBe(3 * lineHaulMinutes);
    expect(score).toBe(handlingMinutes + transitMinutes + delayMinutes + penaltyMinutes);
  });

  test('a change moves the line haul of open parcels by that much, once, and leaves all others alone', async () => {
    await set(1);
    const [open, elsewhere] = [
      await orders.assign(orders.placed(['bread'])),
      await orders.assign(orders.placed(['milk'])),
    ];
    await applyLaneFactor(orders.pool, lane);
    const before = await delivery(open.orderId);
    const other = await delivery(elsewhere.orderId);
    await set(2);
    expect(await applyLaneFactor(orders.pool, lane)).toBeGreaterThan(0);
    expect(await applyLaneFactor(orders.pool, lane)).toBe(0);

    const after = await delivery(open.orderId);
    expect(after.eta.expectedAt - before.eta.expectedAt).toBe(before.progress.lineHaulMs);
    expect(after.eta).toMatchObject({ version: 2, reason: 'DELAY_FACTOR', previousExpectedAt: before.eta.expectedAt });
    expect(after.eta.promisedAt).toBe(before.eta.promisedAt);
    expect(await delivery(elsewhere.orderId)).toEqual(other);
    const [, , told] = await orders.events(open.orderId);
    expect(told).toMatchObject({ type: 'EtaChanged', payload: { eta: { etaId: after.eta.id } } });

    // The same factor for longer: a revision, but nothing else to tell.
    await set(2);
    await applyLaneFactor(orders.pool, lane);
    expect((await delivery(open.orderId)).eta.id).toBe(after.eta.id);
  });

  test('a factor whose time is over counts as 1 at once, and its end is told by the sweep, once', async () => {
    await set(5);
    await end(lane);
    const { revision } = await truth();
    expect(await truth()).toMatchObject({ factor: 1, validUntil: null });
    const { orderId } = await orders.assign(orders.placed(['bread']));
    expect((await delivery(orderId)).progress.factor).toBe(1);

    const swept = await Promise.all([expireFactors(orders.pool), expireFactors(orders.pool)]);
    expect(swept.flat()).toEqual([lane]);
    expect((await orders.events(lane)).at(-1)).toMatchObject({
      seq: revision + 1,
      payload: { factor: 1, previousFactor: 5, setBy: 'EXPIRY', revision: revision + 1 },
    });
    await applyLaneFactor(orders.pool, lane);
    expect(await delivery(orderId)).toMatchObject({ laneRevision: revision + 1, eta: { version: 1 } });
    expect(await expireFactors(orders.pool)).toEqual([]);
  });

  test.each([
    [{ factor: 0.19 }, 'INVALID_INPUT', 'factor'],
    [{ factor: 10.1 }, 'INVALID_INPUT', 'factor'],
    [{ ttlMinutes: 0 }, 'INVALID_INPUT', 'ttlMinutes'],
    [{ ttlMinutes: 10_081 }, 'INVALID_INPUT', 'ttlMinutes'],
    [{ laneId: 'XX>RS' }, 'NOT_FOUND', 'laneId'],
    [{ laneId: 'a\0b' }, 'NOT_FOUND', 'laneId'],
  ])('refuses %j with %s, naming %s, and writes no row', async (change, code, field) => {
    const rows = () => orders.sql('select * from lane_factors order by lane_id');
    const before = await rows();
    const command = { laneId: lane, factor: 2, ttlMinutes: 5, ...change };
    const { refusals } = await setDelayFactor(orders, operator, command);
    expect(refusals).toMatchObject([{ code, field: [field] }]);
    expect(await rows()).toEqual(before);
  });

  test('is for operators only', async () => {
    const command = { laneId: lane, factor: 2, ttlMinutes: 5 };
    for (const viewer of [undefined, { sub: 'c', role: 'customer' }, { sub: 'c', role: 'carrier' }] as const)
      expect(await setDelayFactor(orders, viewer, command)).toMatchObject({ refusals: [{ code: 'FORBIDDEN' }] });
  });

  describe('their live copy in Redis', () => {
    const live = () => createLiveFactors({ redis, sql: orders.sql, key });
    const rebuild = () => rebuildLiveFactors({ redis, sql: orders.sql, key });
    const factor = async (laneId = lane) => (await live().factorOf([laneId])).get(laneId) ?? 1;
    const field = async (laneId = lane) =>
      JSON.parse((await redis.hget(key, laneId)) ?? 'null') as { factor: number; revision: number } | null;

    test('is rebuilt when it is lost; until then the truth is read', async () => {
      await set(3);
      await redis.del(key);
      expect(await factor()).toBe(3);
      // A change that comes to an empty copy does not make it complete.
      await live().write(await truth());
      await set(4, 'SP>RS');
      expect(await factor('SP>RS')).toBe(4);

      await rebuild();
      expect(await field()).toMatchObject({ factor: 3 });
      expect(await field('SP>RS')).toMatchObject({ factor: 4 });
      expect(await rebuild()).toBe(0);
      // Now the copy answers: it is believed even where somebody has changed it.
      await redis.hset(key, lane, JSON.stringify({ factor: 9, until: null, revision: (await truth()).revision }));
      expect(await factor()).toBe(9);
    });

    test('an older revision never overwrites a newer one, also in a crowd', async () => {
      await rebuild();
      const before = await truth();
      await set(6);
      const after = await truth();
      await Promise.all(upTo(40).map(index => live().write(index % 2 === 0 ? before : after)));
      expect(await field()).toMatchObject({ factor: 6, revision: after.revision });
      expect(await live().write(before)).toBe(false);
    });

    test('what nobody compares with the truth any more is not believed, nor is what is expired', async () => {
      await set(6);
      await rebuild();
      const { revision } = await truth();
      await redis.hset(key, lane, JSON.stringify({ factor: 9, until: '2020-01-01T00:00:00.000Z', revision }));
      expect(await factor()).toBe(1);
      await redis.hset(key, '_complete', Math.floor(Date.now() / 1_000) - 60);
      expect(await factor()).toBe(6);
    });

    test('what is wrong in it is put right: lanes that are missing, older, newer than the truth, or no lanes at all', async () => {
      await set(6);
      await rebuild();
      await redis.hset(key, { [lane]: '{"factor":8,"until":null,"revision":999999}', 'AA>BB': 'x', 'SP>RS': '{}' });
      expect(await rebuild()).toBe(3);
      expect(await field()).toMatchObject({ factor: 6 });
      expect(await redis.hexists(key, 'AA>BB')).toBe(0);
      await redis.hdel(key, lane);
      expect(await rebuild()).toBe(1);
      expect(await field()).toMatchObject({ factor: 6 });
    });

    test('Redis does not answer: the truth is read, and for a while nobody else waits for it', async () => {
      let asked = 0;
      const silent = { eval: () => Promise.reject(new Error(`Command timed out ${String((asked += 1))}`)) };
      const without = createLiveFactors({ redis: silent as unknown as Redis, sql: orders.sql, key });
      await without.factorOf([lane]);
      for (const factors of [await without.factorOf([lane]), await without.factorOf([lane])])
        expect(factors.get(lane)).toBe(6);
      expect(asked).toBe(1);
    });

    test('Redis is away: the truth is read, at once', async () => {
      const away = connectRedis({ url: 'redis://127.0.0.1:1', log: createLog('test', 'silent') });
      const without = createLiveFactors({ redis: away, sql: orders.sql, key });
      expect((await without.factorOf([lane])).get(lane)).toBe(6);
      away.disconnect();
    });
  });
});
