import {
  Kind,
  parse,
  print,
  type DocumentNode,
  type FieldDefinitionNode,
  type ObjectTypeDefinitionNode,
} from 'graphql';
import type { FrameTypes } from './frame.ts';
import { frameTypes, namedType } from './frame-types.ts';
import { parseRule, type Rule } from './rules.ts';
import { argumentsOf, directivesOf, graphNames, graphsOf, hasServer } from './supergraph.ts';

/** A subscription field and how it is fed, as `@feed` says. */
export type Feed = {
  readonly field: string;
  readonly topic: string;
  readonly types: ReadonlySet<string> | undefined;
  readonly by: string;
  readonly argument: string | undefined;
  readonly allow: readonly Rule[] | undefined;
  readonly latest: boolean;
  /** Payload fields that, with the record's key, tell one thing from another; none: the key alone does. */
  readonly per: readonly string[];
  readonly snapshot: {
    readonly service: string;
    readonly field: string;
    readonly arguments: readonly string[];
    readonly query: string;
  };
  readonly frame: { readonly root: string; readonly types: FrameTypes };
};

const recordFields = ['eventId', 'type', 'key', 'seq', 'at', 'payload'];
const rootType = (definitions: DocumentNode['definitions'], name: string): ObjectTypeDefinitionNode | undefined =>
  definitions.find(one => one.kind === Kind.OBJECT_TYPE_DEFINITION && one.name.value === name) as
    ObjectTypeDefinitionNode | undefined;

/** Every fed subscription field of a supergraph; throws, naming field and argument, when one cannot be fed. */
export function readFeeds(sdl: string): ReadonlyMap<string, Feed> {
  const { definitions } = parse(sdl);
  const type = rootType(definitions, 'Subscription');
  const feeds = new Map<string, Feed>();
  const faults: string[] = [];
  for (const field of type?.fields ?? []) {
    const [directive] = directivesOf(field, 'feed');
    if (type === undefined || directive === undefined) continue;
    const read = readFeed(definitions, type, field, argumentsOf(directive));
    if ('faults' in read) faults.push(...read.faults.map(fault => `Subscription.${field.name.value}: ${fault}`));
    else feeds.set(read.field, read);
  }
  if (faults.length > 0) throw new Error(`subscriptions cannot be fed:\n${faults.join('\n')}`);
  return feeds;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

function readFeed(
  definitions: DocumentNode['definitions'],
  type: ObjectTypeDefinitionNode,
  node: FieldDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): Feed | { faults: string[] } {
  const faults: string[] = [];
  const fault = (argument: string, expected: string): void =>
    void faults.push(`@feed(${argument}:): expected ${expected}, got ${JSON.stringify(given[argument])}`);
  const text = (argument: string): string => {
    const value = given[argument];
    if (isText(value)) return value;
    fault(argument, 'a text');
    return '';
  };
  const texts = (argument: string): string[] | undefined => {
    const value = given[argument] ?? undefined;
    if (value === undefined || isTexts(value)) return value;
    fault(argument, 'a list of texts');
    return undefined;
  };
  const names = new Set((node.arguments ?? []).map(({ name }) => name.value));

  const argument = given['argument'] === undefined ? undefined : text('argument');
  if (argument !== undefined && !names.has(argument)) fault('argument', 'an argument of the field');
  const allow = texts('allow')?.flatMap(rule => {
    const parsed = parseRule(rule);
    if (parsed !== undefined && (parsed.is === undefined || names.has(parsed.is))) return [parsed];
    fault('allow', '"<role>", "<role> owns <payload field>" or "<role> is <argument>" with a known role and argument');
    return [];
  });
  const policy = given['policy'] ?? 'EVERY';
  if (policy !== 'EVERY' && policy !== 'LATEST') fault('policy', 'EVERY or LATEST');
  const per = texts('per') ?? [];
  if (policy === 'LATEST' && per.length === 0) fault('per', 'the payload fields that tell one thing from another');

  const graphs = graphsOf(type, node);
  const [graph = ''] = graphs;
  const root = namedType(node.type).name.value;
  const frame = frameTypes(definitions, root, graph);
  faults.push(...frame.faults);
  const snapshot = readSnapshot(definitions, node, text('snapshot'));
  if (typeof snapshot === 'string') fault('snapshot', snapshot);
  const feed = {
    ...{ field: node.name.value, topic: text('topic'), by: text('by'), argument, allow, per },
    ...{ types: texts('types') && new Set(texts('types')), latest: policy === 'LATEST' },
    frame: { root, types: frame.types },
  };
  return faults.length > 0 || typeof snapshot === 'string' ? { faults } : { ...feed, snapshot };
}

/** The query that tells the present state, or what was expected of it. */
function readSnapshot(
  definitions: DocumentNode['definitions'],
  subscription: FieldDefinitionNode,
  name: string,
): Feed['snapshot'] | string {
  const query = rootType(definitions, 'Query');
  const field = query?.fields?.find(one => one.name.value === name);
  if (query === undefined || field === undefined) return 'a field of Query';
  const [graph = ''] = graphsOf(query, field);
  const owner = graphNames(definitions).get(graph);
  if (owner === undefined || !hasServer(owner)) return 'a field of Query whose subgraph has a server';
  const record = rootType(definitions, namedType(field.type).name.value);
  const missing = recordFields.filter(one => !record?.fields?.some(({ name: { value } }) => value === one));
  if (missing.length > 0) return `a field of Query that gives records with ${missing.join(', ')}`;

  const common = (field.arguments ?? []).filter(({ name: { value } }) =>
    subscription.arguments?.some(one => one.name.value === value),
  );
  const lacking = field.arguments?.find(
    one => one.type.kind === Kind.NON_NULL_TYPE && one.defaultValue === undefined && !common.includes(one),
  );
  if (lacking !== undefined)
    return `a field of Query without an argument "${lacking.name.value}" that the field has not`;
  const variables = common.map(one => `$${one.name.value}: ${print(one.type)}`).join(', ');
  const passed = common.map(one => `${one.name.value}: $${one.name.value}`).join(', ');
  const inParentheses = (list: string): string => (list === '' ? '' : `(${list})`);
  return {
    ...{ service: owner.name, field: name, arguments: common.map(one => one.name.value) },
    query: `query Snapshot${inParentheses(variables)} { ${name}${inParentheses(passed)} { ${recordFields.join(' ')} } }`,
  };
}
