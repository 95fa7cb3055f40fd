import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importPKCS8, SignJWT } from 'jose';
import type { Role } from '../auth.ts';
import { testEnv } from './test-env.ts';

/** `Data` is what the test expects, e.g. `Query & Mutation` of a subgraph's generated types. */
export type Answer<Data> = {
  data: Data;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
};

/** A token as `npm run token` makes it, signed with the development key of the running system. */
export async function tokenFor(role: Role, sub: string, ttlSeconds = 600): Promise<string> {
  const file = join(testEnv('WAYGRAPH_DATA'), 'keys', 'signing-key.json');
  const { kid, pem } = JSON.parse(readFileSync(file, 'utf8')) as { kid: string; pem: string };
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ role })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setSubject(sub)
    .setIssuer(process.env['JWT_ISSUER'] ?? 'waygraph')
    .setAudience(process.env['JWT_AUDIENCE'] ?? 'waygraph')
    .setIssuedAt(now)
    .setExpirationTime(now + ttlSeconds)
    .sign(await importPKCS8(pem, 'ES256'));
}

export const gatewayUrl = (path: string): string => new URL(path, testEnv('GATEWAY_URL')).href;

/** Asks the running gateway; without a token as nobody. */
export async function askGateway<Data>(
  query: string,
  variables: Record<string, unknown> = {},
  token?: string,
): Promise<Answer<Data>> {
  const response = await fetch(gatewayUrl('/graphql'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(15_000),
  });
  return (await response.json()) as Answer<Data>;
}
