import { Kind, parse, type ConstDirectiveNode, type DocumentNode } from 'graphql';

export type SubgraphAddress = { readonly name: string; readonly url: string };

type Annotated = { readonly directives?: readonly ConstDirectiveNode[] | undefined };

const directivesOf = (node: Annotated, name: string): ConstDirectiveNode[] =>
  (node.directives ?? []).filter(directive => directive.name.value === name);

function argument(directive: ConstDirectiveNode | undefined, name: string): string | undefined {
  const value = directive?.arguments?.find(({ name: { value } }) => value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined;
}

/** The subgraphs that have a server (an address of HTTP), and among them those without which some field that clients are offered cannot be answered. */
export function readSupergraph(sdl: string): { withServer: SubgraphAddress[]; needed: SubgraphAddress[] } {
  const { definitions } = parse(sdl);
  const used = graphsInUse(definitions);
  const withServer: SubgraphAddress[] = [];
  const needed: SubgraphAddress[] = [];
  for (const definition of definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const [graph] = directivesOf(value, 'join__graph');
      const [name, url] = [argument(graph, 'name'), argument(graph, 'url')];
      if (name === undefined || url === undefined || !/^https?:/.test(url)) continue;
      withServer.push({ name, url });
      if (used.has(value.name.value)) needed.push({ name, url });
    }
  }
  return { withServer, needed };
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
