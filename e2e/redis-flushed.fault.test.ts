import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { openOrderWorld, places, type Customer, type OrderWorld } from './order-world.ts';
import { redisCommand } from './redis-command.ts';

const laneId = 'RJ>MG';
const home = places.beloHorizonte;
const redis = (command: string) => redisCommand(testEnv('REDIS_URL'), command);

let world: OrderWorld;
let customer: Customer;
let productId: string;

beforeAll(async () => {
  world = await openOrderWorld('flush');
  const [seller] = (await world.sellers(places.rio)) as [string];
  productId = await world.product(home, { seller, available: 50 });
  customer = await world.customer(home, 10_000_000);
}, 60_000);
afterAll(async () => {
  await world.operator.setDelayFactor({ laneId, factor: 1, ttlMinutes: 1 });
  await world.dispose();
});

test('when Redis loses everything no estimate is wrong meanwhile, and the live factors come back', async () => {
  const lines = [{ productId, quantity: 1 }];
  const open = await world.place(customer, lines);
  await world.until(open.id, 'CONFIRMED');
  const eta = customer.client.watchEta(open.id);
  expect((await world.operator.setDelayFactor({ laneId, factor: 3, ttlMinutes: 30 })).userErrors).toEqual([]);
  const told = await eta.until(frame => frame.eta.reason === 'DELAY_FACTOR');
  const delay = async () => (await customer.client.quote(lines, home)).lines[0]?.chosen?.delayMinutes ?? 0;
  const jammed = await waitFor(async () => (await delay()) || undefined, { what: 'quotes to follow the factor' });
  await waitFor(async () => (await redis(`HEXISTS route:delay:factor ${laneId}`)) === '1', { what: 'the live factor' });

  expect(await redis('FLUSHALL')).toBe('OK');
  // From the first moment on, and not only when everything is rebuilt.
  const placed = await world.place(customer, lines);
  for (let asked = 0; asked < 10; asked += 1) expect(await delay()).toBeCloseTo(jammed, 3);
  const order = await world.until(placed.id, 'CONFIRMED');
  expect(order.deliveries?.[0]?.assignment?.chosen.delayMinutes).toBeCloseTo(jammed, 3);

  await waitFor(async () => (await redis(`HEXISTS route:delay:factor ${laneId}`)) === '1', {
    timeoutMs: 20_000,
    what: 'the live factors to be rebuilt',
  });
  expect(await delay()).toBeCloseTo(jammed, 3);
  const now = await world.operator.order(open.id);
  expect(now?.eta?.expectedAt).toBe(told.eta.expectedAt);
}, 90_000);
