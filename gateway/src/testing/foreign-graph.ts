import type { Viewer } from '@waygraph/kit/auth';
import type { Answering } from './spawn-gateway.ts';

/** A graph that is not ours: notes with owners, and gauges that everybody may watch. */
export const thingsSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible"])
  type Query {
    thing: String
    noteRecords(noteId: ID!): [Told!]! @inaccessible
    ownNoteRecords: [Told!]! @inaccessible
    gaugeRecords(gaugeIds: [ID!]): [Told!]! @inaccessible
  }
  type Mutation { touch(id: ID!): String }
  type Note @key(fields: "id") { id: ID! text: String! version: Int! }
  type Told @inaccessible { eventId: ID! type: String! key: String! seq: Int! at: String! payload: String! }
`;

/** Fed by two topics of the test's own. */
export const newsSdl = (topics: { notes: string; gauges: string }): string => `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
    @link(url: "https://waygraph.dev/feed/v0.1", import: ["@feed", "@from"])
    @composeDirective(name: "@feed")
    @composeDirective(name: "@from")
  directive @feed(
    topic: String!, types: [String!], by: String!, argument: String, allow: [String!],
    policy: String! = "EVERY", per: [String!], snapshot: String!
  ) on FIELD_DEFINITION
  directive @from(field: String!) on FIELD_DEFINITION
  scalar Cursor
  type Subscription {
    noteChanged(noteId: ID!, after: Cursor): NoteChange! @feed(
      topic: "${topics.notes}", by: "noteId", argument: "noteId"
      allow: ["operator", "customer owns ownerId"], snapshot: "noteRecords"
    )
    myNotes(after: Cursor): NoteChange! @feed(
      topic: "${topics.notes}", by: "ownerId", allow: ["customer owns ownerId"], snapshot: "ownNoteRecords"
    )
    gaugeMoved(gaugeIds: [ID!], after: Cursor): GaugeMove! @feed(
      topic: "${topics.gauges}", types: ["GaugeMoved"], by: "gaugeId", argument: "gaugeIds"
      policy: "LATEST", per: ["gaugeId"], snapshot: "gaugeRecords"
    )
  }
  type NoteChange {
    cursor: Cursor! eventId: ID! type: String! at: String! snapshot: Boolean!
    noteId: ID! version: Int! filler: String note: Note
  }
  type GaugeMove { cursor: Cursor! eventId: ID! snapshot: Boolean! gaugeId: ID! height: Float! @from(field: "level") filler: String }
  type Note @key(fields: "id", resolvable: false) { id: ID! }
`;

export type TestNote = { id: string; ownerId: string; version: number; eventId: string };

/** What the subgraph of the test knows; the test changes it. */
export function createWorld() {
  const notes = new Map<string, TestNote>();
  const asked: string[] = [];
  const at = new Date().toISOString();
  const told = ({ id, ownerId, version, eventId }: TestNote) => ({
    ...{ eventId, type: 'Tested', key: id, seq: version, at },
    payload: JSON.stringify({ noteId: id, ownerId, version }),
  });
  const mine = (viewer: Viewer | undefined) => (note: TestNote) =>
    viewer?.role === 'operator' || viewer?.sub === note.ownerId;
  let beforeSnapshot = () => Promise.resolve();

  const answer: Answering = async (viewer, request) => {
    const { query, variables } = JSON.parse(request) as { query: string; variables?: Record<string, unknown> };
    asked.push(query);
    if (query.includes('Records')) await beforeSnapshot();
    const visible = [...notes.values()].filter(mine(viewer));
    if (query.includes('ownNoteRecords')) return { body: { data: { ownNoteRecords: visible.map(told) } } };
    if (query.includes('noteRecords'))
      return { body: { data: { noteRecords: visible.filter(({ id }) => id === variables?.['noteId']).map(told) } } };
    if (query.includes('gaugeRecords')) return { body: { data: { gaugeRecords: [] } } };
    if (query.includes('touch')) return { body: { data: { touch: viewer?.sub } } };
    if (!query.includes('_entities')) return { body: { data: { thing: 'a thing' } } };
    const representations = variables?.['representations'] as { id: string }[];
    const entities = representations.map(({ id }) => {
      const note = notes.get(id);
      const text = `v${String(note?.version)}`;
      return note && mine(viewer)(note) ? { id, text, words: text, version: note.version } : null;
    });
    return { body: { data: { _entities: entities } } };
  };
  return {
    notes,
    answer,
    /** Every query that the subgraph got. */
    asked,
    /** Runs while the gateway waits for the present state. */
    onSnapshot: (what: () => Promise<void>) => void (beforeSnapshot = what),
  };
}
