import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { createPool, sqlOfPool, withTransaction } from './database.ts';
import { createEventConsumer, on, onMany, onWithCalls, runsOf, type EventHandler } from './event-consumer.ts';
import { handleOnce } from './handle-once.ts';
import { createLog } from './log.ts';
import { publish } from './outbox.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 4, name: 'event-consumer-test' });
const sql = sqlOfPool(pool);
const at = '2026-11-21T09:30:00.000Z';
let server: string;

beforeEach(() => {
  server = uniqueId('server');
});
afterAll(() => pool.end());

function deliverTo(handler: EventHandler) {
  const group = uniqueId('group');
  const handle = handler.wire({ transact: handleOnce(pool, group) });
  const delivery = {
    id: randomUUID(),
    event: { type: CanaryBeat.type, data: { server, beat: 1, at } },
    ...{ topic: 'canary', partition: 0, offset: '0', key: server, seq: 1, occurredUs: 0 },
  };
  return { deliver: () => handle(delivery), group };
}

const handledBy = (group: string) => sql('select event_id from inbox where consumer_group = $1', [group]);

describe('a handler', () => {
  test('has its effect once, however often the event comes', async () => {
    let effects = 0;
    const { deliver } = deliverTo(on(CanaryBeat, () => Promise.resolve((effects += 1))));
    await deliver();
    await deliver();
    expect(effects).toBe(1);
  });

  test('that fails leaves no trace, and the next delivery counts', async () => {
    let fails = true;
    const { deliver, group } = deliverTo(
      on(CanaryBeat, () => (fails ? Promise.reject(new Error('not yet')) : Promise.resolve())),
    );
    await expect(deliver()).rejects.toThrow('not yet');
    expect(await handledBy(group)).toEqual([]);
    fails = false;
    await deliver();
    expect(await handledBy(group)).toHaveLength(1);
  });

  test('that calls the outside calls again at a repeat, but finishes once', async () => {
    const did = { calls: 0, finished: 0 };
    const { deliver } = deliverTo(
      onWithCalls(CanaryBeat, async (_, finish) => {
        did.calls += 1;
        await finish(() => Promise.resolve((did.finished += 1)));
      }),
    );
    await deliver();
    await deliver();
    expect(did).toEqual({ calls: 2, finished: 1 });
  });
});

test('events of which many may come share transactions, each once, in order', async () => {
  const together: number[][] = [];
  const consumer = createEventConsumer({
    group: uniqueId('group'),
    pool,
    handlers: [
      ...onMany([CanaryBeat], deliveries => {
        const beats = deliveries.map(({ event }) => event.data);
        together.push(beats.filter(beat => beat.server === server).map(({ beat }) => beat));
        return Promise.resolve();
      }),
    ],
    brokers: testEnv('KAFKA_BROKERS').split(','),
    log: createLog('event-consumer-test', 'silent'),
    onCrash: error => {
      throw error;
    },
  });
  const beats = Array.from({ length: 300 }, (_, index) => index + 1);
  try {
    await withTransaction(pool, tx =>
      publish(
        tx,
        beats.map(beat => CanaryBeat.outboxEvent({ server, beat, at }, { seq: beat })),
      ),
    );
    await consumer.start();
    await waitFor(() => together.flat().length === beats.length, { what: 'every beat', timeoutMs: 20_000 });
    expect(together.flat()).toEqual(beats);
    expect(together.filter(some => some.length > 0).length).toBeLessThan(beats.length / 2);
  } finally {
    await consumer.stop();
  }
});

test('what may go together stays in order and in bounds', () => {
  const runs = runsOf([1, 2, 30, 4, 5, 6, 70, 80, 9], number => (number < 10 ? 'digit' : undefined), 2);
  expect(runs).toEqual([[1, 2], [30], [4, 5], [6], [70], [80], [9]]);
});

test('a group gets the events of its types, in order per key, through outbox, Debezium and Kafka', async () => {
  const beats: number[] = [];
  const consumer = createEventConsumer({
    group: uniqueId('group'),
    pool,
    handlers: [
      on(CanaryBeat, data => {
        if (data.server === server) beats.push(data.beat);
        return Promise.resolve();
      }),
    ],
    brokers: testEnv('KAFKA_BROKERS').split(','),
    log: createLog('event-consumer-test', 'silent'),
    onCrash: error => {
      throw error;
    },
  });
  try {
    await withTransaction(pool, tx =>
      publish(
        tx,
        [1, 2, 3].map(beat => CanaryBeat.outboxEvent({ server, beat, at }, { seq: beat })),
      ),
    );
    await consumer.start();
    await waitFor(() => beats.length === 3, { what: 'three beats', timeoutMs: 20_000 });
    expect(beats).toEqual([1, 2, 3]);
  } finally {
    await consumer.stop();
  }
});
