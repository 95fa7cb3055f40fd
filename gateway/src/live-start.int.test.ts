import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { WebSocket } from 'ws';
import { newsSdl, thingsSdl } from './testing/foreign-graph.ts';
import { spawnGateway } from './testing/spawn-gateway.ts';
import { openSocket } from './testing/watch.ts';

const running: Awaited<ReturnType<typeof spawnGateway>>[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(gateway => gateway.dispose()));
});

async function gatewayWith(options: Parameters<typeof spawnGateway>[0]) {
  const gateway = await spawnGateway(options);
  running.push(gateway);
  return gateway;
}
const fed = { sdl: thingsSdl, fedSdl: newsSdl({ notes: 'no.such.topic', gauges: 'none.such.either' }) };
const nobodyThere = { KAFKA_BROKERS: '127.0.0.1:1', CURSOR_SECRET: 'signs cursors of this test and no others' };

describe('a gateway with fed subscriptions', () => {
  test('does not start without a secret for cursors, and says so', async () => {
    const gateway = await gatewayWith(fed);
    expect(await gateway.exited).toEqual([1, null]);
    expect(gateway.output.join('\n')).toContain('CURSOR_SECRET');
  });

  test('does not start when one cannot be fed, and names field and argument', async () => {
    const fedSdl = fed.fedSdl.replace('by: "ownerId"', 'by: ""');
    const gateway = await gatewayWith({ ...fed, fedSdl, env: nobodyThere });
    expect(await gateway.exited).toEqual([1, null]);
    expect(gateway.output.join('\n')).toContain('Subscription.myNotes: @feed(by:): expected a text');
  });

  test('answers queries while the log is away; subscriptions are told to come later, and it stops at once', async () => {
    const answer = () => Promise.resolve({ body: { data: { thing: 'a thing' } } });
    const gateway = await gatewayWith({ ...fed, answer, env: nobodyThere });
    const url = await gateway.url();
    expect((await gateway.ask('{ thing }')).body).toEqual({ data: { thing: 'a thing' } });
    expect(await (await fetch(`${url}/ready`)).json()).toMatchObject({ checks: { log: 'the event log is not read' } });
    const socket = openSocket(url, gateway.token('customer', 'me'));
    const extensions = { code: 'UNAVAILABLE', retryable: true };
    expect(await socket.watch('subscription { myNotes { cursor } }').ended).toMatchObject([{ extensions }]);
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toEqual([0, null]);
  });
});

describe('a gateway without', () => {
  test('needs no log, has sockets all the same, and refuses subscriptions there', async () => {
    const gateway = await gatewayWith({ env: { KAFKA_BROKERS: '127.0.0.1:1' } });
    const socket = openSocket(await gateway.url());
    const query = socket.watch('{ thing { name } }');
    expect(await query.ended).toBe('complete');
    expect(query.results).toEqual([{ data: { thing: { name: 'a thing' } } }]);
    const extensions = { code: 'BAD_REQUEST' };
    expect(await socket.watch('subscription { anything }').ended).toMatchObject([{ extensions }]);
    expect(gateway.output.join('\n')).not.toMatch(/kafka|event log is/i);
    await socket.dispose();
  });

  test('at SIGTERM it closes sockets with 1012, so that clients come back, and ends with 0', async () => {
    const gateway = await gatewayWith({});
    const socket = new WebSocket(`${(await gateway.url()).replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    // Since the handshake is answered before the server has the socket in its list.
    const acknowledged = once(socket, 'message');
    socket.send('{"type":"connection_init"}');
    await acknowledged;
    gateway.signal('SIGTERM');
    expect(await once(socket, 'close')).toMatchObject({ 0: 1012 });
    expect(await gateway.exited).toEqual([0, null]);
    await waitFor(() => gateway.log.some(({ msg }) => msg === 'stopped'), { what: 'a clean stop' });
  });
});
