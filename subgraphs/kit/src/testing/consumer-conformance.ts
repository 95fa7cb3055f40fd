import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConsumerOptions, KafkaConsumer } from '../consumer-port.ts';
import type { RawMessage } from '../kafka-delivery.ts';
import { createLog } from '../log.ts';
import { uniqueId } from './test-env.ts';
import { waitFor } from './wait-for.ts';

/** A broker as the cases below need it, with topics of two partitions. */
export type Broker = {
  readonly brokers: readonly string[];
  readonly createConsumer: (options: ConsumerOptions) => KafkaConsumer;
  createTopic(name: string): Promise<unknown>;
  send(topic: string, events: ReadonlyArray<{ key: string; seq: number; payload?: unknown }>): Promise<unknown>;
  /** Records of the topic that the group has not committed. */
  behind(groupId: string, topic: string): Promise<number>;
  stop(): Promise<unknown>;
};

const away = () => Object.assign(new Error('away'), { code: 'ECONNREFUSED' });

/** What every consumer behind the port does, whatever is behind it. */
export function consumerConformance(name: string, open: () => Promise<Broker>): void {
  describe(name, () => {
    let broker: Broker;
    let running: KafkaConsumer[] = [];
    const topic = uniqueId('conformance.events');

    beforeAll(async () => {
      broker = await open();
      await broker.createTopic(topic);
    });
    afterEach(async () => {
      await Promise.all(running.map(consumer => consumer.stop()));
      running = [];
    }, 30_000);
    afterAll(() => broker.stop());

    type Work = (message: RawMessage) => Promise<void>;
    async function start(eachMessage: Work, groupId = uniqueId('group'), more: Partial<ConsumerOptions> = {}) {
      const consumer = broker.createConsumer({
        ...{ brokers: broker.brokers, groupId, topics: [topic], fromBeginning: true, commitEveryMs: 10, eachMessage },
        log: createLog('conformance', 'silent'),
        onCrash: error => {
          throw error;
        },
        ...more,
      });
      running.push(consumer);
      await consumer.start();
      return consumer;
    }
    const stop = async (consumer: KafkaConsumer) => {
      running = running.filter(one => one !== consumer);
      await consumer.stop();
    };
    const send = (key: string, ...seqs: number[]) =>
      broker.send(
        topic,
        seqs.map(seq => ({ key, seq })),
      );
    const seqOf = ({ headers }: RawMessage) => Number(headers['seq']);
    /** Notes the seqs of one key. */
    const noting =
      (key: string, seen: number[]): Work =>
      message => {
        if (message.key === key) seen.push(seqOf(message));
        return Promise.resolve();
      };
    /** Keys on different partitions, as they turn out. */
    async function twoPartitions(): Promise<[string, string]> {
      const at = new Map<number, string>();
      const keys = Array.from({ length: 12 }, () => uniqueId('key'));
      const finder = await start(message => {
        if (message.key !== null && keys.includes(message.key)) at.set(message.partition, message.key);
        return Promise.resolve();
      });
      for (const key of keys) await send(key, 0);
      await waitFor(() => at.size === 2, { what: 'keys on both partitions' });
      await stop(finder);
      return [at.get(0) ?? '', at.get(1) ?? ''];
    }

    test('delivers to each group everything, in order per key, with key, value and headers', async () => {
      const key = uniqueId('key');
      const [first, second]: [RawMessage[], number[]] = [[], []];
      await start(message => {
        if (message.key === key) first.push(message);
        return Promise.resolve();
      });
      await start(noting(key, second));
      await broker.send(
        topic,
        [1, 2, 3].map(seq => ({ key, seq, payload: { text: 'ação' } })),
      );
      await waitFor(() => first.length === 3 && second.length === 3, { what: 'three events, twice' });
      expect([first.map(seqOf), second]).toEqual([
        [1, 2, 3],
        [1, 2, 3],
      ]);
      expect(JSON.parse(first[0]?.value ?? '')).toEqual({ text: 'ação' });
      expect(Object.keys(first[0]?.headers ?? {})).toEqual(
        expect.arrayContaining(['id', 'eventType', 'seq', 'occurredUs']),
      );
    });

    test('waits out a passing fault in its place, and keeps the order', async () => {
      const key = uniqueId('key');
      const seen: number[] = [];
      let faults = 0;
      await start(async message => {
        if (message.key === key && seqOf(message) === 2 && (faults += 1) < 4) throw away();
        await noting(key, seen)(message);
      });
      await send(key, 1, 2, 3);
      await waitFor(() => seen.length === 3, { what: 'three events' });
      expect([seen, faults]).toEqual([[1, 2, 3], 4]);
    });

    test('stops the partition of a record that cannot be applied, says where, and goes on with the others', async () => {
      const [bad, good] = await twoPartitions();
      const seen: number[] = [];
      const consumer = await start(async message => {
        if (message.key === bad && seqOf(message) === 7) throw new Error('no such seller');
        await noting(good, seen)(message);
      });
      await send(bad, 7);
      await waitFor(() => {
        expect(() => {
          consumer.ready();
        }).toThrow(/stopped at offset \d+: no such seller/);
        return true;
      });
      await send(good, 8);
      await waitFor(() => seen.includes(8), { what: 'the other partition' });
    });

    test('commits only past what is done: the next member begins at the record that was not', async () => {
      const [key, group] = [uniqueId('key'), uniqueId('group')];
      const [first, second]: [number[], number[]] = [[], []];
      const consumer = await start(async message => {
        if (message.key === key && seqOf(message) === 3) throw new Error('cannot');
        await noting(key, first)(message);
      }, group);
      await send(key, 1, 2, 3, 4);
      await waitFor(() => {
        expect(() => {
          consumer.ready();
        }).toThrow('cannot');
        return true;
      });
      await stop(consumer);
      await start(noting(key, second), group);
      await waitFor(() => second.length > 1, { what: 'the rest' });
      expect([first, second]).toEqual([
        [1, 2],
        [3, 4],
      ]);
    });

    test('lets running work end at the stop, and the next member does not do it again', async () => {
      const [key, group] = [uniqueId('key'), uniqueId('group')];
      const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const [first, second]: [number[], number[]] = [[], []];
      const consumer = await start(async message => {
        if (message.key !== key) return;
        begun.resolve();
        await gate.promise;
        await noting(key, first)(message);
      }, group);
      await send(key, 1);
      await begun.promise;
      const stopped = stop(consumer);
      expect(first).toEqual([]);
      gate.resolve();
      await stopped;
      expect(first).toEqual([1]);
      await start(noting(key, second), group);
      await send(key, 2);
      await waitFor(() => second.length > 0, { what: 'the second event' });
      expect(second).toEqual([2]);
    });

    test('a stop does not wait for work that hangs: the next member does it', async () => {
      const [key, group] = [uniqueId('key'), uniqueId('group')];
      const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const seen: number[] = [];
      const hung = await start(
        message => {
          if (message.key !== key) return Promise.resolve();
          begun.resolve();
          return gate.promise;
        },
        group,
        { drainMs: 200 },
      );
      await send(key, 1);
      await begun.promise;
      await stop(hung);
      await start(noting(key, seen), group);
      await waitFor(() => seen.length > 0, { what: 'the event' });
      // Its end counts no more, whenever it comes.
      gate.resolve();
      await send(key, 2);
      await waitFor(() => seen.length > 1, { what: 'the next event' });
      expect(seen).toEqual([1, 2]);
    });

    test('loses nothing while members join and leave, and doubles no effect that is remembered', async () => {
      const group = uniqueId('group');
      const keys = Array.from({ length: 8 }, () => uniqueId('key'));
      const effects = new Map(keys.map(key => [key, [] as number[]]));
      const take: Work = message => {
        const own = effects.get(message.key ?? '');
        // As the inbox does: what was done is not done again.
        if (own?.includes(seqOf(message)) === false) own.push(seqOf(message));
        return new Promise(resolve => setTimeout(resolve, 1));
      };
      const stays = await start(take, group);
      const seqs = Array.from({ length: 40 }, (_, n) => n + 1);
      const sending = (async () => {
        for (const seq of seqs)
          await broker.send(
            topic,
            keys.map(key => ({ key, seq })),
          );
      })();
      for (let round = 0; round < 4; round += 1) {
        const passing = await start(take, group);
        await stop(passing);
      }
      await sending;
      await waitFor(() => [...effects.values()].every(own => own.length === seqs.length), {
        ...{ what: 'every event', timeoutMs: 60_000 },
      });
      // In order as well: a member that lost its partition begins nothing more there.
      for (const own of effects.values()) expect(own).toEqual(seqs);
      await waitFor(async () => (await broker.behind(group, topic)) === 0, { what: 'everything committed' });
      stays.ready();
    }, 90_000);

    test('tells how far it is behind: a little when all is done, ever more while a record is not', async () => {
      const key = uniqueId('key');
      const gate = Promise.withResolvers<void>();
      const consumer = await start(async message => {
        if (message.key === key) await gate.promise;
      });
      await waitFor(() => consumer.lagMs() < 700, { what: 'nothing to do' });
      await send(key, 1);
      await waitFor(() => consumer.lagMs() > 1_500, { what: 'a growing lag' });
      gate.resolve();
      await waitFor(() => consumer.lagMs() < 700, { what: 'nothing to do any more' });
    });

    test('brings a record of 5 MB', async () => {
      const key = uniqueId('key');
      const lengths: number[] = [];
      await start(message => {
        if (message.key === key) lengths.push(message.value?.length ?? 0);
        return Promise.resolve();
      });
      await broker.send(topic, [{ key, seq: 1, payload: 'x'.repeat(5_000_000) }]);
      await send(key, 2);
      await waitFor(() => lengths.length === 2, { what: 'the large and the next', timeoutMs: 20_000 });
      expect(lengths[0]).toBe(5_000_002);
    });
  });
}
