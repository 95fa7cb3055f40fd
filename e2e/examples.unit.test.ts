import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Supergraph } from '@apollo/federation-internals';
import { expect, test } from '@jest/globals';
import { parse, validate } from 'graphql';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const schema = Supergraph.build(read('schema/supergraph.graphql')).apiSchema().toGraphQLJSSchema();

const blocks = [...read('README.md').matchAll(/```graphql\n([\s\S]*?)```/g)].map(
  ([, text = ''], index) => [`README, example ${String(index + 1)}`, text] as const,
);
const files = ['schema/example.graphql', ...globSync('schema/examples/*.graphql', { cwd: root })].map(
  file => [file, read(file)] as const,
);

test('there are examples', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(4);
  expect(files.length).toBeGreaterThanOrEqual(4);
});

test.each([...blocks, ...files])('%s is what the graph understands', (_, text) => {
  expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([]);
});

test('GraphiQL opens with every example', () => {
  const [, list = ''] = /const tabs = \[([^\]]*)\]/.exec(read('gateway/src/pages/graphiql.js')) ?? [];
  const tabs = [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => `schema/${name}.graphql`);
  expect(tabs.sort()).toEqual(files.map(([file]) => file).sort());
});
