import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from './say.ts';

export type Secrets = { GATEWAY_SECRET: string; CURSOR_SECRET: string };
export type SigningKey = { kid: string; pem: string };

/** Beside and renamed: a key is there whole or not at all; nobody but us reads it. */
function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Development keys of a data folder, made once: what signs tokens, the public half as a JWKS, shared secrets. */
export function ensureKeys(folder: string): Secrets {
  const jwks = join(folder, 'jwks.json');
  if (!existsSync(jwks)) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
    const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
    writePrivate(
      join(folder, 'signing-key.json'),
      JSON.stringify({ kid, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
    );
    writePrivate(jwks, `${JSON.stringify({ keys: [{ kty, crv, x, y, kid, use: 'sig', alg: 'ES256' }] })}\n`);
  }
  const file = join(folder, 'secrets.json');
  const make = () => randomBytes(32).toString('base64url');
  if (!existsSync(file)) writePrivate(file, JSON.stringify({ GATEWAY_SECRET: make(), CURSOR_SECRET: make() }));
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
}

export function signingKey(folder: string): SigningKey {
  const file = join(folder, 'signing-key.json');
  if (!existsSync(file))
    throw new Fault(
      `no signing key in ${folder}: run "npm start" once, or point WAYGRAPH_DATA to a running system's folder`,
    );
  return JSON.parse(readFileSync(file, 'utf8')) as SigningKey;
}
