import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { startLiveGateway } from './testing/live-gateway.ts';
import { rawSocket } from './testing/raw-socket.ts';

let live: Awaited<ReturnType<typeof startLiveGateway>>;

beforeAll(async () => {
  live = await startLiveGateway();
});
afterEach(() => live.reset());
afterAll(() => live.dispose());

const noteChanged = 'subscription ($id: ID!) { noteChanged(noteId: $id) { cursor eventId } }';
const gaugeMoved = 'subscription { gaugeMoved { cursor eventId } }';
const alive = async () => (await fetch(`${live.url}/health`)).status;

test('a peer that asks for a socket elsewhere and is gone at once does no harm', async () => {
  for (let i = 0; i < 100; i += 1) {
    const peer = connect(Number(new URL(live.url).port), '127.0.0.1');
    await once(peer, 'connect');
    peer.write(
      'GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    setImmediate(() => peer.resetAndDestroy());
    await once(peer, 'close');
  }
  expect(await alive()).toBe(200);
});

test('who does not answer the close of an expired token cannot go on meanwhile', async () => {
  const { socket, send } = await rawSocket(live.url, live.gateway.token('customer', 'expiring', 1));
  socket.pause(); // never reads the close
  const touched = () => live.world.asked.filter(query => query.includes('touch')).length;
  const closing = live.socket(live.gateway.token('customer', 'expiring', 1));
  expect(await closing.watch(noteChanged, { id: 'x' }).ended).toMatchObject({ code: 4403 });
  const before = touched();
  send({ id: '1', type: 'subscribe', payload: { query: 'mutation { touch(id: "late") }' } });
  // What comes later over another socket is answered: then the first one's message was read, too.
  for (let i = 0; i < 5; i += 1) await live.socket(live.gateway.token('customer', 'me')).watch('{ thing }').ended;
  expect(touched()).toBe(before);
  socket.terminate();
});

test('who does not read is not read from either', async () => {
  const { socket, send, messages } = await rawSocket(live.url);
  socket.pause();
  const ping = { type: 'ping', payload: { filler: 'x'.repeat(60_000) } };
  const count = 1_000;
  for (let i = 0; i < count; i += 1) send(ping);
  for (let i = 0; i < 30; i += 1) await live.socket().watch('{ thing }').ended;
  expect(socket.bufferedAmount).toBeGreaterThan(0);
  // Nothing is lost for one that reads again.
  socket.resume();
  await waitFor(() => messages.filter(({ type }) => type === 'pong').length === count, { what: 'every pong' });
  socket.terminate();
});

test('an operation counts until it has ended, not until its end is asked for', async () => {
  const { socket, messages, send } = await rawSocket(live.url, live.gateway.token('customer', 'me'));
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  live.world.onSnapshot(() => held);
  const before = live.world.asked.length;
  for (let i = 0; i < 100; i += 1)
    send({ id: String(i), type: 'subscribe', payload: { query: noteChanged, variables: { id: 'x' } } });
  await waitFor(() => live.world.asked.length === before + 100, { what: 'every snapshot' });
  for (let i = 0; i < 100; i += 1) send({ id: String(i), type: 'complete' });
  send({ id: 'last', type: 'subscribe', payload: { query: noteChanged, variables: { id: 'x' } } });
  await waitFor(() => messages.some(({ id }) => id === 'last'), { what: 'a refusal' });
  expect(messages.find(({ id }) => id === 'last')?.payload?.[0]?.extensions?.code).toBe('TOO_MANY_OPERATIONS');
  letGo();
  socket.terminate();
});

test('an id is not used again before its operation has ended', async () => {
  const { closed, send } = await rawSocket(live.url);
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  live.world.onSnapshot(() => held);
  const subscribe = { id: '1', type: 'subscribe', payload: { query: gaugeMoved } };
  send(subscribe);
  await waitFor(() => live.world.asked.some(query => query.includes('gaugeRecords')), { what: 'the snapshot' });
  send({ id: '1', type: 'complete' });
  send(subscribe);
  expect(await closed).toMatchObject({ code: 4409 });
  letGo();
});

test('what is nested too deeply to be read is refused, and the socket stays', async () => {
  const socket = live.socket();
  const deep = `subscription {${'a{'.repeat(20_000)}b${'}'.repeat(20_001)}`;
  expect(await socket.watch(deep).ended).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
  expect(await socket.watch('{ thing }').ended).toBe('complete');
});
