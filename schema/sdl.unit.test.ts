import { expect, test } from '@jest/globals';
import { print } from 'graphql';
import { subgraphDocument } from './sdl.ts';

const shared = {
  path: 'shared.graphql',
  text: 'type Money { amount: Amount! }\nscalar Amount\nscalar Unused\nenum Kind { A }',
};

test('a subgraph gets the shared definitions that it uses, also through another, each with its own file and line', () => {
  const document = subgraphDocument({ path: 'own.graphql', text: 'type Query { price(kind: Kind): Money }' }, shared);
  expect(print(document)).not.toContain('Unused');
  const places = document.definitions.map(({ loc }) => `${String(loc?.source.name)}:${String(loc?.startToken.line)}`);
  expect(places).toEqual(['own.graphql:1', 'shared.graphql:1', 'shared.graphql:4', 'shared.graphql:2']);
});

test('nothing shared is added where nothing is used', () => {
  expect(subgraphDocument({ path: 'own.graphql', text: 'type Query { n: Int }' }, shared).definitions).toHaveLength(1);
});
