import { describe, expect, test } from '@jest/globals';
import { askGateway, gatewayUrl } from '@waygraph/kit/testing/gateway-client';

const get = async (path: string) => {
  const response = await fetch(gatewayUrl(path));
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
};

describe('what the gateway serves beside GraphQL', () => {
  test('it is alive and ready, and says what it needs', async () => {
    expect(await get('/health')).toMatchObject({ status: 200 });
    const ready = await get('/ready');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({ status: 'ready', checks: { inventory: 'ok', payments: 'ok' } });
  });

  test('Apollo Sandbox at /, which leads to GraphiQL for those without internet', async () => {
    const { status, type, text } = await get('/');
    expect(status).toBe(200);
    expect(type).toContain('text/html');
    expect(text).toContain('href="/graphiql"');
  });

  test('GraphiQL loads everything from here', async () => {
    const { status, text } = await get('/graphiql');
    expect(status).toBe(200);
    const links = [...text.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, link]) => link ?? '')
      .filter(link => link !== 'data:,');
    expect(links.length).toBeGreaterThanOrEqual(5);
    for (const link of links) {
      expect(link).toMatch(/^\/graphiql\//);
      const asset = await get(link);
      expect(asset.status).toBe(200);
      expect(asset.type).toMatch(link.endsWith('.css') ? /css/ : /javascript/);
    }
  });

  test('both pages send subscriptions over a socket', async () => {
    expect((await get('/graphiql/start.js')).text).toContain('subscriptionUrl');
    expect((await get('/')).text).toContain('initialSubscriptionEndpoint');
  });

  test('the example that GraphiQL opens with is answered without an error', async () => {
    const { status, text } = await get('/graphiql/example.graphql');
    expect(status).toBe(200);
    const { data, errors } = await askGateway(text);
    expect(errors).toBeUndefined();
    expect(data).toBeTruthy();
  });

  test('its other tabs are served, and the catalogue is the first', async () => {
    const [, list = ''] = /const tabs = \[([^\]]*)\]/.exec((await get('/graphiql/start.js')).text) ?? [];
    const names = [...list.matchAll(/'([^']+)'/g)].map(([, name]) => name ?? '');
    expect(names[0]).toBe('example');
    expect(names.length).toBeGreaterThanOrEqual(4);
    for (const name of names) expect((await get(`/graphiql/${name}.graphql`)).status).toBe(200);
  });

  test('anything else is not there', async () => {
    for (const path of ['/graphiql/../package.json', '/graphiql/package.json', '/.data', '/graphql/x']) {
      expect((await get(path)).status).toBe(404);
    }
  });
});
