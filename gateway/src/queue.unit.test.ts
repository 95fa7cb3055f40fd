import { describe, expect, test } from '@jest/globals';
import { createQueue } from './queue.ts';
import { record } from './testing/fake-log.ts';

function queueOf(options: { latest?: boolean; maxRecords?: number; maxBytes?: number } = {}) {
  const { latest = false, maxRecords = 10, maxBytes = 10_000 } = options;
  const overflows: string[] = [];
  const queue = createQueue({
    limits: { maxRecords, maxBytes },
    thingOf: latest ? ({ key }) => key : undefined,
    onOverflow: () => overflows.push('overflow'),
  });
  const put = (key: string, offset: number, seq = offset) =>
    queue.push(record(0, offset, { key, seq, id: `${key}${String(seq)}` }), [offset + 1]);
  const take = async () => (await queue.take())?.record.id;
  return { queue, put, take, overflows };
}

describe('a queue that skips nothing', () => {
  test('gives everything in order, and waits for more', async () => {
    const { put, take } = queueOf();
    put('a', 1);
    put('a', 2);
    expect([await take(), await take()]).toEqual(['a1', 'a2']);
    const third = take();
    put('a', 3);
    expect(await third).toBe('a3');
  });

  test.each([
    ['records', { maxRecords: 2 }],
    ['bytes', { maxBytes: 299 }],
  ])('is lost as a whole, once, when too many %s wait', async (_, limit) => {
    const { put, take, overflows } = queueOf(limit);
    for (let i = 1; i <= 4; i += 1) put('a', i);
    expect(overflows).toEqual(['overflow']);
    expect(await take()).toBeUndefined();
  });

  test('what was taken makes room', async () => {
    const { put, take, overflows } = queueOf({ maxRecords: 2, maxBytes: 250 });
    for (let i = 1; i <= 9; i += 1) {
      put('a', i);
      expect(await take()).toBe(`a${String(i)}`);
    }
    expect(overflows).toEqual([]);
  });

  test('ends who waits when it is closed', async () => {
    const { queue, take } = queueOf();
    const waiting = take();
    queue.close();
    expect(await waiting).toBeUndefined();
  });
});

describe('a queue of the newest', () => {
  test('keeps the newest of each thing, behind everything that came before it', async () => {
    const { queue, put } = queueOf({ latest: true, maxRecords: 2 });
    put('a', 1);
    put('b', 2);
    put('a', 3);
    const [first, second] = [await queue.take(), await queue.take()];
    expect([first?.record.id, second?.record.id]).toEqual(['b2', 'a3']);
    // Going on behind the first frame brings the second, whatever it has overtaken.
    expect([first?.after, second?.after]).toEqual([[3], [4]]);
  });

  test('an older event that is published later does not overtake the newer one', async () => {
    const { put, take } = queueOf({ latest: true });
    put('a', 1, 5);
    put('a', 2, 4);
    expect(await take()).toBe('a5');
  });
});
