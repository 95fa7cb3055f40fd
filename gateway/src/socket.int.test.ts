import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { WebSocket } from 'ws';
import { startLiveGateway } from './testing/live-gateway.ts';
import { rawSocket as openRaw } from './testing/raw-socket.ts';

let live: Awaited<ReturnType<typeof startLiveGateway>>;

beforeAll(async () => {
  live = await startLiveGateway();
});
afterEach(() => live.reset());
afterAll(() => live.dispose());

const noteChanged = 'subscription ($id: ID!) { noteChanged(noteId: $id) { cursor eventId snapshot version filler } }';
const gaugeMoved =
  'subscription ($ids: [ID!]) { gaugeMoved(gaugeIds: $ids) { cursor eventId snapshot gaugeId height filler } }';
const watchedBy = (field: string, times = 1) =>
  waitFor(() => live.world.asked.filter(query => query.includes(field)).length >= times, { what: `${field} asked` });

const rawSocket = (token?: string) => openRaw<{ gaugeId: string; height: number }>(live.url, token);

describe('tokens', () => {
  test('a bad or expired one closes the socket with 4403, and says why', async () => {
    for (const [token, reason] of [
      ['nonsense', 'the token is not valid'],
      [live.gateway.token('customer', 'c', -60), 'the token has expired'],
    ] as const) {
      const watch = live.socket(token).watch(noteChanged, { id: 'x' });
      expect(await watch.ended).toMatchObject({ code: 4403, reason });
    }
  });

  test('one that expires later closes the socket with 4403 then', async () => {
    const note = live.writer();
    await note.change();
    const watch = live.socket(live.gateway.token('customer', note.ownerId, 2)).watch(noteChanged, { id: note.id });
    await watch.count(1);
    expect(await watch.ended).toMatchObject({ code: 4403, reason: 'the token has expired' });
  });

  test('without one, what is open to all is told', async () => {
    const watch = live.socket().watch(gaugeMoved, { ids: ['open'] });
    await watchedBy('gaugeRecords');
    const payload = { gaugeId: 'open', level: 1.5 };
    await live.producer.send(
      live.topics.gauges,
      { key: 'open', seq: 1, type: 'GaugeMoved', payload: { ...payload, gaugeId: 'another' } },
      { key: 'open', seq: 2, type: 'GaugePainted', payload },
      { key: 'open', seq: 3, type: 'GaugeMoved', payload },
    );
    await watch.count(1);
    expect(watch.frames()).toMatchObject([{ gaugeId: 'open', height: 1.5, snapshot: false }]);
  });
});

describe('what else goes over a socket', () => {
  test('queries and mutations, as whoever the token says', async () => {
    const socket = live.socket(live.gateway.token('customer', 'me'));
    const query = socket.watch('{ thing }');
    const mutation = socket.watch('mutation { touch(id: "x") }');
    expect(await Promise.all([query.ended, mutation.ended])).toEqual(['complete', 'complete']);
    expect([query.results, mutation.results]).toEqual([[{ data: { thing: 'a thing' } }], [{ data: { touch: 'me' } }]]);
  });

  test.each([
    ['what is no GraphQL', '{', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown subscription', 'subscription { nothing { cursor } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two subscriptions in one',
      'subscription { a: myNotes { cursor } b: myNotes { cursor } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a subscription on a condition',
      'subscription { myNotes @include(if: true) { cursor } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a hidden field', '{ ownNoteRecords { eventId } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing variable', noteChanged, 'BAD_USER_INPUT'],
  ])('%s is refused, and the socket stays', async (_, query, code) => {
    const socket = live.socket(live.gateway.token('customer', 'me'));
    expect(await socket.watch(query).ended).toMatchObject([{ extensions: { code } }]);
    expect(await socket.watch('{ thing }').ended).toBe('complete');
  });

  test('more than 100 operations at once are refused', async () => {
    const socket = live.socket(live.gateway.token('customer', 'me'));
    for (let i = 0; i < 100; i += 1) socket.watch(noteChanged, { id: 'x' });
    const extensions = { code: 'TOO_MANY_OPERATIONS' };
    expect(await socket.watch(noteChanged, { id: 'x' }).ended).toMatchObject([{ extensions }]);
  });

  test('a message of more than 64 KiB closes the socket', async () => {
    const { send, closed } = await rawSocket();
    send({ id: '1', type: 'subscribe', payload: { query: `{ thing } #${'x'.repeat(64 * 1024)}` } });
    expect(await closed).toMatchObject({ code: 1009 });
  });

  test('no other path has a socket, and no other protocol is spoken', async () => {
    const elsewhere = new WebSocket(`${live.url.replace(/^http/, 'ws')}/other`, 'graphql-transport-ws');
    expect(String(await once(elsewhere, 'error'))).toContain('404');
    const other = new WebSocket(`${live.url.replace(/^http/, 'ws')}/graphql`);
    expect(await once(other, 'close')).toMatchObject({ 0: 4406 });
  });

  test('over HTTP a subscription is refused and told where it goes', async () => {
    const query = 'subscription { myNotes { cursor } }';
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) };
    const get = { headers: { 'apollo-require-preflight': 'yes' } };
    const urls = [
      fetch(`${live.url}/graphql`, post),
      fetch(`${live.url}/graphql?query=${encodeURIComponent(query)}`, get),
    ];
    for (const response of await Promise.all(urls)) {
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ message: expect.stringContaining('graphql-transport-ws'), extensions: { code: 'BAD_REQUEST' } }],
      });
    }
  });
});

describe('a reader that is too slow', () => {
  const filler = 'x'.repeat(40_000);

  test('of a feed that skips nothing is sent away with 1013, and goes on behind its last frame', async () => {
    const note = live.writer();
    const { socket, messages, closed, send } = await rawSocket(live.gateway.token('customer', note.ownerId));
    send({ id: '1', type: 'subscribe', payload: { query: noteChanged, variables: { id: note.id } } });
    await watchedBy('noteRecords');
    socket.pause();
    // More than the sockets' own buffers take.
    for (let i = 0; i < 400; i += 1) await note.change({ filler });
    socket.resume();
    expect(await closed).toEqual({ code: 1013, reason: expect.stringContaining('too slow') });
    const told = messages.flatMap(({ payload }) => payload?.data?.['noteChanged'] ?? []);
    expect(told.length).toBeLessThan(note.ids.length);
    const rest = live
      .socket(live.gateway.token('customer', note.ownerId))
      .watch(
        noteChanged
          .replace('$id: ID!', '$id: ID!, $after: Cursor')
          .replace('noteId: $id', 'noteId: $id, after: $after'),
        {
          id: note.id,
          after: told.at(-1)?.cursor,
        },
      );
    await rest.count(note.ids.length - told.length);
    expect([...told, ...rest.frames()].map(({ eventId }) => eventId)).toEqual(note.ids);
  });

  test('of a feed that keeps the newest gets the newest of each thing', async () => {
    const [a, b] = [uniqueId('gauge'), uniqueId('gauge')];
    const { socket, messages, send } = await rawSocket();
    const asked = live.world.asked.filter(query => query.includes('gaugeRecords')).length;
    send({ id: '1', type: 'subscribe', payload: { query: gaugeMoved, variables: { ids: [a, b] } } });
    await watchedBy('gaugeRecords', asked + 1);
    socket.pause();
    for (let i = 1; i <= 400; i += 1)
      for (const gaugeId of [a, b]) {
        const payload = { gaugeId, level: i, filler };
        await live.producer.send(live.topics.gauges, { key: gaugeId, seq: i, type: 'GaugeMoved', payload });
      }
    socket.resume();
    const moves = () => messages.flatMap(({ payload }) => payload?.data?.['gaugeMoved'] ?? []);
    const heights = (id: string) => moves().flatMap(({ gaugeId, height }) => (gaugeId === id ? [height] : []));
    await waitFor(() => heights(a).at(-1) === 400 && heights(b).at(-1) === 400, { what: 'the newest of both' });
    for (const one of [heights(a), heights(b)]) {
      expect(one.length).toBeLessThan(400);
      expect(one).toEqual(one.toSorted((x, y) => x - y));
    }
    socket.terminate();
  });
});
