import { randomInt } from 'node:crypto';
import { currentShop, sampleShop } from '@waygraph/sample-shop/sample-shop';
import { readStreets } from '@waygraph/sample-shop/streets';
import { Fault } from '@waygraph/stack/say';
import { loadSettings } from '@waygraph/stack/settings';
import { createOrderClient, type OrderClient } from '../order-client.ts';
import type { Address } from '../order-types.ts';
import { createTokens } from '../tokens.ts';

/** Who takes part in the day, each with a token of their own. */
export type People = {
  customer: { id: string; client: OrderClient; home: { street: string; address: Address } };
  operator: OrderClient;
  carrier: OrderClient;
  seller: (id: string) => Promise<OrderClient>;
  /** A lane that was jammed and is not cleared yet. */
  jammed: string | undefined;
  /** What sellers are called, by their ids. */
  nameOf: (sellerId: string) => string;
  leave: () => Promise<void>;
};

async function readiness(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? undefined : `answers that it is not ready: ${await response.text()}`;
  } catch {
    return 'does not answer';
  }
}

/** Meets the running system; throws a Fault that says what to do when there is none. */
export async function meetPeople(): Promise<People> {
  const { data, ports, jwt } = loadSettings();
  const url = `http://127.0.0.1:${String(ports.GATEWAY_PORT)}`;
  const fault = await readiness(url);
  if (fault !== undefined) {
    throw new Fault(
      `The gateway at ${url} ${fault}.\nStart the system with "npm start", and the demo in a second terminal once it says "ready".`,
    );
  }
  const tokens = createTokens({ data, ...jwt });
  const shop = sampleShop({ ...currentShop, streets: await readStreets() });
  const clients: OrderClient[] = [];
  const as = async (role: string, sub: string): Promise<OrderClient> => {
    const token = await tokens(role, sub);
    const client = createOrderClient({ url, token: () => token });
    clients.push(client);
    return client;
  };
  // Anybody, so that several demos side by side do not spend the same money.
  const someone = shop.customers[randomInt(shop.customers.length)];
  if (someone === undefined) throw new Error('the sample shop has no customers');
  const { street, postalCode, city, state, lat, lon } = someone.address;
  const names = new Map(shop.sellers.map(({ id, name }) => [id, name]));
  return {
    customer: {
      ...{ id: someone.id, client: await as('customer', someone.id) },
      home: { street, address: { postalCode, city, state, point: { lat, lon } } },
    },
    operator: await as('operator', 'demo'),
    carrier: await as('carrier', 'demo'),
    seller: id => as('seller', id),
    jammed: undefined,
    nameOf: id => names.get(id) ?? id,
    leave: async () => {
      await Promise.all(clients.map(client => client.close()));
    },
  };
}
