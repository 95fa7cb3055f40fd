import { describe, expect, test } from '@jest/globals';
import { compose } from '@waygraph/schema/scripts/compose';
import { parse } from 'graphql';
import { readFeeds } from './feeds.ts';
import { buildFrame } from './frame.ts';
import { thingsSdl, newsSdl } from './testing/foreign-graph.ts';

function supergraph(news: string): string {
  const composed = compose([
    { name: 'things', url: 'http://127.0.0.1:1/graphql', typeDefs: parse(thingsSdl) },
    { name: 'news', url: 'kafka:news', typeDefs: parse(news) },
  ]);
  if ('faults' in composed) throw new Error(composed.faults.join('\n'));
  return composed.sdl;
}
const news = newsSdl({ notes: 'n', gauges: 'g' });

describe('feeds', () => {
  test('are read from the supergraph, with the query for the present state', () => {
    const feeds = readFeeds(supergraph(news));
    expect([...feeds.keys()].toSorted()).toEqual(['gaugeMoved', 'myNotes', 'noteChanged']);
    expect(feeds.get('noteChanged')).toMatchObject({
      ...{ topic: 'n', by: 'noteId', argument: 'noteId', latest: false, types: undefined },
      allow: [{ role: 'operator' }, { role: 'customer', owns: 'ownerId' }],
      snapshot: {
        service: 'things',
        query: 'query Snapshot($noteId: ID!) { noteRecords(noteId: $noteId) { eventId type key seq at payload } }',
      },
    });
    expect(feeds.get('gaugeMoved')).toMatchObject({ latest: true, per: ['gaugeId'], types: new Set(['GaugeMoved']) });
  });

  test('a supergraph without any has none', () => {
    expect(readFeeds('type Query { a: Int }').size).toBe(0);
    expect(readFeeds('type Query { a: Int } type Subscription { b: Int }').size).toBe(0);
  });

  test.each([
    ['argument: "noteId"', 'argument: "note"', '@feed(argument:): expected an argument of the field, got "note"'],
    ['"operator"', '"boss"', '@feed(allow:): expected "<role>"'],
    ['"customer owns ownerId"', '"customer is nobody"', '@feed(allow:): expected "<role>"'],
    ['by: "noteId"', 'by: ""', '@feed(by:): expected a text, got ""'],
    ['policy: "LATEST"', 'policy: "SOME"', '@feed(policy:): expected EVERY or LATEST, got "SOME"'],
    ['per: ["gaugeId"]', 'per: []', '@feed(per:): expected the payload fields'],
    ['snapshot: "noteRecords"', 'snapshot: "thing"', '@feed(snapshot:): expected a field of Query that gives records'],
    ['snapshot: "noteRecords"', 'snapshot: "nothing"', '@feed(snapshot:): expected a field of Query, got "nothing"'],
    ['snapshot: "ownNoteRecords"', 'snapshot: "noteRecords"', 'without an argument "noteId"'],
  ])('%s made %s is told with field and argument', (right, wrong, said) => {
    const sdl = supergraph(news.replace(right, wrong));
    expect(() => readFeeds(sdl)).toThrow(said);
    expect(() => readFeeds(sdl)).toThrow(/Subscription\.(noteChanged|myNotes|gaugeMoved): /);
  });
});

describe('a frame', () => {
  const sdl = `
    enum join__Graph { NEWS @join__graph(name: "news", url: "kafka:news") A @join__graph(name: "a", url: "http://a/") }
    type Query @join__type(graph: A) { told: [Told] @join__field(graph: A) }
    type Told @join__type(graph: A) { eventId: ID type: ID key: ID seq: Int at: ID payload: ID }
    type Subscription @join__type(graph: NEWS) {
      changed: Change @feed(topic: "t", by: "orderId", snapshot: "told")
    }
    type Change @join__type(graph: NEWS) {
      cursor: ID eventId: ID type: String at: ID snapshot: Boolean orderId: ID height: Int @from(field: "level") missing: Int
      order: Order lane: Lane @from(field: "way") eta: Eta origin: Place lanes: [Lane]
    }
    type Order @join__type(graph: NEWS, key: "id", resolvable: false) @join__type(graph: A, key: "id") {
      id: ID status: String @join__field(graph: A)
    }
    type Lane @join__type(graph: NEWS, key: "id") { id: ID }
    type Eta @join__type(graph: NEWS, key: "id") { id: ID expectedAt: String version: Int }
    type Place @join__type(graph: NEWS) { lat: Float }
  `;
  const { types, root } = readFeeds(sdl).get('changed')!.frame;
  const record = { eventId: 'e', type: 'T', at: 'then', cursor: 'c', snapshot: false };
  const frame = (payload: Record<string, unknown>) => buildFrame(types, root, payload, record);

  test("takes the payload's fields by their names, the record's from the record, entities by their keys", () => {
    const eta = { etaId: 'eta-1', version: 2, expectedAt: 'soon' };
    const payload = {
      orderId: 'o',
      level: 7,
      eta,
      origin: { lat: 1, more: 2 },
      type: 'not this',
      way: 'A>B',
      lanes: ['x'],
    };
    expect(frame(payload)).toEqual({
      ...{ __typename: 'Change', ...record, orderId: 'o', height: 7, missing: null },
      order: { __typename: 'Order', id: 'o' },
      lane: { __typename: 'Lane', id: 'A>B' },
      eta: { __typename: 'Eta', id: 'eta-1', version: 2, expectedAt: 'soon' },
      origin: { __typename: 'Place', lat: 1 },
      lanes: [{ __typename: 'Lane', id: 'x' }],
    });
  });

  test('what the payload does not name is null', () => {
    expect(frame({ laneId: 'l' })).toMatchObject({ order: null, eta: null, origin: null, lane: { id: 'l' } });
  });

  test('is new each time', () => {
    const payload = { orderId: 'o' };
    expect(frame(payload)['order']).not.toBe(frame(payload)['order']);
  });
});
