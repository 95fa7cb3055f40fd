import { describe, expect, test } from '@jest/globals';
import type { Cursor } from '@waygraph/kit/cursor';
import { inOrder } from './in-order.ts';
import { whereToStart } from './resume.ts';
import { maySee, parseRule, refusal, type Rule } from './rules.ts';
import { createFakeLog } from './testing/fake-log.ts';

describe('where to start', () => {
  const world = createFakeLog(2);
  for (let i = 0; i < 10; i += 1) world.publish(i % 2);
  const start = (cursor: Cursor | undefined, log = {}) => whereToStart(cursor, 't', { ...world, ...log }, 5);
  const frame = (more: object = {}) =>
    ({ kind: 'frame', topic: 't', offsets: [3, 4], told: [], unfinished: false, ...more }) as Cursor;
  const cut = { bounds: () => Promise.resolve({ start: [4, 0], end: [5, 5] }) };

  test.each([
    ['no cursor', undefined],
    ['the cursor of another topic', frame({ topic: 'other' })],
    ['a cursor between present states', frame({ unfinished: true })],
  ])('with %s: the present state', async (_, cursor) => {
    expect(await start(cursor)).toEqual({ kind: 'snapshot', gap: false });
  });

  test('behind a frame, when the log still is the one it came from', async () => {
    expect(await start(frame({ last: { partition: 0, id: '0/2' }, told: [['k', 2]] }))).toEqual({
      ...{ kind: 'log', from: [3, 4], lastId: '0/2', told: [{ thing: 'k', seq: 2, atMs: 5 }] },
    });
  });

  test.each([
    ['ends before it', frame({ offsets: [6, 1] }), {}],
    ['starts behind it', frame(), cut],
    ['has fewer partitions', frame({ offsets: [1, 1, 1] }), {}],
    ['has another event there', frame({ last: { partition: 0, id: 'x' } }), {}],
    ['is empty now', frame({ last: { partition: 1, id: '1/0' }, offsets: [0, 0] }), {}],
  ])('a log that %s has a gap', async (_, cursor, log) => {
    expect(await start(cursor, log)).toEqual({ kind: 'snapshot', gap: true });
  });

  test('behind a change: a while before it happened, without what it contains', async () => {
    const change: Cursor = { kind: 'change', topic: 't', key: 'k', seq: 3, atMs: 60_000 };
    const asked: number[] = [];
    const offsetsAt = (_: string, ms: number) => (asked.push(ms), Promise.resolve([2, 5]));
    expect(await start(change, { offsetsAt })).toEqual({
      ...{ kind: 'log', from: [2, 5], told: [{ thing: 'k', seq: 3, atMs: 60_000 }] },
    });
    expect(asked[0]).toBeLessThan(60_000);
    expect(await start(change, { ...cut, offsetsAt: () => Promise.resolve([4, 5]) })).toEqual({
      kind: 'snapshot',
      gap: true,
    });
  });
});

describe('who may', () => {
  const rules = (...texts: string[]) => texts.map(text => parseRule(text)) as Rule[];
  const customer = { sub: 'c', role: 'customer' } as const;
  const seller = { sub: 's', role: 'seller' } as const;

  test('rules are a role, one that owns by a payload field, one that is what an argument names', () => {
    expect(rules('operator', 'customer owns customerId', 'seller is sellerId')).toEqual([
      { role: 'operator' },
      { role: 'customer', owns: 'customerId' },
      { role: 'seller', is: 'sellerId' },
    ]);
    expect(rules('boss', 'seller has x', 'seller owns', 'seller owns a b', '')).toEqual(Array.from({ length: 5 }));
  });

  test.each([
    ['no token', undefined, {}, 'UNAUTHENTICATED'],
    ['another role', { sub: 'x', role: 'carrier' } as const, {}, 'FORBIDDEN'],
    ['a seller that is another', seller, { sellerId: 't' }, 'FORBIDDEN'],
    ['a seller that asks for several', seller, { sellerId: ['s', 't'] }, 'FORBIDDEN'],
    ['a seller that asks for all', seller, {}, 'FORBIDDEN'],
    ['the seller itself', seller, { sellerId: 's' }, undefined],
    ['a customer, whose events are looked at', customer, {}, undefined],
  ])('%s', (_, viewer, args, code) => {
    const allow = rules('operator', 'customer owns customerId', 'seller is sellerId');
    expect(refusal({ allow, argument: 'sellerId' }, viewer, args)?.extensions['code']).toBe(code);
  });

  test('an event is seen by its owner, of a field or of a list', () => {
    const allow = rules('customer owns customerId', 'seller owns sellerIds');
    expect(maySee(allow, customer, {}, { customerId: 'c' })).toBe(true);
    expect(maySee(allow, customer, {}, { customerId: 'd', sellerIds: ['c'] })).toBe(false);
    expect(maySee(allow, seller, {}, { sellerIds: ['r', 's'] })).toBe(true);
    expect(maySee(allow, seller, {}, {})).toBe(false);
    expect(maySee(allow, undefined, {}, { customerId: 'c' })).toBe(false);
    expect(maySee(undefined, undefined, {}, {})).toBe(true);
  });

  test("one's own feed needs to know who one is", () => {
    expect(refusal({ allow: undefined, argument: undefined }, undefined, {})?.extensions['code']).toBe(
      'UNAUTHENTICATED',
    );
  });
});

describe('work in order', () => {
  async function* numbers(count: number) {
    for (let i = 0; i < count; i += 1) yield await Promise.resolve(i);
  }

  test('results come in the order of the source, so many at once and no more', async () => {
    let running = 0;
    let most = 0;
    const work = async (i: number) => {
      most = Math.max(most, (running += 1));
      await new Promise(resolve => setTimeout(resolve, (i * 7) % 5));
      running -= 1;
      return i;
    };
    const results: number[] = [];
    for await (const result of inOrder(numbers(30), work, 4)) results.push(result);
    expect(results).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(most).toBe(4);
  });

  test('a result does not wait for the source to have more', async () => {
    async function* stuck() {
      yield 1;
      await new Promise(() => undefined);
    }
    expect(await inOrder(stuck(), i => Promise.resolve(i), 4).next()).toEqual({ done: false, value: 1 });
  });

  test('a fault of the work comes out in its turn', async () => {
    const work = (i: number) => (i === 2 ? Promise.reject(new Error('two')) : Promise.resolve(i));
    const results: number[] = [];
    const all = (async () => {
      for await (const result of inOrder(numbers(5), work, 4)) results.push(result);
    })();
    await expect(all).rejects.toThrow('two');
    expect(results).toEqual([0, 1]);
  });
});
