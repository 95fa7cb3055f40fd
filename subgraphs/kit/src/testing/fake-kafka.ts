import { createHash } from 'node:crypto';
import type { ConsumerOptions, KafkaConsumer } from '../consumer-port.ts';
import { createFaults, placeOf, type RawMessage } from '../kafka-delivery.ts';
import { createPartitionWork } from '../partition-work.ts';

type Member = {
  readonly topics: readonly string[];
  readonly abandon: () => void;
  readonly assign: (places: ReadonlySet<string>, committed: ReadonlyMap<string, number>) => void;
};
type Group = { members: Member[]; readonly committed: Map<string, number> };

export type FakeRecord = Pick<RawMessage, 'key' | 'value' | 'headers'>;

/**
 * Topics, partitions and groups in memory, behind the same port as Kafka: at least once, in order per partition, and a
 * rebalance with every member that comes, leaves or dies. Nothing is published by the way of the outbox.
 */
export function createFakeKafka({ partitions = 2, maxBatch = 500 }: { partitions?: number; maxBatch?: number } = {}) {
  const logs = new Map<string, RawMessage[]>();
  const groups = new Map<string, Group>();
  const woken = new Set<() => void>();
  const placesOf = (topic: string) =>
    Array.from({ length: partitions }, (_, partition) => placeOf({ topic, partition }));
  const logOf = (place: string) => logs.get(place) ?? logs.set(place, []).get(place) ?? [];
  const partitionOf = (key: string | null) =>
    createHash('md5')
      .update(key ?? '')
      .digest()
      .readUInt32BE() % partitions;

  function groupOf(id: string): Group {
    const group = groups.get(id) ?? { members: [], committed: new Map() };
    groups.set(id, group);
    return group;
  }

  function rebalance(group: Group): void {
    const { members } = group;
    const owned = new Map(members.map(member => [member, new Set<string>()]));
    for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
      const takers = members.filter(({ topics }) => topics.includes(topic));
      for (const [n, place] of placesOf(topic).entries()) {
        const taker = takers[n % takers.length];
        if (taker !== undefined) owned.get(taker)?.add(place);
      }
    }
    for (const [member, places] of owned) member.assign(places, group.committed);
  }

  function createConsumer(options: ConsumerOptions): KafkaConsumer {
    const { groupId, topics, log, concurrency = 1, commitEveryMs = 1_000, drainMs = 4_000 } = options;
    const group = groupOf(groupId);
    const faults = createFaults(log);
    const work = createPartitionWork(options, faults);
    const position = new Map<string, number>();
    const done = new Map<string, number>();
    const stopped = new Set<string>();
    const busy = new Set<string>();
    let places: ReadonlySet<string> = new Set();
    let generation = 0;
    let stopping = false;
    let joined = false;

    const member: Member = {
      topics,
      abandon: () => {
        stopping = true;
        places = new Set();
        woken.delete(fetch);
      },
      assign(given, committed) {
        generation += 1;
        joined = true;
        places = given;
        for (const memory of [position, done]) memory.clear();
        stopped.clear();
        faults.reset();
        for (const place of given)
          position.set(place, committed.get(place) ?? (options.fromBeginning ? 0 : logOf(place).length));
        options.onJoin?.();
        setImmediate(fetch);
      },
    };

    function commit(): void {
      for (const [place, offset] of done) group.committed.set(place, offset);
      done.clear();
    }
    const committing = setInterval(commit, commitEveryMs).unref();

    function fetch(): void {
      for (const place of places) {
        if (stopping || busy.size >= concurrency) return;
        if (busy.has(place) || stopped.has(place)) continue;
        const from = position.get(place) ?? 0;
        const messages = logOf(place).slice(from, from + maxBatch);
        if (messages.length === 0) continue;
        busy.add(place);
        void deliver(place, messages).finally(() => {
          busy.delete(place);
          setImmediate(fetch);
        });
      }
    }

    async function deliver(place: string, messages: readonly RawMessage[]): Promise<void> {
      const own = generation;
      const isOurs = () => !stopping && own === generation;
      await work({
        messages,
        isOurs,
        beat: () => Promise.resolve(),
        progress: () => undefined,
        finished: ({ offset }) => {
          // Refused as the broker refuses a member that it has sent elsewhere.
          if (own !== generation) return;
          position.set(place, Number(offset) + 1);
          done.set(place, Number(offset) + 1);
        },
        stop: () => {
          if (own === generation) stopped.add(place);
        },
      });
    }

    return {
      start() {
        woken.add(fetch);
        group.members.push(member);
        rebalance(group);
        return Promise.resolve();
      },
      async stop() {
        stopping = true;
        woken.delete(fetch);
        const until = performance.now() + drainMs;
        while (busy.size > 0 && performance.now() < until) await new Promise(resolve => setTimeout(resolve, 1));
        clearInterval(committing);
        commit();
        if (!group.members.includes(member)) return;
        group.members = group.members.filter(one => one !== member);
        rebalance(group);
      },
      ready() {
        if (!joined || stopping) throw new Error(`not in group ${groupId}`);
        faults.check();
      },
      lagMs() {
        if (!joined || stopping) return Infinity;
        const undone = [...places].map(place => logOf(place)[position.get(place) ?? 0]?.timestampMs ?? Date.now());
        return Math.max(0, Date.now() - Math.min(Date.now(), ...undone));
      },
    };
  }

  return {
    createConsumer,
    /** Puts a record at the end of the partition of its key. */
    send(topic: string, record: FakeRecord): RawMessage {
      const partition = partitionOf(record.key);
      const own = logOf(placeOf({ topic, partition }));
      const message = { topic, partition, offset: String(own.length), timestampMs: Date.now(), ...record };
      own.push(message);
      for (const fetch of woken) setImmediate(fetch);
      return message;
    },
    /** Records of the topic that the group has not committed. */
    behind: (groupId: string, topic: string): number =>
      placesOf(topic).reduce(
        (sum, place) => sum + logOf(place).length - (groupOf(groupId).committed.get(place) ?? 0),
        0,
      ),
    /** Has the group's members die without a word, as a kill does; what they have not committed comes again. */
    killMembers(groupId: string): void {
      const group = groupOf(groupId);
      for (const { abandon } of group.members) abandon();
      group.members = [];
    },
  };
}
