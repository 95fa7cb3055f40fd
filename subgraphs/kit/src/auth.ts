import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { isText } from '@waygraph/schema/inputs';
import { WaygraphError } from './errors.ts';

export const roles = ['customer', 'seller', 'carrier', 'operator'] as const;
export type Role = (typeof roles)[number];

/** Who asks, as the token says; undefined where a viewer is optional means: no token, the catalogue only. */
export type Viewer = { readonly sub: string; readonly role: Role };

const isRole = (value: unknown): value is Role => roles.some(role => role === value);

function viewerOf(claims: { sub?: unknown; role?: unknown }): Viewer | undefined {
  const { sub, role } = claims;
  return typeof sub === 'string' && isText(sub, 64) && isRole(role) ? { sub, role } : undefined;
}

/** Who asks, and until when, in ms since 1970. */
export type Verified = { readonly viewer: Viewer; readonly expiresAtMs: number };
export type TokenVerifier = (authorization: string | undefined) => Promise<Verified | undefined>;

/**
 * Verifies `Authorization: Bearer <JWT>` against a key set (a URL, rotated by its owner, or a file).
 * Resolves to undefined without a header; throws UNAUTHENTICATED for anything that is not a valid token of ours.
 */
export async function createTokenVerifier(options: {
  jwks: string;
  issuer: string;
  audience: string;
}): Promise<TokenVerifier> {
  const keys: JWTVerifyGetKey = /^https?:/.test(options.jwks)
    ? createRemoteJWKSet(new URL(options.jwks))
    : createLocalJWKSet(JSON.parse(await readFile(options.jwks, 'utf8')) as JSONWebKeySet);

  return async authorization => {
    if (authorization === undefined || authorization === '') return undefined;
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw new WaygraphError('UNAUTHENTICATED', 'expected "Authorization: Bearer <token>"');
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        issuer: options.issuer,
        audience: options.audience,
        requiredClaims: ['exp', 'iss', 'aud', 'sub'],
        clockTolerance: 5,
      });
      const viewer = viewerOf(payload);
      if (viewer === undefined)
        throw new WaygraphError(
          'UNAUTHENTICATED',
          `expected a role of ${roles.join(', ')} and a sub of 1..64 characters`,
        );
      return { viewer, expiresAtMs: (payload.exp ?? 0) * 1_000 };
    } catch (error) {
      if (error instanceof WaygraphError) throw error;
      if (error instanceof errors.JWTExpired)
        throw new WaygraphError('UNAUTHENTICATED', 'the token has expired', { cause: error });
      if (error instanceof errors.JOSEError)
        throw new WaygraphError('UNAUTHENTICATED', 'the token is not valid', { cause: error });
      throw new WaygraphError('UNAVAILABLE', 'the key set cannot be read', { cause: error });
    }
  };
}

/** Seconds that a gateway's request may be old: long enough for a skewed clock, short enough against replays. */
const freshnessMs = 30_000;
const viewerHeader = 'x-waygraph-viewer';
const signatureHeader = 'x-waygraph-signature';

function signature(secret: string, viewer: string, body: string): string {
  const digest = createHash('sha256').update(body).digest('hex');
  return createHmac('sha256', secret).update(`${viewer}\n${digest}`).digest('base64url');
}

/** Headers by which a subgraph knows that the gateway asks, for whom, and that the body is the one that was signed. */
export function signSubgraphRequest(
  secret: string,
  request: { viewer: Viewer | undefined; body: string },
  nowMs: number = Date.now(),
): Record<string, string> {
  const viewer = Buffer.from(JSON.stringify({ ...request.viewer, at: nowMs })).toString('base64url');
  return { [viewerHeader]: viewer, [signatureHeader]: signature(secret, viewer, request.body) };
}

/** The viewer that the gateway vouches for. Throws GATEWAY_ONLY when the signature is missing, wrong or old. */
export function verifySubgraphRequest(
  secret: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  nowMs: number = Date.now(),
): Viewer | undefined {
  const viewer = headers[viewerHeader];
  const given = headers[signatureHeader];
  if (typeof viewer !== 'string' || typeof given !== 'string') {
    throw new WaygraphError('GATEWAY_ONLY', 'subgraphs answer the gateway only');
  }
  const expected = Buffer.from(signature(secret, viewer, body));
  const actual = Buffer.from(given);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    throw new WaygraphError('GATEWAY_ONLY', 'the gateway signature does not fit this request');
  }
  const claims = JSON.parse(Buffer.from(viewer, 'base64url').toString()) as { sub?: string; role?: string; at: number };
  if (Math.abs(nowMs - claims.at) > freshnessMs)
    throw new WaygraphError('GATEWAY_ONLY', 'the gateway signature is too old');
  return viewerOf(claims);
}
