import {
  Kind,
  parse,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type ObjectTypeDefinitionNode,
} from 'graphql';

export type SubgraphAddress = { readonly name: string; readonly url: string };

type Annotated = { readonly directives?: readonly ConstDirectiveNode[] | undefined };

export const directivesOf = (node: Annotated, name: string): ConstDirectiveNode[] =>
  (node.directives ?? []).filter(directive => directive.name.value === name);

/** A directive's arguments as plain values. */
export const argumentsOf = (directive: ConstDirectiveNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries((directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));

function argument(directive: ConstDirectiveNode | undefined, name: string): string | undefined {
  const value = directive && argumentsOf(directive)[name];
  return typeof value === 'string' ? value : undefined;
}

/** The graphs (names of `join__Graph`) that answer a field: those it names, else all of its type's. */
export function graphsOf(type: ObjectTypeDefinitionNode, field: FieldDefinitionNode): ReadonlySet<string> {
  const own = directivesOf(field, 'join__field').map(argumentsOf);
  const named = own.filter(({ graph, external }) => graph !== undefined && external !== true);
  const places = named.length > 0 ? named : directivesOf(type, 'join__type').map(argumentsOf);
  return new Set(places.map(({ graph }) => String(graph)));
}

/** Every graph's name among services and its address, by its name in `join__Graph`. */
export function graphNames(definitions: DocumentNode['definitions']): Map<string, SubgraphAddress> {
  const graphs = new Map<string, SubgraphAddress>();
  for (const definition of definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const [graph] = directivesOf(value, 'join__graph');
      const [name, url] = [argument(graph, 'name'), argument(graph, 'url')];
      if (name !== undefined && url !== undefined) graphs.set(value.name.value, { name, url });
    }
  }
  return graphs;
}

export const hasServer = ({ url }: SubgraphAddress): boolean => /^https?:/.test(url);

/** The subgraphs that have a server (an address of HTTP), and among them those without which some field that clients are offered cannot be answered. */
export function readSupergraph(sdl: string): { withServer: SubgraphAddress[]; needed: SubgraphAddress[] } {
  const { definitions } = parse(sdl);
  const used = graphsInUse(definitions);
  const graphs = [...graphNames(definitions)].filter(([, address]) => hasServer(address));
  return {
    withServer: graphs.map(([, address]) => address),
    needed: graphs.filter(([graph]) => used.has(graph)).map(([, address]) => address),
  };
}

/** Every subgraph has a `Query` of its own, so of root types only the fields count. */
function graphsInUse(definitions: DocumentNode['definitions']): ReadonlySet<string> {
  const used = new Set<string>();
  for (const definition of definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || directivesOf(definition, 'inaccessible').length > 0)
      continue;
    const isRoot = ['Query', 'Mutation', 'Subscription'].includes(definition.name.value);
    const places = isRoot
      ? (definition.fields ?? []).flatMap(field => directivesOf(field, 'join__field'))
      : directivesOf(definition, 'join__type');
    for (const place of places) {
      const graph = argument(place, 'graph');
      if (graph !== undefined) used.add(graph);
    }
  }
  return used;
}
