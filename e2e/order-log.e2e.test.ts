import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayUrl, tokenFor } from '@waygraph/kit/testing/gateway-client';
import { eventCatalogue } from '@waygraph/schema/events/catalogue';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { openOrderWorld, places, type OrderWorld } from './order-world.ts';
import { readTopic } from './read-topic.ts';

const topics = ['order.events', 'delivery.events', 'stock.events', 'payment.events'];
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

let world: OrderWorld;
beforeAll(async () => {
  world = await openOrderWorld('log');
}, 60_000);
afterAll(() => world.dispose());

/** As a client with tracing of its own would. */
async function placeTraced(customerId: string, input: object): Promise<string> {
  const response = await fetch(gatewayUrl('/graphql'), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await tokenFor('customer', customerId)}`,
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    },
    body: JSON.stringify({
      query: 'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }',
      variables: { input },
    }),
  });
  const { data } = (await response.json()) as { data: { placeOrder: { order: { id: string } } } };
  return data.placeOrder.order.id;
}

test('what the log says of an order: every header, no gap, schemas that fit, and the trace of the click', async () => {
  const home = places.portoAlegre;
  const [seller] = await world.sellers(places.portoAlegreEast);
  const productId = await world.product(home, { seller: seller!, available: 5 });
  const customer = await world.customer(home, 100_000);
  const id = await placeTraced(customer.id, {
    ...{ lines: [{ productId, quantity: 1 }], shipTo: home, payment: 'WALLET', idempotencyKey: uniqueId('key') },
  });
  await world.until(id, 'CONFIRMED');

  const log = (await Promise.all(topics.map(readTopic))).flat().filter(({ key }) => key === id);
  const definitions = new Map(eventCatalogue.map(definition => [definition.type, definition]));
  for (const { topic, headers, value } of log) {
    const definition = definitions.get(headers['eventType'] ?? '');
    expect([headers['eventType'], definition?.topic]).toEqual([headers['eventType'], topic]);
    expect(headers['v']).toBe(String(definition?.v));
    expect(definition?.parse(JSON.parse(value ?? '')).data).toMatchObject({ orderId: id, customerId: customer.id });
    expect(headers['id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    expect(Math.abs(Number(headers['occurredUs']) / 1_000 - Date.now())).toBeLessThan(60_000);
    expect(headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  }
  for (const topic of topics) {
    const seqs = log.filter(record => record.topic === topic).map(({ headers }) => Number(headers['seq']));
    expect([topic, seqs]).toEqual([topic, seqs.map((_, index) => index + 1)]);
  }
  expect(log.map(({ headers }) => headers['eventType']).sort()).toEqual([
    ...['DeliveryStarted', 'EtaChanged', 'OrderConfirmed', 'OrderPlaced', 'OrderReadyForPayment'],
    ...['PaymentCaptured', 'SellerAssigned', 'StockConfirmed', 'StockReserved'],
  ]);
});
