import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { openOrderWorld, places, type OrderWorld } from './order-world.ts';
import { readTopic } from './read-topic.ts';

/** A lane that nobody else's orders run on. */
const laneId = 'MG>RJ';

let world: OrderWorld;
beforeAll(async () => {
  world = await openOrderWorld('risk');
}, 60_000);
afterAll(async () => {
  await world.operator.setDelayFactor({ laneId, factor: 1, ttlMinutes: 1 });
  await world.dispose();
});

test('an order is at risk while it is expected after its promise, and no longer when it is not', async () => {
  const [seller] = await world.sellers(places.beloHorizonte);
  const productId = await world.product(places.rio, { seller: seller!, available: 5 });
  const customer = await world.customer(places.rio, 100_000);
  const { id } = await world.place(customer, [{ productId, quantity: 1 }]);
  await world.until(id, 'CONFIRMED');

  const risk = async () => (await customer.client.order(id))?.risk;
  const untilLevel = (level: string) =>
    waitFor(async () => ((await risk())?.level === level ? await risk() : undefined), { what: `a risk of ${level}` });
  expect(await untilLevel('LOW')).toMatchObject({ action: 'NONE' });
  expect((await risk())!.predictedDelayMinutes).toBeLessThanOrEqual(0);

  await world.operator.setDelayFactor({ laneId, factor: 10, ttlMinutes: 5 });
  expect((await untilLevel('HIGH')).predictedDelayMinutes).toBeGreaterThan(24 * 60);
  await world.operator.setDelayFactor({ laneId, factor: 1, ttlMinutes: 5 });
  await untilLevel('LOW');

  const told = async () =>
    (await readTopic('delivery.risk'))
      .filter(({ key }) => key === id)
      .map(({ headers, value }) => {
        const { level, previousLevel } = JSON.parse(value ?? '') as Record<string, string>;
        return [headers['eventType'], headers['seq'], previousLevel, level];
      });
  const expected = [
    ['RiskLevelChanged', '1', 'LOW', 'HIGH'],
    ['RiskLevelChanged', '2', 'HIGH', 'LOW'],
  ];
  await waitFor(async () => (await told()).length >= expected.length, { what: 'both changes on delivery.risk' });
  expect(await told()).toEqual(expected);
});
