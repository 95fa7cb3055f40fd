import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { defineEvent } from '../events/define.ts';
import { incompatibilities } from './event-compatibility.ts';
import { eventSchema, type EventSchema } from './event-schemas.ts';

const event = (
  data: z.ZodType,
  change: { type?: string; v?: number; topic?: 'lane.events'; key?: (data: never) => string } = {},
): EventSchema =>
  eventSchema(
    defineEvent({
      type: change.type ?? 'Moved',
      ...(change.v === undefined ? {} : { v: change.v }),
      topic: change.topic ?? 'order.events',
      key: (change.key ?? ((moved: { id: string }) => moved.id)) as (data: unknown) => string,
      data,
    }),
  );

const change = (before: z.ZodType, after: z.ZodType): string[] =>
  incompatibilities([event(before)], [event(after)]).map(fault => `${fault.event} ${fault.field}: ${fault.reason}`);

/** As a field of an event, as items of an array in it, and one level down: a rule holds everywhere. */
const changeOfField = (before: z.ZodType, after: z.ZodType): string[] => {
  const places = [
    (field: z.ZodType) => z.object({ id: z.string(), field }),
    (field: z.ZodType) => z.object({ id: z.string(), list: z.array(field) }),
    (field: z.ZodType) => z.object({ id: z.string(), inner: z.object({ field }) }),
  ];
  const [top, listed, inner] = places.map(place =>
    change(place(before), place(after)).map(line => line.replace(/^.*?: /, '')),
  );
  expect(listed).toEqual(top);
  expect(inner).toEqual(top);
  return top ?? [];
};

describe('accepted', () => {
  const moved = z.object({ id: z.string(), at: z.string().max(10) });

  test.each<[string, z.ZodType, z.ZodType]>([
    ['nothing changed', moved, moved],
    ['a new optional field', moved, moved.extend({ note: z.string().optional() })],
    ['a new field with a default', moved, moved.extend({ note: z.string().default('') })],
    [
      'a new optional object with required fields',
      moved,
      moved.extend({ place: z.object({ lat: z.number() }).optional() }),
    ],
    ['fields in another order', moved, z.object({ at: z.string().max(10), id: z.string() })],
    ['a description', moved, moved.describe('has moved')],
  ])('%s', (_, before, after) => expect(change(before, after)).toEqual([]));

  test.each<[string, z.ZodType, z.ZodType]>([
    ['a wider enum', z.enum(['A', 'B']), z.enum(['B', 'C', 'A'])],
    ['an enum opened to any text', z.enum(['A']), z.string()],
    ['one constant more', z.literal('A'), z.enum(['A', 'B'])],
    ['wider limits', z.int().min(1).max(5), z.int().min(0).max(6)],
    ['a limit dropped', z.string().min(1).max(5), z.string()],
    ['a limit said otherwise', z.number().min(1), z.number().gt(0)],
    ['whole numbers to numbers', z.int(), z.number()],
    ['a format dropped', z.uuid(), z.string()],
    ['one alternative more', z.string(), z.union([z.number(), z.string()])],
    ['a longer list', z.array(z.string()).max(2), z.array(z.string()).max(3)],
  ])('%s', (_, before, after) => expect(changeOfField(before, after)).toEqual([]));

  test('a new event, and a later version that reads the older data', () => {
    const before = event(moved);
    expect(incompatibilities([before], [before, event(moved, { type: 'Rested' })])).toEqual([]);
    expect(incompatibilities([before], [event(moved.extend({ note: z.string().optional() }), { v: 2 })])).toEqual([]);
    expect(incompatibilities([before], [before, event(z.object({ id: z.int() }), { v: 2 })])).toEqual([]);
  });
});

describe('refused, with event, field and reason', () => {
  const moved = z.object({ id: z.string(), at: z.string(), note: z.string().optional() });

  test.each<[string, z.ZodType, string]>([
    ['a removed field', moved.omit({ at: true }), 'Moved v1 data.at: the field has been removed or renamed'],
    [
      'a removed optional field',
      moved.omit({ note: true }),
      'Moved v1 data.note: the field has been removed or renamed',
    ],
    ['a new required field', moved.extend({ by: z.string() }), 'Moved v1 data.by: a new field has to be optional'],
    [
      'an optional field made required',
      moved.required(),
      'Moved v1 data.note: it may be missing in older events, and is required now',
    ],
    [
      'a required field made optional',
      moved.partial({ at: true }),
      'Moved v1 data.at: readers count on it, and it may be missing now',
    ],
    ['a closed object', moved.strict(), 'Moved v1 data: fields it does not name are refused now'],
  ])('%s', (_, after, line) => expect(change(moved, after)).toEqual([line]));

  test('a renamed field', () => {
    expect(change(moved, moved.omit({ at: true }).extend({ movedAt: z.string() }))).toEqual([
      'Moved v1 data.at: the field has been removed or renamed',
      'Moved v1 data.movedAt: a new field has to be optional',
    ]);
  });

  test.each<[string, z.ZodType, z.ZodType, string]>([
    ['another type', z.string(), z.number(), 'its type was string and is now number'],
    ['numbers to whole numbers', z.number(), z.int(), 'its type was number and is now integer'],
    ['a type where anything went', z.unknown(), z.string(), 'its type was open and is now string'],
    ['null', z.string(), z.string().nullable(), 'it may be null now'],
    ['a narrower enum', z.enum(['A', 'B', 'C']), z.enum(['A']), '"B", "C" can no longer be read'],
    ['an enum where any text went', z.string(), z.enum(['A']), 'only "A" are allowed now'],
    ['a higher minimum', z.number().min(1), z.number().min(2), 'its minimum is now 2 (it was 1)'],
    ['a minimum excluded', z.number().min(1), z.number().gt(1), 'its exclusiveMinimum is now 1 (there was none)'],
    ['a lower maximum', z.number().max(2), z.number().max(1), 'its maximum is now 1 (it was 2)'],
    ['a minimum length', z.string(), z.string().min(1), 'its minLength is now 1 (there was none)'],
    ['a lower maximum length', z.string().max(9), z.string().max(8), 'its maxLength is now 8 (it was 9)'],
    ['a longer minimum list', z.array(z.int()), z.array(z.int()).min(1), 'its minItems is now 1 (there was none)'],
    ['a shorter maximum list', z.array(z.int()).max(9), z.array(z.int()).max(8), 'its maxItems is now 8 (it was 9)'],
    ['a pattern', z.string(), z.string().regex(/^a$/), 'its pattern is now ^a$'],
    ['steps', z.number(), z.number().multipleOf(2), 'its multipleOf is now 2'],
    [
      'an object dropped from the alternatives',
      z.union([z.string(), z.object({ a: z.int() })]),
      z.string(),
      'its type was object and is now string',
    ],
    [
      'an alternative dropped',
      z.union([z.string(), z.boolean()]),
      z.string(),
      'its type was string or boolean and is now string',
    ],
    [
      'a record of other values',
      z.record(z.string(), z.int()),
      z.record(z.string(), z.boolean()),
      'its type was integer and is now boolean',
    ],
    [
      'what is not understood',
      z.tuple([z.string()]),
      z.tuple([z.int()]),
      '"prefixItems" has changed, which this check cannot judge',
    ],
  ])('%s', (_, before, after, reason) => expect(changeOfField(before, after)).toEqual([reason]));

  test('a new format, also of times that look alike', () => {
    expect(changeOfField(z.string(), z.uuid())[0]).toBe('its format is now uuid');
    expect(changeOfField(z.iso.datetime({ precision: 3 }), z.iso.datetime({ precision: 0 }))[0]).toMatch(
      /^its pattern is now /,
    );
  });

  test('an event that is gone, renamed, moved to another topic or key', () => {
    const before = event(moved, { v: 2 });
    const reasons = (...current: EventSchema[]): string[] =>
      incompatibilities([before], current).map(({ reason }) => reason);
    expect(reasons()).toEqual(['the event has been removed or renamed']);
    expect(reasons(event(moved, { type: 'Shifted', v: 2 }))).toEqual(['the event has been removed or renamed']);
    expect(reasons(event(moved))).toEqual(['this version has gone, and no later one stands in for it']);
    expect(reasons(event(moved, { v: 2, topic: 'lane.events' }))).toEqual([
      'its topic was order.events and is now lane.events',
    ]);
    expect(reasons(event(moved, { v: 2, key: (data: { at: string }) => data.at }))).toEqual([
      'its key was {id} and is now {at}',
    ]);
    expect(reasons(event(moved.omit({ at: true }), { v: 3 }))).toEqual(['the field has been removed or renamed']);
  });
});
