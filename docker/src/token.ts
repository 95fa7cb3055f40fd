// npm run token -- --role customer --sub <id> [--ttl 12h]: a development token, alone on the last line of stdout.
import { parseArgs } from 'node:util';
import { importPKCS8, SignJWT } from 'jose';
import { paths } from './folder.ts';
import { signingKey, type SigningKey } from './keys.ts';
import { Fault, fail, messageOf, print } from './say.ts';
import { loadSettings } from './settings.ts';

export const roles = ['customer', 'seller', 'carrier', 'operator'] as const;
const usage = `npm run token -- --role ${roles.join('|')} --sub <id> [--ttl 12h]`;

export type TokenRequest = { role: string; sub: string; ttlSeconds: number };

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

export function parseRequest(args: readonly string[]): TokenRequest {
  let values: { role?: string | undefined; sub?: string | undefined; ttl?: string | undefined };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { role: { type: 'string' }, sub: { type: 'string' }, ttl: { type: 'string' } },
    }));
  } catch (error) {
    throw new Fault(`${messageOf(error)}\n${usage}`);
  }
  const { role, sub, ttl = '12h' } = values;
  if (role === undefined) throw new Fault(`--role is missing\n${usage}`);
  if (!roles.some(known => known === role)) throw new Fault(`--role ${role}: expected one of ${roles.join(', ')}`);
  if (sub === undefined || sub === '')
    throw new Fault(`--sub is missing: the id of the ${role} that the token is for\n${usage}`);
  if (sub.length > 64) throw new Fault('--sub: expected 1 to 64 characters');
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(ttl) ?? [];
  if (count === undefined || unit === undefined)
    throw new Fault(`--ttl ${ttl}: expected a number with s, m, h or d, like 30m or 12h`);
  return { role, sub, ttlSeconds: Number(count) * (units[unit] ?? 1) };
}

export async function signToken(
  { role, sub, ttlSeconds }: TokenRequest,
  { kid, pem }: SigningKey,
  { issuer, audience }: { issuer: string; audience: string },
  nowSeconds: number,
): Promise<string> {
  const key = await importPKCS8(pem, 'ES256');
  return new SignJWT({ role })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
    .setSubject(sub)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + ttlSeconds)
    .sign(key);
}

async function main(): Promise<void> {
  const request = parseRequest(process.argv.slice(2));
  const { data, jwt } = loadSettings();
  print(await signToken(request, signingKey(paths(data).keys), jwt, Math.floor(Date.now() / 1000)));
}

if (import.meta.main) await main().catch(fail);
