import { expect, test } from '@jest/globals';
import { readSupergraph } from './supergraph.ts';

const supergraph = `
  enum join__Graph {
    A @join__graph(name: "a", url: "http://a/graphql")
    B @join__graph(name: "b", url: "http://b/graphql")
    C @join__graph(name: "c", url: "https://c/graphql")
    LOG @join__graph(name: "log", url: "kafka:events")
  }
  type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) @join__type(graph: LOG) {
    thing: Thing @join__field(graph: A)
  }
  type Thing @join__type(graph: A, key: "id") @join__type(graph: C, key: "id") { id: ID! }
  type Hidden @join__type(graph: B, key: "id") @join__type(graph: LOG, key: "id") @inaccessible { id: ID! }
`;

test('a subgraph without an address has no server; one whose types are all hidden is not needed', () => {
  const a = { name: 'a', url: 'http://a/graphql' };
  const b = { name: 'b', url: 'http://b/graphql' };
  const c = { name: 'c', url: 'https://c/graphql' };
  expect(readSupergraph(supergraph)).toEqual({ withServer: [a, b, c], needed: [a, c] });
});
