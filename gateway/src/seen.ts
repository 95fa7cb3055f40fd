import type { LogRecord } from './log-record.ts';

type Place = Pick<LogRecord, 'id' | 'topic' | 'partition' | 'offset'>;

/** The publisher repeats what it published shortly before it was killed; this is more than that. */
const most = 50_000;

/** Where each of the last events was first met: a repeat of it lies further on. */
export function createSeen(limit = most) {
  const first = new Map<string, Place>();
  function isRepeat(record: Place): boolean {
    const met = first.get(record.id);
    const samePlace = met?.topic === record.topic && met.partition === record.partition;
    return samePlace && met.offset < record.offset;
  }
  return {
    isRepeat,
    /** False when it is a repeat. */
    add(record: Place): boolean {
      if (first.has(record.id)) return !isRepeat(record);
      const { id, topic, partition, offset } = record;
      first.set(id, { id, topic, partition, offset });
      if (first.size > limit) for (const oldest of first.keys()) return first.delete(oldest);
      return true;
    },
    /** Whether the event came by before this position of its topic. */
    liesBefore(id: string, position: readonly number[]): boolean {
      const met = first.get(id);
      return met !== undefined && met.offset < (position[met.partition] ?? 0);
    },
    clear: () => first.clear(),
  };
}
