import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect, test } from '@jest/globals';
import { ensureKeys, signingKey } from './keys.ts';
import { parseRequest, signToken } from './token.ts';

test('a token is one that the published keys verify', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waygraph-keys-'));
  try {
    const secrets = ensureKeys(folder);
    expect(ensureKeys(folder)).toEqual(secrets);
    expect(secrets.GATEWAY_SECRET.length).toBeGreaterThanOrEqual(32);
    expect(statSync(join(folder, 'signing-key.json')).mode & 0o077).toBe(0);
    const now = Math.floor(Date.now() / 1000);
    const jwt = { issuer: 'waygraph', audience: 'shop' };
    const token = await signToken(
      parseRequest(['--role', 'seller', '--sub', 'seller-7', '--ttl', '30m']),
      signingKey(folder),
      jwt,
      now,
    );
    const keys = createLocalJWKSet(JSON.parse(readFileSync(join(folder, 'jwks.json'), 'utf8')) as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(token, keys, jwt);
    expect(payload).toMatchObject({ sub: 'seller-7', role: 'seller', exp: now + 1800 });
    expect(protectedHeader.alg).toBe('ES256');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [['--sub', 'a'], '--role is missing'],
  [['--role', 'admin', '--sub', 'a'], '--role admin: expected one of customer, seller, carrier, operator'],
  [['--role', 'customer'], '--sub is missing: the id of the customer'],
  [['--role', 'customer', '--sub', 'x'.repeat(65)], 'expected 1 to 64 characters'],
  [['--role', 'customer', '--sub', 'a', '--ttl', 'soon'], '--ttl soon: expected a number with s, m, h or d'],
  [['--roll', 'customer'], '--roll'],
])('%j is refused: %s', (args, message) => {
  expect(() => parseRequest(args)).toThrow(message);
});

test('half a day unless told otherwise', () => {
  expect(parseRequest(['--role', 'operator', '--sub', 'ops'])).toEqual({
    role: 'operator',
    sub: 'ops',
    ttlSeconds: 43_200,
  });
});
