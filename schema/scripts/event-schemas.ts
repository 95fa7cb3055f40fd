import { z } from 'zod';
import { eventCatalogue } from '../events/catalogue.ts';
import type { EventDefinition } from '../events/define.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };
/** What the committed file of an event holds: the JSON Schema of its payload, and how the event travels. */
export type EventSchema = JsonSchema & { readonly 'x-event': { type: string; v: number; topic: string; key: string } };

export const eventSchemaFolder = new URL('../events/json/', import.meta.url).pathname;

/** Path of an event's file below `eventSchemaFolder`. */
export const eventSchemaPath = ({ topic, type, v }: Pick<EventDefinition, 'topic' | 'type' | 'v'>): string =>
  `${topic}/${type}.v${String(v)}.json`;

/** The files that `npm run generate` writes: one per event type and version. */
export function generatedFiles(
  catalogue: readonly EventDefinition[] = eventCatalogue,
): { path: string; content: string }[] {
  return catalogue.map(definition => ({
    path: `${eventSchemaFolder}${eventSchemaPath(definition)}`,
    content: `${JSON.stringify(eventSchema(definition), null, 2)}\n`,
  }));
}

/**
 * Describes what a reader accepts (`io: 'input'`): open objects, so that a field more breaks nobody, and a field with a default
 * is optional, as it is missing in events from before it was added.
 */
export function eventSchema(definition: EventDefinition): EventSchema {
  const { type, v, topic } = definition;
  const { $schema, ...payload } = z.toJSONSchema(definition.data, {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'throw',
  });
  const event = { type, v, topic, key: keyTemplate(definition) };
  return { $schema, title: `${type} v${String(v)}`, 'x-event': event, ...(sorted(payload) as JsonSchema) };
}

/** `{orderId}` for `data => data.orderId`: the key function is run on a stand-in whose fields print their own path. */
export function keyTemplate({ type, key }: Pick<EventDefinition, 'type' | 'key'>): string {
  const standIn = (path: string): unknown =>
    new Proxy(
      {},
      {
        get: (_, name) => {
          if (name === Symbol.toPrimitive || name === 'toString') return () => `{${path}}`;
          if (typeof name === 'symbol') throw new TypeError(`${type}: its key has to be made of fields alone`);
          return standIn(path === '' ? name : `${path}.${name}`);
        },
      },
    );
  // A definition's key takes its own data type; nothing but the names it reads matters here.
  return String((key as (data: unknown) => unknown)(standIn('')));
}

// Keywords by name and `required` by value: the file does not depend on the order in which a schema was put together.
// Fields keep the order of the definition, which is how people read them; JSON gives that order no meaning.
function sorted(node: unknown, isMap = false): unknown {
  if (Array.isArray(node)) return node.map(item => sorted(item));
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node);
  if (!isMap) entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!isMap && name === 'required') return [name, (value as string[]).toSorted()];
      return [name, sorted(value, !isMap && name === 'properties')];
    }),
  );
}
