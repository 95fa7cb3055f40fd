import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export type Target = { offerId: string; productId: string; sellerId: string };
/** Adds `delta` to the stock of an offer; gives the offer's version after it. */
export type Sender = { adjust: (target: Target, delta: number) => Promise<number>; close: () => Promise<void> };

// As a person at the terminal gets one: `npm run token`.
async function operatorToken(sub: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const script = new URL('../../docker/src/token.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--role', 'operator', '--sub', sub], {
    env: environment,
  });
  return stdout.trim().split('\n').at(-1) ?? '';
}

const mutation = `mutation Bench($productId: ID!, $sellerId: ID!, $delta: Int!, $key: String!) {
  adjustStock(productId: $productId, sellerId: $sellerId, delta: $delta, idempotencyKey: $key) {
    offer { id version } userErrors { code message } } }`;

type Answer = {
  data?: { adjustStock: { offer: { version: number } | null; userErrors: { code: string; message: string }[] } };
  errors?: { message: string }[];
};

/** Through the gateway, as clients do, over kept-alive connections. Several operators, as limits are per subject. */
export async function httpSender(url: string, environment: NodeJS.ProcessEnv, run: string): Promise<Sender> {
  const subjects = ['bench-1', 'bench-2', 'bench-3', 'bench-4'];
  const tokens = await Promise.all(subjects.map(sub => operatorToken(sub, environment)));
  let sent = 0;
  return {
    adjust: async ({ productId, sellerId }, delta) => {
      sent += 1;
      const key = `${run}-${String(sent)}`;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[sent % tokens.length] ?? ''}` },
        body: JSON.stringify({ query: mutation, variables: { productId, sellerId, delta, key } }),
      });
      const { data, errors } = (await response.json()) as Answer;
      const fault = errors?.[0]?.message ?? data?.adjustStock.userErrors[0]?.code;
      const version = data?.adjustStock.offer?.version;
      if (fault !== undefined || version === undefined) throw new Error(fault ?? `HTTP ${String(response.status)}`);
      return version;
    },
    close: () => Promise.resolve(),
  };
}

/** The use case itself, without HTTP and GraphQL. */
export async function directSender(url: string, run: string): Promise<Sender> {
  const { adjustStock } = await import('@waygraph/inventory/adjust-stock');
  const { createInventoryOrm } = await import('@waygraph/inventory/database');
  const orm = await createInventoryOrm({ url, poolSize: 6 });
  let sent = 0;
  return {
    adjust: async ({ productId, sellerId }, delta) => {
      sent += 1;
      const command = { productId, sellerId, delta, idempotencyKey: `${run}-${String(sent)}` };
      const { offer, refusals } = await adjustStock({ em: orm.em.fork() }, { sub: 'bench', role: 'operator' }, command);
      if (offer === null) throw new Error(refusals[0]?.code ?? 'refused');
      return offer.version;
    },
    close: () => orm.close(),
  };
}
