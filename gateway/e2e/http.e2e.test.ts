import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { askGateway, gatewayUrl, tokenFor } from '@waygraph/kit/testing/gateway-client';
import { testEnv } from '@waygraph/kit/testing/test-env';

const json = { 'content-type': 'application/json' };
const post = (body: string | Buffer, headers: Record<string, string> = json) =>
  fetch(gatewayUrl('/graphql'), { method: 'POST', headers, body });
const get = (headers: Record<string, string>) => fetch(gatewayUrl('/graphql?query=%7B__typename%7D'), { headers });

describe('who asks', () => {
  test('nobody is answered what is open to all; a good token is taken', async () => {
    expect(await askGateway('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    expect(await askGateway('{ __typename }', {}, await tokenFor('customer', 'somebody'))).toEqual({
      data: { __typename: 'Query' },
    });
  });

  test.each([
    ['nonsense', () => 'Bearer nonsense'],
    ['another scheme', () => 'Basic dTpw'],
    ['an expired token', async () => `Bearer ${await tokenFor('operator', 'op', -60)}`],
    [
      'a token that was tampered with',
      async () =>
        `Bearer ${(await tokenFor('customer', 'a')).replace(/\.[^.]+\./, `.${Buffer.from('{"role":"operator","sub":"a"}').toString('base64url')}.`)}`,
    ],
  ])('%s is refused before anything runs', async (_, authorization) => {
    const response = await post('{"query":"{ __typename }"}', { ...json, authorization: await authorization() });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test('a subgraph answers the gateway only', async () => {
    for (const query of ['{ _service { sdl } }', '{ __typename }']) {
      const headers = { ...json, authorization: `Bearer ${await tokenFor('operator', 'op')}` };
      const response = await fetch(testEnv('INVENTORY_URL'), {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'GATEWAY_ONLY' } }] });
    }
  });
});

describe('what is taken', () => {
  test('a GET that a page of another origin could send is refused, one that only a program sends is answered', async () => {
    for (const headers of [
      {},
      { 'content-type': 'text/plain' },
      { 'content-type': 'multipart/form-data; boundary=x' },
    ]) {
      expect((await get(headers)).status).toBe(400);
    }
    const answered = await get({ 'apollo-require-preflight': 'yes' });
    expect(await answered.json()).toEqual({ data: { __typename: 'Query' } });
    expect(answered.headers.get('cache-control')).toBe('no-store');
  });

  test('a mutation by GET is refused', async () => {
    const query = encodeURIComponent('mutation { createCoupon(code: "X", percentOff: 1, quota: 1) { code } }');
    const response = await fetch(gatewayUrl(`/graphql?query=${query}`), {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    expect(response.status).toBe(405);
  });

  test('a body that is not a GraphQL request is refused as a whole', async () => {
    for (const body of ['{bad', '[]', '[{"query":"{ __typename }"}]', '{}', '{"query":5}']) {
      expect((await post(body)).status).toBe(400);
    }
    expect((await post('{"query":"{ __typename }"}', { 'content-type': 'text/plain' })).status).toBe(400);
    expect(
      (await post('{"query":"{ __typename }"}', { 'content-type': 'application/json; charset=utf-7' })).status,
    ).toBe(415);
  });

  test('a body is measured after inflating', async () => {
    const large = JSON.stringify({ query: `{ __typename } #${'x'.repeat(256 * 1024)}` });
    for (const [body, headers] of [
      [large, json],
      [gzipSync(large), { ...json, 'content-encoding': 'gzip' }],
    ] as const) {
      const response = await post(body, headers);
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BODY_TOO_LARGE' } }] });
    }
    const zipped = await post(gzipSync('{"query":"{ __typename }"}'), { ...json, 'content-encoding': 'gzip' });
    expect(await zipped.json()).toEqual({ data: { __typename: 'Query' } });
  });

  test('pages of other origins get no permission', async () => {
    const response = await fetch(gatewayUrl('/graphql'), {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('access-control-allow-headers')).toBeNull();
  });
});
