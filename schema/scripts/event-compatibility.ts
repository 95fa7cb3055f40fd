import { isDeepStrictEqual } from 'node:util';
import type { EventSchema, JsonSchema } from './event-schemas.ts';

/** What breaks a reader: the event, the field (`data.lines[].quantity`; empty for the event as a whole), and why. */
export type Incompatibility = { event: string; field: string; reason: string };

/**
 * Whether all that was ever written still parses, and readers still find what they count on. Accepted: a new event, a new optional
 * field, wider enums, limits and types. Refused: everything else, also a difference in a keyword this file knows nothing of.
 */
export function incompatibilities(
  committed: readonly EventSchema[],
  current: readonly EventSchema[],
): Incompatibility[] {
  return committed.flatMap(before => {
    const { type, v } = before['x-event'];
    const event = `${type} v${String(v)}`;
    const after = successor(before, current);
    if (after === undefined) {
      const newer = current.some(({ 'x-event': other }) => other.type === type);
      const reason = newer
        ? 'this version has gone, and no later one stands in for it'
        : 'the event has been removed or renamed';
      return [{ event, field: '', reason }];
    }
    const moved = (['topic', 'key'] as const)
      .filter(part => before['x-event'][part] !== after['x-event'][part])
      .map(part => `its ${part} was ${before['x-event'][part]} and is now ${after['x-event'][part]}`);
    const faults = [...moved.map(reason => ({ field: '', reason })), ...schemaFaults(before, after, 'data')];
    return faults.map(fault => ({ event, ...fault }));
  });
}

/** The same version, else the next later one: that has to be able to read the older data. */
function successor(before: EventSchema, current: readonly EventSchema[]): EventSchema | undefined {
  return current
    .filter(({ 'x-event': { type, v } }) => type === before['x-event'].type && v >= before['x-event'].v)
    .sort((one, other) => one['x-event'].v - other['x-event'].v)[0];
}

type Fault = { field: string; reason: string };

const annotations = new Set(['$schema', 'title', 'description', 'examples', 'x-event']);
const understood = new Set([
  ...annotations,
  ...['type', 'enum', 'const', 'anyOf', 'oneOf', 'format', 'pattern', 'multipleOf'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...['properties', 'required', 'additionalProperties', 'items'],
]);

export function schemaFaults(before: JsonSchema, after: JsonSchema, field: string): Fault[] {
  if (isDeepStrictEqual(before, after)) return [];
  const odd = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter(keyword => !understood.has(keyword) && !isDeepStrictEqual(before[keyword], after[keyword]))
    .map(keyword => ({ field, reason: `"${keyword}" has changed, which this check cannot judge` }));
  if (odd.length > 0) return odd;
  const nullable: Fault[] = isNullable(after) && !isNullable(before) ? [{ field, reason: 'it may be null now' }] : [];
  const alternatives = alternativesOf(before);
  if (alternatives !== undefined || alternativesOf(after) !== undefined) {
    return [...nullable, ...(alternatives ?? [before]).flatMap(alternative => unionFaults(alternative, after, field))];
  }
  const faults = typeFaults(before, after, field);
  if (faults.length > 0) return faults;
  return [
    ...nullable,
    ...valueFaults(before, after, field),
    ...objectFaults(before, after, field),
    ...itemFaults(before, after, field),
  ];
}

const alternativesOf = (schema: JsonSchema): JsonSchema[] | undefined =>
  (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;

const typesOf = (schema: JsonSchema): string[] =>
  schema['type'] === undefined ? [] : ([schema['type']].flat() as string[]);

const isNullable = (schema: JsonSchema): boolean =>
  typesOf(schema).includes('null') || (alternativesOf(schema) ?? []).some(isNullable);

/** One of the new alternatives has to take all that the old one took; the nearest one says what is wrong. */
function unionFaults(before: JsonSchema, after: JsonSchema, field: string): Fault[] {
  const tries = (alternativesOf(after) ?? [after]).map(alternative => schemaFaults(before, alternative, field));
  return tries.sort((one, other) => one.length - other.length)[0] ?? [];
}

function typeFaults(before: JsonSchema, after: JsonSchema, field: string): Fault[] {
  const [types, newTypes] = [typesOf(before), typesOf(after)];
  const isTaken = (type: string): boolean =>
    newTypes.includes(type) || (type === 'integer' && newTypes.includes('number'));
  if (newTypes.length === 0 || (types.length > 0 && types.every(isTaken))) return [];
  return [{ field, reason: `its type was ${types.join(' or ') || 'open'} and is now ${newTypes.join(' or ')}` }];
}

function valueFaults(before: JsonSchema, after: JsonSchema, field: string): Fault[] {
  const faults: Fault[] = [];
  const [values, newValues] = [valuesOf(before), valuesOf(after)];
  if (newValues !== undefined) {
    const missing = values?.filter(value => !newValues.includes(value));
    if (missing === undefined) faults.push({ field, reason: `only ${printed(newValues)} are allowed now` });
    else if (missing.length > 0) faults.push({ field, reason: `${printed(missing)} can no longer be read` });
  }
  for (const keyword of ['format', 'pattern', 'multipleOf']) {
    if (after[keyword] === undefined || after[keyword] === before[keyword]) continue;
    faults.push({ field, reason: `its ${keyword} is now ${plain(after[keyword])}` });
  }
  return [...faults, ...limitFaults(before, after, field)];
}

const valuesOf = (schema: JsonSchema): unknown[] | undefined =>
  'const' in schema ? [schema['const']] : (schema['enum'] as unknown[] | undefined);

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const printed = (values: unknown[]): string => values.map(value => JSON.stringify(value)).join(', ');

// A limit, and those of the old schema that imply it: [keyword, may be equal].
const limits = [
  [
    'minimum',
    1,
    [
      ['minimum', true],
      ['exclusiveMinimum', true],
    ],
  ],
  [
    'exclusiveMinimum',
    1,
    [
      ['minimum', false],
      ['exclusiveMinimum', true],
    ],
  ],
  ['minLength', 1, [['minLength', true]]],
  ['minItems', 1, [['minItems', true]]],
  [
    'maximum',
    -1,
    [
      ['maximum', true],
      ['exclusiveMaximum', true],
    ],
  ],
  [
    'exclusiveMaximum',
    -1,
    [
      ['maximum', false],
      ['exclusiveMaximum', true],
    ],
  ],
  ['maxLength', -1, [['maxLength', true]]],
  ['maxItems', -1, [['maxItems', true]]],
] as const;

function limitFaults(before: JsonSchema, after: JsonSchema, field: string): Fault[] {
  return limits.flatMap(([keyword, sign, implying]) => {
    const limit = after[keyword] as number | undefined;
    if (limit === undefined || isVoid(keyword, limit)) return [];
    const isKept = implying.some(([older, mayEqual]) => {
      const bound = before[older] as number | undefined;
      return bound !== undefined && (sign * bound > sign * limit || (mayEqual && bound === limit));
    });
    const was = before[keyword] === undefined ? 'there was none' : `it was ${plain(before[keyword])}`;
    return isKept ? [] : [{ field, reason: `its ${keyword} is now ${String(limit)} (${was})` }];
  });
}

const isVoid = (keyword: string, limit: number): boolean =>
  (keyword === 'minLength' || keyword === 'minItems') && limit <= 0;

function objectFaults(before: JsonSchema, after: JsonSchema, field: string): Fault[] {
  const [fields, newFields] = [propertiesOf(before), propertiesOf(after)];
  const [required, newRequired] = [requiredOf(before), requiredOf(after)];
  const [others, newOthers] = [before['additionalProperties'] ?? true, after['additionalProperties'] ?? true];
  const faults: Fault[] = [];
  for (const [name, schema] of Object.entries(fields)) {
    const path = `${field}.${name}`;
    const newSchema = newFields[name];
    if (newSchema === undefined) faults.push({ field: path, reason: 'the field has been removed or renamed' });
    else faults.push(...schemaFaults(schema, newSchema, path));
    if (newSchema !== undefined && required.has(name) && !newRequired.has(name)) {
      faults.push({ field: path, reason: 'readers count on it, and it may be missing now' });
    }
  }
  for (const name of newRequired) {
    if (required.has(name)) continue;
    const reason =
      name in fields ? 'it may be missing in older events, and is required now' : 'a new field has to be optional';
    faults.push({ field: `${field}.${name}`, reason });
  }
  for (const [name, schema] of Object.entries(newFields)) {
    if (!(name in fields) && isSchema(others)) faults.push(...schemaFaults(others, schema, `${field}.${name}`));
  }
  if (newOthers === false && others !== false)
    faults.push({ field, reason: 'fields it does not name are refused now' });
  else if (isSchema(newOthers) && others !== false) {
    faults.push(...schemaFaults(isSchema(others) ? others : {}, newOthers, `${field}.*`));
  }
  return faults;
}

const propertiesOf = (schema: JsonSchema): Readonly<Record<string, JsonSchema>> =>
  (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
const requiredOf = (schema: JsonSchema): ReadonlySet<string> => new Set((schema['required'] ?? []) as string[]);
const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

function itemFaults(before: JsonSchema, after: JsonSchema, field: string): Fault[] {
  const [items, newItems] = [before['items'], after['items']];
  return isSchema(newItems) ? schemaFaults(isSchema(items) ? items : {}, newItems, `${field}[]`) : [];
}
