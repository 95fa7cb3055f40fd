import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { spawnGateway, type Answering } from './testing/spawn-gateway.ts';

// These start processes.
jest.setTimeout(30_000);

type Gateway = Awaited<ReturnType<typeof spawnGateway>>;

describe('a running gateway', () => {
  let gateway: Gateway;
  let answer: Answering | undefined;
  const aThing = { body: { data: { thing: { name: 'a thing' } } } };

  beforeAll(async () => {
    gateway = await spawnGateway({
      env: { SUBGRAPH_TIMEOUT_MS: '300', LOG_LEVEL: 'debug' },
      answer: (viewer, request) => answer?.(viewer, request) ?? Promise.resolve(aThing),
    });
    await gateway.url();
  });
  afterEach(() => (answer = undefined));
  afterAll(() => gateway.dispose());

  test('serves any supergraph, its subgraphs where the environment says', async () => {
    expect(await gateway.ask('{ thing { name } }')).toEqual({ status: 200, body: aThing.body });
    const ready = await fetch(`${await gateway.url()}/ready`);
    expect(await ready.json()).toEqual({ status: 'ready', checks: { things: 'ok' } });
  });

  test('a subgraph that does not answer in time costs its fields and says so', async () => {
    answer = () => new Promise(() => undefined);
    expect((await gateway.ask('{ thing { name } }')).body).toMatchObject({
      data: { thing: null },
      errors: [{ message: 'things does not answer in time', extensions: { code: 'UNAVAILABLE', retryable: true } }],
    });
  });

  test('a subgraph that answers nonsense costs its fields', async () => {
    for (const nonsense of [{ status: 500, body: 'no' }, { body: 'no' }]) {
      answer = () => Promise.resolve(nonsense);
      const { body } = await gateway.ask('{ thing { name } }');
      expect(body).toMatchObject({ data: { thing: null } });
    }
  });

  test('has not spoken of reporting to its vendor', () => {
    expect(gateway.output.join('\n')).not.toMatch(/telemetry is being collected|https:\/\/\S*apollographql/i);
  });
});

const broken: Answering = () =>
  Promise.resolve({
    body: { data: { thing: null }, errors: [{ message: 'column "secret" does not exist', path: ['thing'] }] },
  });

describe('a gateway process', () => {
  const running: Gateway[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(gateway => gateway.dispose()));
  });

  async function gatewayWith(options: Parameters<typeof spawnGateway>[0]) {
    const gateway = await spawnGateway(options);
    running.push(gateway);
    return gateway;
  }

  test('at SIGTERM it answers what it has begun, takes nothing new, and ends with 0', async () => {
    const asked = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    const gateway = await gatewayWith({
      answer: async () => {
        asked.resolve(undefined);
        await goOn.promise;
        return { body: { data: { thing: { name: 'late' } } } };
      },
    });
    const url = await gateway.url();
    const begun = gateway.ask('{ thing { name } }');
    await asked.promise;
    gateway.signal('SIGTERM');
    await waitFor(
      () =>
        fetch(`${url}/health`).then(
          () => false,
          () => true,
        ),
      { what: 'the port to be closed' },
    );
    goOn.resolve(undefined);
    expect((await begun).body).toEqual({ data: { thing: { name: 'late' } } });
    expect(await gateway.exited).toEqual([0, null]);
  });

  test('in production nobody learns the schema, and an error is an id that leads to the log', async () => {
    const gateway = await gatewayWith({ env: { NODE_ENV: 'production' }, answer: broken });
    const url = await gateway.url();
    for (const page of ['/', '/graphiql', '/graphiql/graphiql.min.js'])
      expect((await fetch(url + page)).status).toBe(404);
    expect((await gateway.ask('{ __schema { queryType { name } } }')).status).toBe(400);
    expect(JSON.stringify((await gateway.ask('{ thingg { name } }')).body)).not.toContain('Did you mean');

    const { body } = await gateway.ask('{ thing { name } }');
    expect(body).toMatchObject({
      errors: [{ message: 'internal error', extensions: { code: 'INTERNAL', errorId: expect.any(String) } }],
    });
    expect(JSON.stringify(body)).not.toContain('secret');
    const [{ extensions }] = body.errors as [{ extensions: { errorId: string } }];
    await waitFor(() => gateway.log.some(entry => entry['errorId'] === extensions.errorId), { what: 'the log entry' });
  });

  test('a wrong environment is told as a whole, and nothing starts', async () => {
    const gateway = await gatewayWith({ env: { GATEWAY_PORT: 'x', GATEWAY_SECRET: 'short' } });
    expect(await gateway.exited).toEqual([1, null]);
    const said = gateway.output.join('\n');
    expect(said).toContain('GATEWAY_PORT');
    expect(said).toContain('GATEWAY_SECRET');
    expect(said).not.toContain('short');
  });
});
