import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from './database.ts';
import { createEventConsumer } from './event-consumer.ts';
import { createAdmin } from './kafka-admin.ts';
import { kafkaClient } from './kafka-client.ts';
import { createLog } from './log.ts';
import { noting, notesOf, slowly } from './testing/noting-beats.ts';
import { createTestProducer } from './testing/producer.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const brokers = testEnv('KAFKA_BROKERS').split(',');
const log = createLog('drain', 'silent');
const main = fileURLToPath(new URL('testing/drain-main.ts', import.meta.url));

test('a consumer’s process that is told to stop amid traffic, while calls of it hang, ends well and soon; its group goes on', async () => {
  const [group, topic] = [uniqueId('drain'), uniqueId('drain.events')];
  const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 6, name: 'drain-test' });
  const admin = await createAdmin({ brokers, name: 'drain', log });
  await admin.createTopics([{ name: topic, partitions: 6, config: {} }]);
  const producer = await createTestProducer(brokers);
  const groups = kafkaClient(brokers, 'drain-test', log).admin();
  await groups.connect();
  const own = { group, topic, who: 'stays' };
  const stays = createEventConsumer({
    ...{ group, pool, brokers, log, concurrency: 4, handlers: [noting(own), slowly(own, () => Promise.resolve())] },
    onCrash: error => {
      throw error;
    },
  });
  const child = fork(main, [group, topic]);
  const told = new Set<unknown>();
  child.on('message', text => told.add(text));
  const exit = Promise.withResolvers<number | null>();
  child.on('exit', exit.resolve);

  const slow = 1_000_000;
  const keys = Array.from({ length: 24 }, () => uniqueId('key'));
  let [sent, ends] = [0, false];
  const send = (type: string, seq: number) =>
    producer.send(
      topic,
      ...keys.map(key => {
        const payload = { server: key, beat: seq, at: '2026-11-21T09:30:00.000Z' };
        return { key, type, seq, payload };
      }),
    );
  /** No faster than the group takes it. */
  async function traffic(): Promise<void> {
    while (!ends) {
      await send('CanaryBeat', (sent += 1));
      await waitFor(async () => ends || (await lastBeat()) > sent - 5, { what: 'the group', timeoutMs: 30_000 });
    }
  }
  const lastBeat = async () =>
    (
      await sqlOfPool(pool)<{ last: number | null }>(
        'select max(key::int) as last from idempotency where subject = $1 and key::int < $2',
        [group, slow],
      )
    )[0]?.last ?? 0;
  try {
    await waitFor(() => told.has('joined'), { what: 'the process', timeoutMs: 20_000 });
    await stays.start();
    const sending = traffic();
    await waitFor(async () => new Set((await notesOf(pool, group)).map(({ who }) => who)).size === 2, {
      ...{ what: 'notes of both', timeoutMs: 20_000 },
    });
    await send('SlowBeat', slow);
    await waitFor(() => told.has('hangs'), { what: 'a call that hangs', timeoutMs: 20_000 });
    const began = performance.now();
    child.kill('SIGTERM');
    expect(await exit.promise).toBe(0);
    expect(performance.now() - began).toBeLessThan(9_000);
    // It has left: else the group would count it for another session.
    const { groups: described } = await groups.describeGroups([group]);
    expect(described[0]?.members).toHaveLength(1);
    ends = true;
    await sending;
    const beats = Array.from({ length: sent }, (_, n) => n + 1);
    await waitFor(async () => (await notesOf(pool, group)).length >= keys.length * (sent + 1), {
      ...{ what: 'every beat', timeoutMs: 30_000 },
    });
    const notes = await notesOf(pool, group);
    // Each once, since a second note is refused and would be a dead letter; in order but for the slow one, sent in between.
    for (const key of keys) {
      const noted = notes.filter(({ server }) => server === key).map(({ beat }) => beat);
      expect(noted.filter(beat => beat !== slow)).toEqual(beats);
      expect(noted).toHaveLength(sent + 1);
    }
    const held = `select from dead_letters where consumer_group = $1 union all select from parked where consumer_group = $1`;
    expect(await sqlOfPool(pool)(held, [group])).toEqual([]);
  } finally {
    ends = true;
    child.kill('SIGKILL');
    await stays.stop();
    await Promise.all([producer.stop(), admin.stop(), groups.disconnect(), pool.end()]);
  }
}, 90_000);
