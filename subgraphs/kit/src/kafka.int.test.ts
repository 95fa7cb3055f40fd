import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, withTransaction } from './database.ts';
import { createAdmin, type KafkaAdmin } from './kafka-admin.ts';
import { createConsumer, type KafkaConsumer } from './kafka.ts';
import type { RawMessage } from './kafka-delivery.ts';
import { createLog } from './log.ts';
import { publish } from './outbox.ts';
import { createTestProducer } from './testing/producer.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const brokers = testEnv('KAFKA_BROKERS').split(',');
const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 2, name: 'kafka-test' });
const log = createLog('test', 'silent');
const topic = uniqueId('test.events');
const running: KafkaConsumer[] = [];
let admin: KafkaAdmin;

beforeAll(async () => {
  admin = await createAdmin({ brokers, name: 'kafka-test', log });
  await admin.createTopics([{ name: topic, partitions: 2, config: {} }]);
});

afterAll(async () => {
  await Promise.all(running.map(consumer => consumer.stop()));
  await admin.stop();
  await pool.end();
}, 20_000);

const send = (key: string, ...seqs: number[]) =>
  withTransaction(pool, sql =>
    publish(
      sql,
      seqs.map(seq => ({
        topic,
        key,
        type: 'Tested',
        v: 1,
        seq,
        payload: { seq, text: 'ação' },
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      })),
    ),
  );

async function start(
  eachMessage: (message: RawMessage) => Promise<void>,
  groupId = uniqueId('group'),
): Promise<KafkaConsumer> {
  const onCrash = (error: Error) => {
    throw error;
  };
  const consumer = createConsumer({
    brokers,
    groupId,
    topics: [topic],
    fromBeginning: true,
    eachMessage,
    log,
    onCrash,
    commitEveryMs: 10,
  });
  running.push(consumer);
  await consumer.start();
  return consumer;
}

/** What a consumer has seen of one key. */
function collector(key: string) {
  const seen: RawMessage[] = [];
  return {
    seen,
    seqs: () => seen.map(({ headers }) => Number(headers['seq'])),
    take: (message: RawMessage) => {
      if (message.key === key) seen.push(message);
      return Promise.resolve();
    },
  };
}

describe('outbox to consumer', () => {
  test('an event arrives as its JSON with id, type, version, seq, time and trace in the headers', async () => {
    const key = uniqueId('key');
    const { seen, take } = collector(key);
    await start(take);
    const [id] = await send(key, 1);
    await waitFor(() => seen.length === 1, { what: 'the event' });
    const [message] = seen;
    expect(JSON.parse(message?.value ?? '')).toEqual({ seq: 1, text: 'ação' });
    expect(message?.headers).toEqual({
      ...{ id, eventType: 'Tested', v: '1', seq: '1', occurredUs: expect.stringMatching(/^\d{16}$/) },
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(Math.abs((message?.timestampMs ?? 0) - Date.now())).toBeLessThan(60_000);
  }, 20_000);
});

describe('consumer', () => {
  test('waits out a passing fault and keeps the order', async () => {
    const key = uniqueId('key');
    const { take, seqs } = collector(key);
    let faults = 0;
    await start(async message => {
      if (message.key === key && message.headers['seq'] === '2' && (faults += 1) < 4)
        throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      await take(message);
    });
    await send(key, 1, 2, 3);
    await waitFor(() => seqs().length === 3, { what: 'three events' });
    expect(seqs()).toEqual([1, 2, 3]);
    expect(faults).toBe(4);
  }, 20_000);

  test('stops the partition of a bad record, says where, goes on with the others, and repeats it after a restart', async () => {
    const [bad, good, group] = [uniqueId('bad'), uniqueId('good'), uniqueId('group')];
    const other = collector(good);
    const consumer = await start(message => {
      if (message.key === bad) throw new Error('no such seller');
      return other.take(message);
    }, group);
    await send(bad, 1);
    const text = await waitFor(() => {
      try {
        consumer.ready();
        return undefined;
      } catch (error) {
        return String(error);
      }
    });
    expect(text).toMatch(/test\.events-\w+\[\d\] stopped at offset \d+: no such seller/);
    // Some key of these lies on the other partition.
    for (let i = 0; i < 20 && other.seen.length === 0; i += 1) {
      await send(good, i);
      await send(`${good}-${String(i)}`, 1);
    }
    await consumer.stop();
    const again = collector(bad);
    await start(again.take, group);
    await waitFor(() => again.seen.length === 1, { what: 'the bad record once more' });
  }, 30_000);

  test('gets of every partition at once, however much waits in all: none seems to hold nothing', async () => {
    const [many, partitions] = [uniqueId('test.many'), 30];
    // Of its own: kafkajs goes on asking for every topic that a client has ever looked at, also when it is gone.
    const own = await createAdmin({ brokers, name: 'kafka-test', log });
    await own.createTopics([{ name: many, partitions, config: {} }]);
    const producer = await createTestProducer(brokers);
    const gate = Promise.withResolvers<void>();
    const begun = new Set<number>();
    const consumer = createConsumer({
      ...{ brokers, groupId: uniqueId('group'), topics: [many], fromBeginning: true, concurrency: partitions, log },
      async eachMessage({ partition }) {
        begun.add(partition);
        await gate.promise;
      },
      onCrash: error => {
        throw error;
      },
    });
    try {
      // Some 600 KB for each, where any key may lie on any of them.
      const payload = 'x'.repeat(300_000);
      for (let n = 0; n < 200; n += 1) await producer.send(many, { key: uniqueId('key'), seq: 1, payload });
      const held = (await own.ends([many])).filter(({ end }) => end > 0n).length;
      expect(held * 512 * 1024).toBeGreaterThan(11 * 1024 * 1024);
      await consumer.start();
      await waitFor(() => begun.size === held, { what: 'every partition' });
    } finally {
      gate.resolve();
      await consumer.stop();
      await own.stop();
      await producer.deleteTopic(many);
      await producer.stop();
    }
  }, 30_000);

  test('work that takes longer than a session costs no membership: it is not done again', async () => {
    const key = uniqueId('key');
    const { take, seqs } = collector(key);
    await start(async message => {
      await take(message);
      if (message.key === key && seqs().length === 1) await new Promise(resolve => setTimeout(resolve, 8_000));
    });
    await send(key, 1, 2);
    await waitFor(() => seqs().includes(2), { what: 'the second event', timeoutMs: 20_000 });
    expect(seqs()).toEqual([1, 2]);
  }, 30_000);

  test('commits what is done: the next member of the group goes on behind it', async () => {
    const [key, group] = [uniqueId('key'), uniqueId('group')];
    const first = collector(key);
    const consumer = await start(first.take, group);
    await send(key, 1, 2);
    await waitFor(() => first.seen.length === 2, { what: 'two events' });
    await consumer.stop();
    expect(await admin.behind(group, await admin.ends([topic]))).toBe(0n);
    const second = collector(key);
    await start(second.take, group);
    await send(key, 3);
    await waitFor(() => second.seen.length > 0, { what: 'the third event' });
    expect(second.seqs()).toEqual([3]);
  }, 30_000);
});
