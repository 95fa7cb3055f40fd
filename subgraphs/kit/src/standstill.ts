import type { KafkaAdmin, PartitionEnd } from './kafka-admin.ts';
import { placeOf } from './kafka-delivery.ts';

type Partitions = Readonly<Record<string, readonly number[]>>;

/**
 * Tells when a consumer stands still: for so long nothing got done although its partitions hold records that the group has not
 * committed. The broker is asked only once that time is over.
 */
export function createStandstill(options: {
  longestMs: number;
  groupId: string;
  admin: () => Promise<KafkaAdmin>;
  now?: () => number;
}) {
  const { longestMs, groupId, now = () => performance.now() } = options;
  let partitions: Partitions = {};
  let last = now();
  return {
    /** Something got done. */
    progress: () => void (last = now()),
    /** These are ours from now on. */
    assigned(given: Partitions): void {
      partitions = given;
      last = now();
    },
    /** How many records wait, when nothing gets done, but on partitions that are `excused`; 0 when all is well or nobody can tell. */
    async waiting(excused: (end: PartitionEnd) => boolean = () => false): Promise<bigint> {
      if (now() - last < longestMs) return 0n;
      const began = last;
      const ours = new Set(
        Object.entries(partitions).flatMap(([topic, own]) => own.map(partition => placeOf({ topic, partition }))),
      );
      if (ours.size === 0) return 0n;
      const admin = await options.admin();
      try {
        const ends = (await admin.ends(Object.keys(partitions))).filter(end => ours.has(placeOf(end)) && !excused(end));
        const behind = await admin.behind(groupId, ends);
        if (last !== began) return 0n;
        if (behind === 0n) last = now();
        return behind;
      } finally {
        await admin.stop();
      }
    },
  };
}
