import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createTokenVerifier, signSubgraphRequest, verifySubgraphRequest, type TokenVerifier } from './auth.ts';

const issuer = 'waygraph';
const audience = 'waygraph';

describe('tokens', () => {
  let folder: string;
  let verify: TokenVerifier;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jwks-'));
    keys = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(keys.publicKey)), alg: 'ES256', kid: 'one', use: 'sig' };
    await writeFile(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }));
    verify = await createTokenVerifier({ jwks: join(folder, 'jwks.json'), issuer, audience });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const token = (claims: JWTPayload, alg = 'ES256', key: Parameters<SignJWT['sign']>[0] = keys.privateKey) =>
    new SignJWT({
      iss: issuer,
      aud: audience,
      sub: 'customer-1',
      role: 'customer',
      exp: Date.now() / 1000 + 60,
      ...claims,
    })
      .setProtectedHeader({ alg, kid: 'one' })
      .sign(key);

  test('a good token says who asks and until when; none says nobody', async () => {
    const exp = Math.floor(Date.now() / 1000) + 90;
    expect(await verify(`Bearer ${await token({ exp })}`)).toEqual({
      viewer: { sub: 'customer-1', role: 'customer' },
      expiresAtMs: exp * 1000,
    });
    expect(await verify(undefined)).toBeUndefined();
  });

  test.each([
    ['another issuer', { iss: 'evil' }],
    ['another audience', { aud: 'evil' }],
    ['an end in the past', { exp: 1_000 }],
    ['an unknown role', { role: 'root' }],
    ['an empty subject', { sub: '' }],
    ['a subject that no database takes', { sub: 'a\0b' }],
    ['a subject that is too long', { sub: 'x'.repeat(65) }],
    ['a beginning in the future', { nbf: Date.now() / 1000 + 3_600 }],
  ])('a token with %s is refused', async (_, claims) => {
    await expect(verify(`Bearer ${await token(claims)}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a token without an end is refused', async () => {
    const endless = await new SignJWT({ iss: issuer, aud: audience, sub: 'c', role: 'customer' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(keys.privateKey);
    await expect(verify(`Bearer ${endless}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a symmetric signature made of the public key, no signature, and no token at all are refused', async () => {
    const spki = new TextEncoder().encode(await exportSPKI(keys.publicKey));
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"a","role":"operator"}').toString('base64url')}.`;
    for (const bad of [await token({ role: 'operator' }, 'HS256', spki), none, 'a.b.c']) {
      await expect(verify(`Bearer ${bad}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await expect(verify('Basic dXNlcjpwdw==')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('gateway signatures', () => {
  const secret = 'g'.repeat(32);
  const viewer = { sub: 'seller-1', role: 'seller' } as const;
  const body = '{"query":"{ __typename }"}';

  test('a signed request carries its viewer', () => {
    expect(verifySubgraphRequest(secret, signSubgraphRequest(secret, { viewer, body }), body)).toEqual(viewer);
    expect(
      verifySubgraphRequest(secret, signSubgraphRequest(secret, { viewer: undefined, body }), body),
    ).toBeUndefined();
  });

  test('nobody else gets in', () => {
    const headers = signSubgraphRequest(secret, { viewer, body }, 1_000_000);
    const refused = expect.objectContaining({ code: 'GATEWAY_ONLY' });
    const attempt = (given: Record<string, string>, sent: string, now: number, key = secret) => {
      try {
        return verifySubgraphRequest(key, given, sent, now);
      } catch (error) {
        return error;
      }
    };
    expect(attempt({}, body, 1_000_000)).toEqual(refused);
    expect(attempt(headers, `${body} `, 1_000_000)).toEqual(refused);
    expect(attempt(headers, body, 1_031_000)).toEqual(refused);
    expect(attempt(headers, body, 1_000_000, 'h'.repeat(32))).toEqual(refused);
    const forged = Buffer.from('{"sub":"x","role":"operator","at":1000000}').toString('base64url');
    expect(attempt({ ...headers, 'x-waygraph-viewer': forged }, body, 1_000_000)).toEqual(refused);
  });
});
