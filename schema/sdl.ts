import { Kind, parse, Source, visit, type DefinitionNode, type DocumentNode } from 'graphql';

export type SdlFile = { readonly path: string; readonly text: string };

function namesIn(definitions: readonly DefinitionNode[]): string[] {
  const names: string[] = [];
  const collect = (node: { name: { value: string } }): void => void names.push(node.name.value);
  for (const definition of definitions) visit(definition, { NamedType: collect, Directive: collect });
  return names;
}

/**
 * A subgraph's whole schema: its own definitions and, of the shared ones, those that it uses, directly or through another.
 * Every node keeps the file and line that it came from.
 */
export function subgraphDocument(own: SdlFile, shared: SdlFile): DocumentNode {
  const definitions = [...parse(new Source(own.text, own.path)).definitions];
  const offered = new Map<string, DefinitionNode>();
  for (const definition of parse(new Source(shared.text, shared.path)).definitions) {
    if ('name' in definition) offered.set(definition.name.value, definition);
  }
  for (let added: readonly DefinitionNode[] = definitions; added.length > 0;) {
    const used = new Set(namesIn(added));
    added = [...offered]
      .filter(([name]) => used.has(name))
      .map(([name, definition]) => (offered.delete(name), definition));
    definitions.push(...added);
  }
  return { kind: Kind.DOCUMENT, definitions };
}
