import type { ConsumerOptions } from './consumer-port.ts';
import { isTransient } from './database.ts';
import { BadMessage, deliver, placeOf, type Fault, type RawMessage } from './kafka-delivery.ts';

/** What a consumer's work needs of whoever fetches for it. */
export type Batch = {
  readonly messages: readonly RawMessage[];
  /** False as soon as somebody else may work on the partition, or the process stops. */
  readonly isOurs: () => boolean;
  /** Tells the group that we live. */
  readonly beat: () => Promise<void>;
  readonly progress: () => void;
  /** Everything up to this record is done. */
  readonly finished: (message: RawMessage) => void;
  /** Delivers nothing of the partition until the next rebalance. */
  readonly stop: () => void;
};

type Faults = { readonly set: (fault: Fault) => void; readonly clear: (place: string) => void };

/**
 * Works on what was fetched of one partition, part by part. Passing faults are waited out in place, any other stops the partition at
 * the record at fault.
 */
export function createPartitionWork(options: ConsumerOptions, faults: Faults): (batch: Batch) => Promise<void> {
  const [cut, work]: [(messages: readonly RawMessage[]) => readonly (readonly RawMessage[])[], Work] =
    'eachBatch' in options
      ? [options.cut ?? (messages => [messages]), options.eachBatch]
      : [
          messages => messages.map(message => [message]),
          async ([message]) => options.eachMessage(message as RawMessage),
        ];

  return async ({ messages, isOurs, beat, progress, finished, stop }) => {
    for (const part of cut(messages)) {
      const outcome = await deliver({
        messages: part,
        work: some => work(some, { isOurs, progress }),
        isPassing: isTransient,
        isOurs,
        beat,
        onFault: faults.set,
        pause: ms => new Promise(resolve => setTimeout(resolve, ms)),
      });
      if (outcome === 'left') return;
      if (outcome instanceof BadMessage) {
        const before = part[part.indexOf(outcome.at) - 1];
        if (before !== undefined) finished(before);
        stop();
        return;
      }
      const last = part.at(-1);
      if (last === undefined) continue;
      faults.clear(placeOf(last));
      finished(last);
      await beat();
    }
  };
}

type Work = (messages: readonly RawMessage[], turn: { isOurs: () => boolean; progress: () => void }) => Promise<void>;
