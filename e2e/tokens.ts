import { paths } from '@waygraph/stack/folder';
import { signingKey } from '@waygraph/stack/keys';
import { signToken, type TokenRequest } from '@waygraph/stack/token';

export type Tokens = (role: TokenRequest['role'], sub: string) => Promise<string>;

const ttlSeconds = 12 * 3_600;

/** Development tokens of a running system, as `npm run token` makes them; throws a Fault when the folder holds no key. */
export function createTokens(options: { data: string; issuer: string; audience: string }): Tokens {
  const key = signingKey(paths(options.data).keys);
  return (role, sub) => signToken({ role, sub, ttlSeconds }, key, options, Math.floor(Date.now() / 1_000));
}
