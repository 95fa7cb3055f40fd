import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { defineEvent } from '../events/define.ts';
import { eventSchema, generatedFiles, keyTemplate } from './event-schemas.ts';

const inner = z.object({ quantity: z.int().min(1), note: z.string().optional() });
const Moved = defineEvent({
  type: 'Moved',
  v: 2,
  topic: 'lane.events',
  key: moved => `${moved.place.hub}:${moved.id}`,
  data: z.object({
    id: z.string(),
    place: z.object({ hub: z.string() }),
    lines: z.array(inner),
    note: z.string().default(''),
  }),
});

test('a file per type and version, below its topic', () => {
  const [file] = generatedFiles([Moved]);
  expect(file?.path).toMatch(/schema\/events\/json\/lane\.events\/Moved\.v2\.json$/);
  expect(JSON.parse(file?.content ?? '')).toEqual(eventSchema(Moved));
});

test('says how the event travels, and what a reader accepts', () => {
  const schema = eventSchema(Moved);
  expect(schema['x-event']).toEqual({ type: 'Moved', v: 2, topic: 'lane.events', key: '{place.hub}:{id}' });
  expect(schema['required']).toEqual(['id', 'lines', 'place']);
  expect(schema).not.toHaveProperty('additionalProperties');
});

test('the order in which rules are put together changes nothing', () => {
  const one = { ...Moved, data: z.object({ id: z.string().min(1).max(9), at: z.string() }) };
  const other = { ...Moved, data: z.object({ id: z.string().max(9).min(1), at: z.string() }) };
  expect(JSON.stringify(eventSchema(one))).toBe(JSON.stringify(eventSchema(other)));
});

test('a key that is not made of fields is refused', () => {
  expect(() => keyTemplate({ type: 'Odd', key: data => JSON.stringify([...(data as Iterable<string>)]) })).toThrow(
    'Odd: its key',
  );
});
