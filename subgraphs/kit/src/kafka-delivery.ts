import type { Log } from './log.ts';

/** One record as a consumer sees it. */
export type RawMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  /** Null is a tombstone: the key was deleted. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** When it was published, in ms since 1970. */
  readonly timestampMs: number;
};

/** A record as the library gives it. */
export type LibraryMessage = {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly offset: string;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | null | undefined>>;
};

export function rawMessage(topic: string, partition: number, message: LibraryMessage): RawMessage {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
    const one = Array.isArray(value) ? value[0] : value; // null: an empty column
    return one === undefined || one === null ? [] : [[name, one.toString()] as const];
  });
  return {
    ...{ topic, partition, offset: message.offset, timestampMs: Number(message.timestamp) },
    ...{
      key: message.key?.toString() ?? null,
      value: message.value?.toString() ?? null,
      headers: Object.fromEntries(headers),
    },
  };
}

/** A record that cannot be worked on; `message` says which one, when it is not the first of its batch. */
export class BadMessage extends Error {
  readonly at: RawMessage;

  constructor(at: RawMessage, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'BadMessage';
    this.at = at;
  }
}

export type Fault = {
  readonly place: string;
  readonly offset: string;
  readonly reason: string;
  readonly stuck: boolean;
};

const firstPauseMs = 50;
const longestPauseMs = 1_000;

/** Grows from 50 ms to 1 s: a part that comes back is met within a second, one that is away for long is not hammered. */
export const pauseMs = (attempt: number): number => Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 10));

/**
 * Works on messages of one partition until they are done. A passing fault is waited out for as long as it takes (the partition
 * waits, nothing is skipped); any other stops the partition. Resolves to the fault it stopped at, or to undefined.
 */
export async function deliver(options: {
  messages: readonly RawMessage[];
  work: (messages: readonly RawMessage[]) => Promise<void>;
  isPassing: (error: unknown) => boolean;
  /** False as soon as somebody else may work on the partition, or the process stops. */
  isOurs: () => boolean;
  /** Called between tries, so that the group knows we live. */
  beat: () => Promise<void>;
  onFault: (fault: Fault) => void;
  pause: (ms: number) => Promise<void>;
}): Promise<'done' | 'left' | BadMessage> {
  const { messages, work, isPassing, isOurs, beat, onFault, pause } = options;
  const first = messages[0];
  if (first === undefined) return 'done';
  for (let attempt = 0; ; attempt += 1) {
    if (!isOurs()) return 'left';
    try {
      await work(messages);
      return 'done';
    } catch (error) {
      if (!isOurs()) return 'left';
      const cause = error instanceof BadMessage ? error.cause : error;
      const at = error instanceof BadMessage ? error.at : first;
      const passing = isPassing(cause);
      onFault({ place: placeOf(at), offset: at.offset, reason: reasonOf(cause), stuck: !passing });
      if (!passing) return error instanceof BadMessage ? error : new BadMessage(first, error);
      await pause(pauseMs(attempt));
      await beat();
    }
  }
}

export const placeOf = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}[${String(partition)}]`;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What keeps a consumer from its work, by partition; `check` is its readiness. */
export function createFaults(log: Log) {
  const faults = new Map<string, Fault>();
  return {
    set(fault: Fault) {
      const known = faults.get(fault.place);
      faults.set(fault.place, fault);
      // A part that is away is told once, not at each try.
      if (known?.offset === fault.offset && known.stuck === fault.stuck) return;
      const text = fault.stuck ? 'partition stopped: a record cannot be applied' : 'waiting: a part is away';
      log[fault.stuck ? 'error' : 'warn'](fault, text);
    },
    clear(place: string) {
      if (faults.delete(place)) log.info({ place }, 'partition goes on');
    },
    reset: () => {
      faults.clear();
    },
    /** Some partition waits for a part that is away. */
    waits: () => [...faults.values()].some(({ stuck }) => !stuck),
    isStopped: (place: string) => faults.get(place)?.stuck === true,
    check() {
      if (faults.size === 0) return;
      const texts = [...faults.values()].map(
        ({ place, offset, reason, stuck }) =>
          `${place} ${stuck ? 'stopped at' : 'waits at'} offset ${offset}: ${reason}`,
      );
      throw new Error(texts.join('; '));
    },
  };
}
