import { expect, test } from '@jest/globals';
import { catchUp, liveFrom } from './catch-up.ts';
import { createQueue } from './queue.ts';
import { createFakeLog, record } from './testing/fake-log.ts';

const limits = { maxRecords: 10_000, maxBytes: 10_000_000 };
const newQueue = () => createQueue({ limits, thingOf: undefined, onOverflow: () => undefined });

/** A small generator of numbers that tests can repeat. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  'whatever is published and delivered meanwhile, each record is told once and in order (%i)',
  async seed => {
    const random = randomFrom(seed);
    const partitions = 1 + random(3);
    const wanted = 40;
    let left = wanted;
    const world = createFakeLog(partitions, () => {
      for (let i = random(6); i > 0; i -= 1) publish();
      for (let i = random(8); i > 0; i -= 1) world.deliver(random(partitions));
    });
    const publish = () => {
      if (left > 0) world.publish(random(partitions));
      left = Math.max(0, left - 1);
    };
    for (let i = random(20); i > 0; i -= 1) publish();
    for (let i = random(20); i > 0; i -= 1) world.deliver(random(partitions));
    // The cursor may be behind the live reader, or before it: another process made it.
    const from = world.log.map(records => random(records.length + 1));
    const missed = from.reduce((sum, offset) => sum + offset, 0);

    const queue = newQueue();
    const abort = new AbortController();
    const source = catchUp({
      ...{ log: world, topic: 't', from, signal: abort.signal, concerns: () => true },
      joinLive: () => ({ position: world.listen((one, after) => queue.push(one, after)), queue }),
    });
    const told: string[] = [];
    const at = [...from];
    for (let i = wanted - missed; i > 0; i -= 1) {
      const next = source.next();
      // Nothing may be there yet: then the live reader brings it.
      while (left > 0) publish();
      for (let more = 0; more < wanted; more += 1) world.deliver(more % partitions);
      const { value } = (await next) as { value: { record: ReturnType<typeof record>; after: number[] } };
      told.push(value.record.id);
      // In order per partition, nothing left out, and the position is right behind it.
      expect(value.record.offset).toBe(at[value.record.partition]);
      at[value.record.partition] = value.record.offset + 1;
      for (const [partition, offset] of at.entries()) expect(value.after[partition]).toBeGreaterThanOrEqual(offset);
      expect(value.after[value.record.partition]).toBe(value.record.offset + 1);
    }
    expect(new Set(told).size).toBe(told.length);
    expect(at).toEqual(world.log.map(records => records.length));
    queue.close();
    expect(await source.next()).toEqual({ done: true, value: undefined });
  },
);

test('going on behind any frame tells exactly what had not been told', async () => {
  const world = createFakeLog(2);
  for (let i = 0; i < 6; i += 1) world.publish(i % 2);
  for (let i = 0; i < 4; i += 1) world.deliver(i % 2);
  const tell = async (from: number[]) => {
    const queue = newQueue();
    const joinLive = () => ({ position: world.listen((one, after) => queue.push(one, after)), queue });
    const signal = new AbortController().signal;
    const frames: { id: string; after: readonly number[] }[] = [];
    for await (const { record: one, after } of catchUp({
      log: world,
      topic: 't',
      from,
      joinLive,
      concerns: () => true,
      signal,
    })) {
      frames.push({ id: one.id, after });
      for (let i = 0; i < 4; i += 1) world.deliver(i % 2);
      if (frames.length + from.reduce((sum, offset) => sum + offset, 0) === 6) break;
    }
    return frames;
  };
  const all = await tell([0, 0]);
  for (const [index, { after }] of all.slice(0, -1).entries()) {
    const rest = await tell([...after]);
    expect(rest.map(({ id }) => id).toSorted()).toEqual(
      all
        .slice(index + 1)
        .map(({ id }) => id)
        .toSorted(),
    );
  }
});

test('a live record that lies before the cursor was told by another process', async () => {
  const queue = newQueue();
  queue.push(record(0, 3), [4, 0]);
  queue.push(record(0, 4), [5, 0]);
  const next = await liveFrom(queue, [4, 7]).next();
  expect(next.value).toMatchObject({ record: { offset: 4 }, after: [5, 7] });
});
