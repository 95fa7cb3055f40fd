/** What a frame may hold of one type; fields that the feed cannot know are joined. */
export type FrameType = {
  readonly name: string;
  /** An entity's key fields; an entity needs no more than these. */
  readonly key: readonly string[] | undefined;
  readonly fields: readonly FrameField[];
};
export type FrameField = {
  readonly name: string;
  /** The payload's field. */
  readonly from: string;
  /** The name of its object type; undefined for scalars and enums. */
  readonly type: string | undefined;
};
export type FrameTypes = ReadonlyMap<string, FrameType>;

export type Payload = Readonly<Record<string, unknown>>;

/** What a frame says of its record. */
export type RecordFields = { eventId: string; type: string; at: string; cursor: string; snapshot: boolean };

const isObject = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const capital = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);
const small = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1);

/** Where a payload names an entity: the key `id` of `Order` is `orderId`. */
export const keyInPayload = (type: string, keyField: string): string => small(type) + capital(keyField);

/**
 * The frame of a record, by convention: the record's fields, the payload's of the same name (or the one that `@from` names), and
 * entities by their keys. Every call makes new objects: whoever joins writes into them.
 */
export function buildFrame(types: FrameTypes, root: string, payload: Payload, record: RecordFields): Payload {
  return { ...objectOf(types, root, payload), ...record };
}

function objectOf(types: FrameTypes, name: string, payload: Payload): Record<string, unknown> {
  const object: Record<string, unknown> = { __typename: name };
  for (const field of types.get(name)?.fields ?? []) {
    const value = payload[field.from];
    if (field.type === undefined) object[field.name] = value ?? null;
    else
      object[field.name] = Array.isArray(value)
        ? value.map(one => partOf(types, field.type as string, one, {}))
        : partOf(types, field.type, value, payload);
  }
  return object;
}

/** An object inside a payload, by what is nested there, else by the key that the payload gives. */
function partOf(types: FrameTypes, name: string, value: unknown, parent: Payload): Payload | null {
  const key = types.get(name)?.key;
  if (isObject(value)) {
    const object = objectOf(types, name, value);
    for (const field of key ?? []) object[field] = value[field] ?? value[keyInPayload(name, field)] ?? null;
    return object;
  }
  if (key === undefined) return null;
  const object: Record<string, unknown> = { __typename: name };
  for (const field of key) {
    const given = key.length === 1 ? (value ?? parent[keyInPayload(name, field)]) : parent[keyInPayload(name, field)];
    if (given === undefined || given === null) return null;
    object[field] = given;
  }
  return object;
}
