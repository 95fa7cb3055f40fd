import { fileURLToPath } from 'node:url';
import { common, httpUrl, integer, kafkaBrokers, list, loadEnv, port, secret, text } from '@waygraph/kit/env';

// The gateway library reports to its vendor unless this is set before it is made.
process.env['APOLLO_TELEMETRY_DISABLED'] = '1';

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const envModel = {
  ...common,
  GATEWAY_PORT: port(4000),
  SUPERGRAPH: text(fromHere('../../schema/supergraph.graphql')),
  JWT_JWKS: text(fromHere('../../.data/keys/jwks.json')),
  JWT_ISSUER: text('waygraph'),
  JWT_AUDIENCE: text('waygraph'),
  GATEWAY_SECRET: secret(),
  /** Origins of pages that may call the gateway from a browser, e.g. `https://shop.example`. */
  CORS_ORIGINS: list(''),
  /** Only used when the supergraph has fed subscriptions. */
  KAFKA_BROKERS: kafkaBrokers(),
  CURSOR_SECRET: secret().optional(),
  SUBGRAPH_TIMEOUT_MS: integer(3_000, { min: 100, max: 60_000 }),
};

export const readEnv = () => loadEnv(envModel);

/** Where each subgraph answers: `<NAME>_URL`, else what the supergraph says. */
export function readSubgraphUrls(subgraphs: readonly { name: string; url: string }[]): ReadonlyMap<string, string> {
  const variable = (name: string): string => `${name.toUpperCase().replaceAll('-', '_')}_URL`;
  const urls = loadEnv(Object.fromEntries(subgraphs.map(({ name, url }) => [variable(name), httpUrl(url)])));
  return new Map(subgraphs.map(({ name, url }) => [name, urls[variable(name)] ?? url]));
}
