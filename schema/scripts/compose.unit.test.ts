import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  parse,
  Source,
  visit,
  type GraphQLNamedType,
} from 'graphql';
import { Supergraph } from '@apollo/federation-internals';
import { compose } from './compose.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])\n';
const part = (name: string, text: string) => ({
  name,
  url: `http://127.0.0.1/${name}`,
  typeDefs: parse(new Source(link + text, `schema/subgraphs/${name}.graphql`)),
});

describe('composing', () => {
  test('gives a supergraph that says not to edit it', () => {
    const result = compose([part('a', 'type Query { a: Int }'), part('b', 'type Query { b: Int }')]);
    expect('sdl' in result && result.sdl.startsWith('# Generated')).toBe(true);
  });

  test('tells an error with file and line', () => {
    const result = compose([part('a', 'type Query { a: Int }'), part('b', 'type Query {\n  a: Int\n}')]);
    expect(result).toEqual({
      faults: [expect.stringMatching(/^schema\/subgraphs\/[ab]\.graphql:\d+: INVALID_FIELD_SHARING: .*Query\.a/s)],
    });
  });

  test('takes a hint for a failure', () => {
    const result = compose([
      part('a', 'type Query { a: T }\ntype T @shareable {\n  "one thing"\n  x: Int\n}'),
      part('b', 'type Query { b: T }\ntype T @shareable {\n  "another thing"\n  x: Int\n}'),
    ]);
    expect(result).toEqual({ faults: [expect.stringMatching(/graphql:\d+: INCONSISTENT_DESCRIPTION: /)] });
  });
});

describe('the committed supergraph', () => {
  const load = async () => readFile(new URL('../supergraph.graphql', import.meta.url), 'utf8');

  test('knows all six subgraphs', async () => {
    const graphs: string[] = [];
    visit(parse(await load()), {
      EnumTypeDefinition: node => {
        if (node.name.value === 'join__Graph') graphs.push(...(node.values ?? []).map(value => value.name.value));
      },
    });
    expect(graphs.sort()).toEqual(['EVENTS', 'INVENTORY', 'ORDERS', 'PAYMENTS', 'RISK', 'ROUTING']);
  });

  test('describes everything that it offers, and reaches everything from a root', async () => {
    const api = Supergraph.build(await load())
      .apiSchema()
      .toGraphQLJSSchema();
    const own = Object.values(api.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
    const roots = [api.getQueryType(), api.getMutationType(), api.getSubscriptionType()].flatMap(root => root ?? []);

    const undescribed = own.flatMap(type => [
      ...(type.description || roots.some(root => root === type) ? [] : [type.name]),
      ...membersOf(type).flatMap(({ name, description }) => (description ? [] : [`${type.name}.${name}`])),
    ]);
    expect(undescribed).toEqual([]);

    const reached = new Set<GraphQLNamedType>(roots);
    for (const type of reached) for (const { types } of membersOf(type)) for (const next of types) reached.add(next);
    const builtIn = ['Boolean', 'String'];
    expect(own.filter(type => !reached.has(type) && !builtIn.includes(type.name))).toEqual([]);
  });
});

/** Fields or values of a type, and the types that a field leads to. */
function membersOf(
  type: GraphQLNamedType,
): { name: string; description: string | null | undefined; types: GraphQLNamedType[] }[] {
  if (isEnumType(type)) return type.getValues().map(value => ({ ...value, types: [] }));
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map(field => ({ ...field, types: [getNamedType(field.type)] }));
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).map(field => ({
    ...field,
    types: [getNamedType(field.type), ...field.args.map(argument => getNamedType(argument.type))],
  }));
}
