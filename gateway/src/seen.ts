import type { LogRecord } from './log-record.ts';

type Place = Pick<LogRecord, 'id' | 'topic' | 'partition' | 'offset'>;

/** The publisher repeats what it published shortly before it was killed; this is more than that. */
const most = 50_000;

/** Where each of the last events was first met: a repeat of it lies further on. */
export function createSeen(limit = most) {
  const first = new Map<string, { place: string; offset: number }>();
  const placeOf = ({ topic, partition }: Place): string => `${topic}/${String(partition)}`;
  function isRepeat(record: Place): boolean {
    const met = first.get(record.id);
    return met !== undefined && met.place === placeOf(record) && met.offset < record.offset;
  }
  return {
    isRepeat,
    /** False when it is a repeat. */
    add(record: Place): boolean {
      if (first.has(record.id)) return !isRepeat(record);
      first.set(record.id, { place: placeOf(record), offset: record.offset });
      if (first.size > limit) for (const oldest of first.keys()) return first.delete(oldest);
      return true;
    },
    has: (id: string): boolean => first.has(id),
    clear: () => first.clear(),
  };
}
