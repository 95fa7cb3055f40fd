import { randomUUID } from 'node:crypto';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { Fault, messageOf } from '@waygraph/stack/say';
import type { Watch } from '../graph-client.ts';
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

/** After which a jam is over by itself, should the demo not live to clear it. */
const ttlMinutes = 5;
/** Long enough for a busy machine. */
const patienceMs = 60_000;

/** The frame that is waited for; without it the demo ends. */
async function awaited<Frame>(watch: Watch<Frame>, what: string, fits: (frame: Frame) => boolean): Promise<Frame> {
  try {
    return await watch.until(fits, { timeoutMs: patienceMs, what });
  } catch (error) {
    throw new Fault(
      `${messageOf(error)}\nWhat is wrong, "npm run stack -- status" and "npm run stack -- logs" may tell.`,
    );
  }
}

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
          ...[nameOf(one.sellerId), one.distanceKm.toFixed(0)],
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
  const { status } = await awaited(watching.changes, 'the end of the saga', frame =>
    ['CONFIRMED', 'CANCELLED'].includes(frame.status),
  );
  const order = await customer.client.order(placed.id);
  if (status === 'CANCELLED' || order === null)
    throw new Fault(`the order was cancelled: ${order?.cancelReason ?? 'no reason'}`);
  await awaited(watching.eta, 'the first estimate', () => true);
  const [delivery] = order.deliveries ?? [];
  const laneId = delivery?.route[0]?.laneId;
  if (delivery === undefined || laneId === undefined) throw new Error('a confirmed order without a parcel');
  const { sellerId } = delivery;
  screen.say(`${nameOf(sellerId)} sends it over lane ${laneId}: ${delivery.assignment?.chosen.explanation ?? ''}`);

  screen.heading(`Noon: lane ${laneId} jams`);
  const movedMs = await jam(screen, people, laneId, watching.eta);

  screen.heading('Afternoon: the parcel travels');
  await waitFor(
    async () =>
      (await operator.orderStatus(placed.id))?.deliveries?.every(({ status }) => status !== 'ASSIGNED') === true,
    { what: 'the seller to prepare the parcel', timeoutMs: patienceMs },
  );
  const parcel = { orderId: placed.id, sellerId };
  const seller = await people.seller(sellerId);
  screen.say(`${nameOf(sellerId)}: confirmHandover`);
  accepted('confirmHandover', await seller.confirmHandover(parcel));
  await awaited(watching.changes, 'the hand-over', frame => frame.status === 'HANDED_OVER');
  await awaited(watching.eta, 'the estimate after the hand-over', ({ eta }) => eta.reason === 'HANDED_OVER');
  const hub = laneId.split('>')[1] ?? '';
  screen.say(`the carrier: recordScan at hub ${hub}`);
  accepted('recordScan', await carrier.recordScan({ ...parcel, hub, idempotencyKey: randomUUID() }));
  await awaited(watching.eta, 'the estimate after the scan', ({ eta }) => eta.reason === 'SCANNED');
  screen.say('the carrier: confirmDelivery');
  accepted('confirmDelivery', await carrier.confirmDelivery(parcel));
  await awaited(watching.changes, 'the delivery', frame => frame.status === 'DELIVERED');
  await awaited(watching.eta, 'the last estimate', ({ eta }) => eta.reason === 'DELIVERED');
  watching.close();
  const arrived = await customer.client.order(placed.id);
  return {
    ...{ orderId: placed.id, laneId, movedMs },
    deliveredAt: arrived?.deliveries?.[0]?.deliveredAt ?? '',
    promisedAt: delivery.eta.promisedAt,
  };
}

/** Jams the lane and clears it again; gives how long the estimate took to follow the jam. */
async function jam(screen: Screen, people: People, laneId: string, eta: Watch<EtaFrame>): Promise<number> {
  const { operator } = people;
  type Lane = { lane: { delayFactor: number } | null };
  const present = async (): Promise<number> =>
    (await operator.graph.ask<Lane>('query ($id: ID!) { lane(id: $id) { delayFactor } }', { id: laneId })).lane
      ?.delayFactor ?? 1;
  const set = async (factor: number, version: number): Promise<number> => {
    const begin = performance.now();
    accepted('setDelayFactor', await operator.setDelayFactor({ laneId, factor, ttlMinutes }));
    await awaited(
      eta,
      'the moved estimate',
      frame => frame.eta.reason === 'DELAY_FACTOR' && frame.eta.version > version,
    );
    return performance.now() - begin;
  };
  const newest = (): number => Math.max(...eta.frames.map(frame => frame.eta.version));

  // The lane is everybody's: another demo, or an operator, may have jammed it, and may clear it before we do.
  let version = newest();
  const before = await present();
  const factor = before < 2.5 ? 3 : before < 8 ? before + 1 : before - 1;
  screen.say(`an operator: setDelayFactor(factor: ${String(factor)})`);
  people.jammed = laneId;
  const movedMs = await set(factor, version);
  screen.say(`the new estimate was here ${painted('bold', `${movedMs.toFixed(0)} ms`)} after the call began`);
  version = newest();
  if ((await present()) === 1) screen.say('somebody else has cleared the lane already');
  else {
    screen.say('the lane is clear again: setDelayFactor(factor: 1)');
    await set(1, version);
  }
  people.jammed = undefined;
  return movedMs;
}

/** An order with a coupon that nobody knows: it ends cancelled, and everything is given back. */
export async function orderInVain(screen: Screen, people: People, product: Product): Promise<Order> {
  const { client } = people.customer;
  screen.heading('Evening: a second one, with a coupon that does not exist');
  const placed = await place(people, product, 'GRATIS100');
  screen.say(`placeOrder: order ${placed.id}; it succeeds at once, the coupon is looked at later`);
  const watching = watchOnScreen(screen, client, placed);
  await awaited(watching.changes, 'the end of the saga', ({ status }) => ['CANCELLED', 'CONFIRMED'].includes(status));
  watching.close();
  const order = await client.order(placed.id);
  if (order?.status !== 'CANCELLED')
    throw new Fault(`the order should have been cancelled and is ${order?.status ?? 'gone'}`);
  screen.say(`cancelled: ${order.cancelReason ?? ''}; its saga is ${order.saga?.status ?? ''}`);
  return order;
}

/** What the services told about an order, as its customer sees it. */
export async function story(screen: Screen, people: People, orderId: string): Promise<number> {
  const { customer, nameOf } = people;
  const entries = (await customer.client.timeline(orderId)) ?? [];
  const [first] = entries;
  const sinceMs = (instant: string): string => `+${String(Date.parse(instant) - Date.parse(first?.at ?? instant))} ms`;
  const readable = (detail: string): string =>
    detail
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, nameOf)
      .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, at);
  screen.lines(
    table(
      ['when', 'service', 'event', 'what it says'],
      entries.map(entry => [sinceMs(entry.at), entry.source, entry.type, readable(entry.detail ?? '')]),
    ),
  );
  return entries.length;
}
