import { randomUUID } from 'node:crypto';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { Fault } from '@waygraph/stack/say';
import type { Watch } from '../graph-client.ts';
import type { OrderClient } from '../order-client.ts';
import type { EtaFrame, Order, Refusal } from '../order-types.ts';
import type { People } from './people.ts';
import { at, duration, painted, reais, table, type Screen } from './screen.ts';
import { watchOnScreen } from './watching.ts';

type Product = { id: string; name: string; available: number; price: { amountMinor: number } };
export type Outcome = {
  orderId: string;
  laneId: string;
  movedMs: number;
  deliveredAt: string;
  promisedAt: string | null;
};

/** A refusal where none was expected ends the demo. */
export function accepted<Payload extends { userErrors: Refusal[] }>(what: string, payload: Payload): Payload {
  const [refusal] = payload.userErrors;
  if (refusal === undefined) return payload;
  throw new Fault(
    `${what} was refused: ${refusal.code}, ${refusal.message} (${refusal.field?.join('.') ?? 'no field'})`,
  );
}

/** Looks for coffee makers and gives one that can be delivered. */
export async function browse(screen: Screen, { customer: { client, home }, nameOf }: People): Promise<Product> {
  screen.heading('Morning: the coffee maker is broken');
  type Data = { products: { nodes: Product[] } };
  const { products } = await client.graph.ask<Data>(
    '{ products(first: 5, search: "cafeteira") { nodes { id name available price { amountMinor } } } }',
  );
  screen.say('products(search: "cafeteira")');
  screen.lines(
    table(
      ['product', 'price', 'in stock'],
      products.nodes.map(({ name, price, available }) => [name, reais(price.amountMinor), String(available)]),
    ),
  );
  for (const product of products.nodes) {
    const quote = accepted('the quote', await client.quote([{ productId: product.id, quantity: 1 }], home.address));
    const [line] = quote.lines;
    if (line?.chosen === null || line === undefined || quote.expectedAt === null) continue;
    screen.say('');
    screen.say(
      `quoteDelivery of "${product.name}" to ${home.street}, ${home.address.city}, placed by its ${quote.locatedBy?.toLowerCase() ?? ''}`,
    );
    screen.lines(
      table(
        ['seller', 'km', 'handling', 'transit', 'delay', 'penalty', 'score'],
        line.candidates.map(one => [
          ...[nameOf(one.sellerId), one.distanceKm.toFixed(1)],
          ...[one.handlingMinutes, one.transitMinutes, one.delayMinutes, one.penaltyMinutes, one.score].map(duration),
        ]),
      ),
    );
    const { earliestAt, latestAt, promisedAt } = quote;
    screen.say(
      `expected ${at(quote.expectedAt)}, between ${at(earliestAt ?? '')} and ${at(latestAt ?? '')}, promised by ${at(promisedAt ?? '')}`,
    );
    return product;
  }
  throw new Fault(
    'none of the coffee makers can be delivered: has the sample shop been loaded, and is it not sold out?',
  );
}

/** Makes sure that the money is there. */
export async function fillWallet(screen: Screen, { customer, operator }: People, priceMinor: number): Promise<number> {
  const balance = (await customer.client.wallet())?.balance.amountMinor ?? 0;
  if (balance >= priceMinor * 2) return balance;
  const topUp = { customerId: customer.id, amountMinor: priceMinor * 4, idempotencyKey: randomUUID() };
  accepted('the top-up', await operator.topUpWallet(topUp));
  screen.say(`the wallet held ${reais(balance)}; an operator puts ${reais(topUp.amountMinor)} in`);
  return balance + topUp.amountMinor;
}

async function place(people: People, product: Product, couponCode?: string): Promise<{ id: string; cursor: string }> {
  const { client, home } = people.customer;
  const { order, cursor } = accepted(
    'placeOrder',
    await client.placeOrder({
      ...{
        lines: [{ productId: product.id, quantity: 1 }],
        shipTo: home.address,
        payment: 'WALLET',
        idempotencyKey: randomUUID(),
      },
      ...(couponCode !== undefined && { couponCode }),
    }),
  );
  if (order === null || cursor === null) throw new Error('placeOrder gave neither an order nor a reason');
  return { id: order.id, cursor };
}

/** An order from the click to the door, watched all the way; the lane jams meanwhile. */
export async function orderAndReceive(screen: Screen, people: People, product: Product): Promise<Outcome> {
  const { customer, operator, carrier, nameOf } = people;
  screen.heading('The click, and everything that follows from it');
  const placed = await place(people, product);
  screen.say(`placeOrder: order ${placed.id}; from here on, what orderChanged and orderEta say`);
  const watching = watchOnScreen(screen, customer.client, placed);
  const { status } = await watching.changes.until(frame => ['CONFIRMED', 'CANCELLED'].includes(frame.status));
  const order = await customer.client.order(placed.id);
  if (status === 'CANCELLED' || order === null)
    throw new Fault(`the order was cancelled: ${order?.cancelReason ?? 'no reason'}`);
  await watching.eta.until(() => true);
  const [delivery] = order.deliveries ?? [];
  const laneId = delivery?.route[0]?.laneId;
  if (delivery === undefined || laneId === undefined) throw new Error('a confirmed order without a parcel');
  const { sellerId } = delivery;
  screen.say(`${nameOf(sellerId)} sends it over lane ${laneId}: ${delivery.assignment?.chosen.explanation ?? ''}`);

  screen.heading(`Noon: lane ${laneId} jams`);
  const movedMs = await jam(screen, operator, laneId, watching.eta);

  screen.heading('Afternoon: the parcel travels');
  await waitFor(
    async () =>
      (await operator.orderStatus(placed.id))?.deliveries?.every(({ status }) => status !== 'ASSIGNED') === true,
    { what: 'the seller to prepare the parcel' },
  );
  const parcel = { orderId: placed.id, sellerId };
  const seller = await people.seller(sellerId);
  screen.say(`${nameOf(sellerId)}: confirmHandover`);
  accepted('confirmHandover', await seller.confirmHandover(parcel));
  await watching.changes.until(frame => frame.status === 'HANDED_OVER');
  await watching.eta.until(({ eta }) => eta.reason === 'HANDED_OVER');
  const hub = laneId.split('>')[1] ?? '';
  screen.say(`the carrier: recordScan at hub ${hub}`);
  accepted('recordScan', await carrier.recordScan({ ...parcel, hub, idempotencyKey: randomUUID() }));
  await watching.eta.until(({ eta }) => eta.reason === 'SCANNED');
  screen.say('the carrier: confirmDelivery');
  accepted('confirmDelivery', await carrier.confirmDelivery(parcel));
  await watching.changes.until(frame => frame.status === 'DELIVERED');
  await watching.eta.until(({ eta }) => eta.reason === 'DELIVERED');
  watching.close();
  const arrived = await customer.client.order(placed.id);
  return {
    ...{ orderId: placed.id, laneId, movedMs },
    deliveredAt: arrived?.deliveries?.[0]?.deliveredAt ?? '',
    promisedAt: delivery.eta.promisedAt,
  };
}

/** Jams the lane and clears it again; gives how long the estimate took to follow the jam. */
async function jam(screen: Screen, operator: OrderClient, laneId: string, eta: Watch<EtaFrame>): Promise<number> {
  const moved = async (factor: number): Promise<number> => {
    const before = Math.max(...eta.frames.map(frame => frame.eta.version));
    const begin = performance.now();
    accepted('setDelayFactor', await operator.setDelayFactor({ laneId, factor, ttlMinutes: 10 }));
    await eta.until(frame => frame.eta.reason === 'DELAY_FACTOR' && frame.eta.version > before, {
      what: 'the moved estimate',
    });
    return performance.now() - begin;
  };
  try {
    screen.say('an operator: setDelayFactor(factor: 3)');
    const movedMs = await moved(3);
    screen.say(`the new estimate was here ${painted('bold', `${movedMs.toFixed(0)} ms`)} after the call began`);
    screen.say('the lane is clear again: setDelayFactor(factor: 1)');
    await moved(1);
    return movedMs;
  } catch (error) {
    // The lane is everybody's: it is not left jammed when the demo ends here.
    await operator.setDelayFactor({ laneId, factor: 1, ttlMinutes: 1 });
    throw error;
  }
}

/** An order with a coupon that nobody knows: it ends cancelled, and everything is given back. */
export async function orderInVain(screen: Screen, people: People, product: Product): Promise<Order> {
  const { client } = people.customer;
  screen.heading('Evening: a second one, with a coupon that does not exist');
  const placed = await place(people, product, 'GRATIS100');
  screen.say(`placeOrder: order ${placed.id}; it succeeds at once, the coupon is looked at later`);
  const watching = watchOnScreen(screen, client, placed);
  await watching.changes.until(({ status }) => ['CANCELLED', 'CONFIRMED'].includes(status));
  watching.close();
  const order = await client.order(placed.id);
  if (order?.status !== 'CANCELLED')
    throw new Fault(`the order should have been cancelled and is ${order?.status ?? 'gone'}`);
  screen.say(`cancelled: ${order.cancelReason ?? ''}; its saga is ${order.saga?.status ?? ''}`);
  return order;
}

/** What the services told about an order, as its customer sees it. */
export async function story(screen: Screen, { customer: { client } }: People, orderId: string): Promise<number> {
  const entries = (await client.timeline(orderId)) ?? [];
  const [first] = entries;
  const sinceMs = (instant: string): string => `+${String(Date.parse(instant) - Date.parse(first?.at ?? instant))} ms`;
  screen.lines(
    table(
      ['when', 'service', 'event', 'what it says'],
      entries.map(entry => [sinceMs(entry.at), entry.source, entry.type, entry.detail ?? '']),
    ),
  );
  return entries.length;
}
