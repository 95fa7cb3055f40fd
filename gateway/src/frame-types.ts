import {
  Kind,
  type DocumentNode,
  type FieldDefinitionNode,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import type { FrameField, FrameType } from './frame.ts';
import { argumentsOf, directivesOf, graphsOf } from './supergraph.ts';

export const namedType = (type: TypeNode): NamedTypeNode =>
  type.kind === Kind.NAMED_TYPE ? type : namedType(type.type);

/** What frames of a type hold, and every type below it, as far as the graph that is fed declares their fields. */
export function frameTypes(
  definitions: DocumentNode['definitions'],
  root: string,
  graph: string,
): { types: Map<string, FrameType>; faults: string[] } {
  const byName = new Map(definitions.flatMap(one => ('name' in one ? [[one.name.value, one] as const] : [])));
  const types = new Map<string, FrameType>();
  const faults: string[] = [];

  function fieldOf(owner: ObjectTypeDefinitionNode, field: FieldDefinitionNode): FrameField {
    const [from] = directivesOf(field, 'from').map(argumentsOf);
    const name = field.name.value;
    const type = namedType(field.type).name.value;
    const definition = byName.get(type);
    if (definition?.kind === Kind.INTERFACE_TYPE_DEFINITION || definition?.kind === Kind.UNION_TYPE_DEFINITION)
      faults.push(`${owner.name.value}.${name}: expected a scalar, an enum or an object type, got ${type}`);
    const isObject = definition?.kind === Kind.OBJECT_TYPE_DEFINITION;
    if (isObject) add(definition);
    return {
      name,
      from: typeof from?.['field'] === 'string' ? from['field'] : name,
      type: isObject ? type : undefined,
    };
  }

  function keyOf(type: ObjectTypeDefinitionNode): string[] | undefined {
    const keys = directivesOf(type, 'join__type')
      .map(argumentsOf)
      .flatMap(({ graph: of, key }) => (of === graph && typeof key === 'string' ? [key] : []));
    const [simple] = keys.filter(key => !key.includes('{'));
    if (keys.length > 0 && simple === undefined)
      faults.push(`${type.name.value}: expected a key without nested fields, got @key(fields: "${String(keys[0])}")`);
    return simple?.split(/[\s,]+/).filter(field => field !== '');
  }

  function add(type: ObjectTypeDefinitionNode): void {
    const name = type.name.value;
    if (types.has(name)) return;
    types.set(name, { name, key: undefined, fields: [] }); // types may lie in a circle
    const own = (type.fields ?? []).filter(field => graphsOf(type, field).has(graph));
    types.set(name, { name, key: keyOf(type), fields: own.map(field => fieldOf(type, field)) });
  }

  const definition = byName.get(root);
  if (definition?.kind === Kind.OBJECT_TYPE_DEFINITION) add(definition);
  else faults.push(`${root}: expected an object type`);
  return { types, faults };
}
