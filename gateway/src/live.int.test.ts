import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { frameCursor, mutationCursor } from '@waygraph/kit/cursor';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { cursorSecret, partitions, startLiveGateway } from './testing/live-gateway.ts';

let live: Awaited<ReturnType<typeof startLiveGateway>>;

beforeAll(async () => {
  live = await startLiveGateway();
});
afterEach(() => live.reset());
afterAll(() => live.dispose());

const customer = (sub: string) => live.gateway.token('customer', sub);

const fields = 'cursor eventId type at snapshot noteId version';
const noteChanged = `subscription ($id: ID!, $after: Cursor) { noteChanged(noteId: $id, after: $after) { ${fields} } }`;
const joined = `subscription ($id: ID!) { noteChanged(noteId: $id) { ${fields} n: note { id words: text version } } }`;
const myNotes = `subscription ($after: Cursor) { myNotes(after: $after) { ${fields} } }`;

describe('snapshot, then stream', () => {
  test('tells the present state, then each change, joined with what the subgraph knows', async () => {
    const note = live.writer();
    await note.change();
    const { watchNote } = watching(joined, note);
    await watchNote.count(1);
    await note.change();
    await note.change();
    await watchNote.count(3);
    expect(watchNote.frames().map(({ snapshot, version, eventId }) => [snapshot, version, eventId])).toEqual([
      [true, 1, note.ids[0]],
      [false, 2, note.ids[1]],
      [false, 3, note.ids[2]],
    ]);
    const [first, , last] = watchNote.frames();
    expect(first).toMatchObject({ type: 'Tested', noteId: note.id, n: { id: note.id, words: 'v1', version: 1 } });
    expect(last?.['n']).toMatchObject({ words: 'v3' });
    expect(last?.['at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('asks no subgraph for a frame that the event alone can fill', async () => {
    const note = live.writer();
    const { watchNote } = watching(noteChanged, note);
    await note.change();
    await watchNote.count(1);
    await note.change();
    await watchNote.count(2);
    expect(live.world.asked.filter(query => query.includes('_entities') && query.includes(note.id))).toEqual([]);
  });

  test('has no hole and no repeat while events flow during the subscribing', async () => {
    const note = live.writer();
    for (let i = 0; i < 5; i += 1) await note.change();
    const done = { flowing: true };
    const flow = (async () => {
      while (done.flowing && note.ids.length < 300) await note.change();
    })();
    const watches = [];
    for (let i = 0; i < 5; i += 1) {
      const { watchNote } = watching(noteChanged, note);
      watches.push(watchNote);
      await watchNote.count(3);
    }
    done.flowing = false;
    await flow;
    for (const watch of watches) {
      await waitFor(() => watch.frames().at(-1)?.eventId === note.ids.at(-1), { what: 'the last event' });
      const versions = watch.frames().map(({ version }) => Number(version));
      const [first = 0] = versions;
      expect(versions).toEqual(Array.from({ length: note.ids.length - first + 1 }, (_, i) => first + i));
    }
  });

  test('an event that the state contains already is not told again when it comes by', async () => {
    const note = live.writer();
    live.world.onSnapshot(async () => {
      live.world.onSnapshot(() => Promise.resolve());
      await note.change(); // the event may be in the log before the answer is there
    });
    const { watchNote } = watching(noteChanged, note);
    await watchNote.count(1);
    await note.change();
    await watchNote.count(2);
    expect(watchNote.frames().map(({ eventId }) => eventId)).toEqual(note.ids);
  });

  test("nor is it behind the state's cursor", async () => {
    const note = live.writer();
    const first = watching(noteChanged, note); // whatever it is told, the gateway has met
    await first.watchNote.ready();
    live.world.onSnapshot(async () => {
      live.world.onSnapshot(() => Promise.resolve());
      await note.change();
      await first.watchNote.count(1);
    });
    const { watchNote } = watching(noteChanged, note);
    await watchNote.count(1);
    expect(watchNote.frames()[0]).toMatchObject({ eventId: note.ids[0], snapshot: true });
    const again = watching(noteChanged, note, watchNote.frames()[0]?.cursor);
    await note.change();
    await again.watchNote.count(1);
    expect(again.watchNote.frames().map(({ eventId }) => eventId)).toEqual([note.ids[1]]);
  });

  test('a repeat is dropped, an event that was lost and published later is told', async () => {
    const note = live.writer();
    const { watchNote } = watching(noteChanged, note);
    const event = (seq: number, id: string) => ({
      ...{ key: note.id, seq, id },
      payload: { noteId: note.id, ownerId: note.ownerId, version: seq },
    });
    await watchNote.ready();
    await live.producer.send(
      live.topics.notes,
      event(1, 'a'),
      event(3, 'c'),
      event(1, 'a'),
      event(2, 'b'),
      event(3, 'c'),
      event(4, 'd'),
    );
    await watchNote.count(4);
    expect(watchNote.frames().map(({ eventId }) => eventId)).toEqual(['a', 'c', 'b', 'd']);
  });
});

describe('going on behind a cursor', () => {
  test('tells everything that was missed, each event once, then goes on', async () => {
    const note = live.writer();
    await note.change();
    const seen: string[] = [];
    let after: string | undefined;
    for (let round = 0; round < 4; round += 1) {
      const { watchNote, socket } = watching(noteChanged, note, after);
      if (round === 0) await watchNote.count(1);
      await note.change();
      await waitFor(() => watchNote.frames().at(-1)?.eventId === note.ids.at(-1), { what: 'the newest event' });
      seen.push(...watchNote.frames().map(({ eventId }) => eventId));
      after = watchNote.frames().at(-1)?.cursor;
      await socket.dispose();
      for (let i = 0; i < 3; i += 1) await note.change();
    }
    expect(seen).toEqual(note.ids.slice(0, seen.length));
    expect(seen).toHaveLength(1 + 1 + 3 * 4);
  });

  test("a mutation's cursor leads right behind its own change", async () => {
    const note = live.writer();
    await note.change();
    await note.change();
    const viewer = { sub: note.ownerId, role: 'customer' } as const;
    const after = mutationCursor({ topic: live.topics.notes, key: note.id, seq: 1 }, viewer, cursorSecret);
    const { watchNote } = watching(noteChanged, note, after);
    await note.change();
    await watchNote.count(2);
    expect(watchNote.frames().map(({ eventId, snapshot }) => [eventId, snapshot])).toEqual([
      [note.ids[1], false],
      [note.ids[2], false],
    ]);
  });

  test('the cursor of another topic gives the present state; one of another log says that there is a gap', async () => {
    const note = live.writer();
    await note.change();
    const viewer = { sub: note.ownerId, role: 'customer' } as const;
    const other = mutationCursor({ topic: 'wallet.events', key: 'x', seq: 1 }, viewer, cursorSecret);
    const { watchNote } = watching(noteChanged, note, other);
    await watchNote.count(1);
    expect(watchNote.results[0]).toMatchObject({ data: { noteChanged: { snapshot: true } } });
    expect(watchNote.results[0]).not.toHaveProperty('extensions');

    const beyond = {
      topic: live.topics.notes,
      offsets: Array.from({ length: partitions }, () => 1e9),
      told: [],
      unfinished: false,
    };
    const gap = watching(noteChanged, note, frameCursor(beyond, viewer, cursorSecret));
    await gap.watchNote.count(1);
    expect(gap.watchNote.results[0]).toMatchObject({
      data: { noteChanged: { snapshot: true } },
      extensions: { gap: true },
    });
  });

  test("a forged cursor and somebody else's are refused, naming the argument", async () => {
    const note = live.writer();
    const stranger = mutationCursor(
      { topic: live.topics.notes, key: note.id, seq: 1 },
      { sub: 'x', role: 'customer' },
      cursorSecret,
    );
    for (const after of ['nonsense', stranger]) {
      const { watchNote } = watching(noteChanged, note, after);
      expect(await watchNote.ended).toMatchObject([
        { message: expect.stringContaining('after'), extensions: { code: 'BAD_USER_INPUT', argument: 'after' } },
      ]);
    }
  });
});

describe('who sees what', () => {
  test('a stranger sees nothing and learns nothing; an operator sees everything', async () => {
    const note = live.writer();
    await note.change();
    const stranger = live.socket(customer('somebody else')).watch(noteChanged, { id: note.id });
    const operator = live.socket(live.gateway.token('operator', 'op')).watch(noteChanged, { id: note.id });
    await operator.count(1);
    await note.change();
    await operator.count(2);
    expect(stranger.results).toEqual([]);
  });

  test("one's own things need no argument", async () => {
    const note = live.writer();
    const other = live.writer(uniqueId('note'), note.ownerId);
    const foreign = live.writer();
    for (const each of [note, other, foreign]) await each.change();
    const watch = live.socket(customer(note.ownerId)).watch(myNotes);
    await watch.count(2);
    for (const each of [foreign, other, note]) await each.change();
    await watch.count(4);
    expect(
      watch
        .frames()
        .map(({ noteId }) => noteId)
        .toSorted(),
    ).toEqual([note.id, note.id, other.id, other.id].toSorted());
    expect(
      watch
        .frames()
        .slice(0, 2)
        .every(({ snapshot }) => snapshot),
    ).toBe(true);
  });

  test('without a token, or with a role that may not, the operation is refused', async () => {
    const nobody = live.socket().watch(noteChanged, { id: 'x' });
    expect(await nobody.ended).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    const carrier = live.socket(live.gateway.token('carrier', 'c')).watch(noteChanged, { id: 'x' });
    expect(await carrier.ended).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});

function watching(query: string, note: { id: string; ownerId: string }, after?: string) {
  const socket = live.socket(customer(note.ownerId));
  const before = live.world.asked.length;
  const watch = socket.watch(query, { id: note.id, after });
  /** For when nothing is there to be told yet: the present state has been asked for. */
  const ready = () =>
    waitFor(() => live.world.asked.slice(before).some(asked => asked.includes('noteRecords')), {
      what: 'the snapshot',
    });
  return { socket, watchNote: { ...watch, ready } };
}
