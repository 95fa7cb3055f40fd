import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { defineEvent } from '@waygraph/schema/events/define';
import type { KafkaConsumer } from '../consumer-port.ts';
import { createPool, sqlOfPool, type Sql } from '../database.ts';
import { createEventConsumer } from '../event-consumer.ts';
import { on, onMany, type EventHandler } from '../event-handler.ts';
import { createLog } from '../log.ts';
import type { Broker } from './consumer-conformance.ts';
import { testEnv, uniqueId } from './test-env.ts';
import { waitFor } from './wait-for.ts';

/** More than half of what one transaction holds of events that are handled one after the other. */
const part = 15;
const seqs = Array.from({ length: part }, (_, n) => n + 1);

/** How events of several partitions share transactions, whatever brings them: on a real database. */
export function eventConsumerConformance(name: string, open: () => Promise<Broker>): void {
  describe(`shared transactions on ${name}`, () => {
    const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 12, name: 'shared-test' });
    const sql = sqlOfPool(pool);
    let broker: Broker;
    let running: KafkaConsumer[] = [];
    let [topic, group] = ['', ''];
    /** A key on each of the two partitions. */
    let [first, second] = ['', ''];

    const define = () =>
      defineEvent({
        ...{ type: 'Tested', topic: topic as 'canary' },
        key: beat => beat.server,
        data: CanaryBeat.data,
      });
    const newTopic = async () => {
      topic = uniqueId('shared.events');
      await broker.createTopic(topic);
    };
    const send = (key: string, ...numbers: number[]) =>
      broker.send(
        topic,
        numbers.map(seq => ({ key, seq, payload: { server: key, beat: seq, at: '2026-11-21T09:30:00.000Z' } })),
      );
    async function start(...handlers: readonly EventHandler[]): Promise<KafkaConsumer> {
      const consumer = createEventConsumer({
        ...{ group, pool, handlers, brokers: broker.brokers, concurrency: 2, commitEveryMs: 10 },
        log: createLog('shared', 'silent'),
        onCrash: error => {
          throw error;
        },
        consumerOf: broker.createConsumer,
        retries: { firstMs: 20, longestMs: 40, tries: 1_000 },
      });
      running.push(consumer);
      await consumer.start();
      return consumer;
    }
    /** A second one of the same event is refused. */
    const note = (tx: Sql, server: string, beat: number) =>
      tx(
        `insert into idempotency (subject, operation, key, request_hash, created_at) values ($1, $2, $3, '', clock_timestamp())`,
        [group, server, String(beat)],
      );
    const effects = async (server: string) =>
      (
        await sql<{ key: string }>(
          'select key from idempotency where subject = $1 and operation = $2 order by created_at',
          [group, server],
        )
      ).map(row => Number(row.key));
    const committed = () => waitFor(async () => (await broker.behind(group, topic)) === 0, { what: 'all committed' });

    beforeAll(async () => {
      broker = await open();
      // Which partition a key lies on is the same on every topic.
      await newTopic();
      group = uniqueId('group');
      const at = new Map<number, string>();
      await start(
        on(define(), ({ server }, _, { partition }) => {
          at.set(partition, server);
          return Promise.resolve();
        }),
      );
      for (let n = 0; n < 12; n += 1) await send(uniqueId('key'), 1);
      await waitFor(() => at.size === 2, { what: 'keys on both partitions' });
      [first, second] = [at.get(0) ?? '', at.get(1) ?? ''];
    }, 30_000);
    beforeEach(async () => {
      group = uniqueId('group');
      await newTopic();
    });
    afterEach(async () => {
      await Promise.all(running.map(consumer => consumer.stop()));
      running = [];
    }, 30_000);
    afterAll(async () => {
      await broker.stop();
      await pool.end();
    });

    /** The first effect stands still until it is let go. */
    function gated() {
      const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const handler = on(define(), async ({ server, beat }, tx) => {
        begun.resolve();
        await gate.promise;
        await note(tx, server, beat);
      });
      return { handler, begun: begun.promise, letGo: gate.resolve };
    }

    test('what comes of two partitions at the same time is one transaction', async () => {
      const together: string[][] = [];
      for (const key of [first, second]) await send(key, 1, 2, 3);
      await start(
        ...onMany([define()], async (deliveries, tx) => {
          together.push(deliveries.map(({ event }) => event.data.server));
          for (const { event } of deliveries) await note(tx, event.data.server, event.data.beat);
        }),
      );
      await committed();
      expect(together.map(keys => new Set(keys))).toContainEqual(new Set([first, second]));
      for (const key of [first, second]) expect(await effects(key)).toEqual([1, 2, 3]);
    });

    test.each(['for good', 'for a reason that may pass'])(
      'one that fails %s takes nobody of another partition with it, and both are committed',
      async reason => {
        let fails = true;
        for (const key of [first, second]) await send(key, 1, 2, 3);
        await start(
          ...onMany([define()], async (deliveries, tx) => {
            for (const { event } of deliveries) await note(tx, event.data.server, event.data.beat);
            if (fails && deliveries.some(({ event }) => event.data.server === first && event.data.beat === 2))
              throw Object.assign(new Error('no such seller'), { retryable: reason !== 'for good' });
          }),
        );
        await committed();
        expect([await effects(first), await effects(second)]).toEqual([[1], [1, 2, 3]]);
        fails = false;
        if (reason === 'for good')
          expect(await sql('select key from dead_letters where consumer_group = $1', [group])).toEqual([
            { key: first },
          ]);
        else await waitFor(async () => (await effects(first)).length === 3, { what: 'the rest' });
      },
    );

    test('a rebalance while events wait for their turn: each is done once, in order, by whoever has it then', async () => {
      const { handler, begun, letGo } = gated();
      for (const key of [first, second]) await send(key, ...seqs);
      await start(handler);
      await begun;
      const other = start(handler);
      letGo();
      await other;
      await waitFor(async () => (await effects(first)).length + (await effects(second)).length === 2 * part);
      for (const key of [first, second]) expect(await effects(key)).toEqual(seqs);
      await committed();
    }, 30_000);

    test('at the stop the transaction on its way ends, and what waits for the next one is left to another member', async () => {
      const { handler, begun, letGo } = gated();
      for (const key of [first, second]) await send(key, ...seqs);
      const consumer = await start(handler);
      await begun;
      const stopped = consumer.stop();
      letGo();
      await stopped;
      expect([await effects(first), await effects(second)].toSorted((a, b) => a.length - b.length)).toEqual([[], seqs]);
      expect(await broker.behind(group, topic)).toBe(part);
      await start(handler);
      await committed();
      for (const key of [first, second]) expect(await effects(key)).toEqual(seqs);
    }, 30_000);
  });
}
