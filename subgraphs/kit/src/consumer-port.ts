import type { RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';

/** What a consumer and its work tell each other while a part is worked on. */
export type Turn = {
  /** False as soon as somebody else may work on the partition, or the process stops: what is not begun is left. */
  readonly isOurs: () => boolean;
  /** A step of the part is begun or done: nobody takes the consumer to stand still. */
  readonly progress: () => void;
};

/** More partitions than a group has. */
export const allPartitions = 128;

/** Of `longestStandstillMs`: what a single piece of work may take is less. */
export const longestStandstillMs = 60_000;

export type ConsumerOptions = {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where a group that never committed starts. */
  readonly fromBeginning: boolean;
  readonly log: Log;
  /**
   * The consumer cannot go on by itself (an unknown error, no fetch has succeeded for long although a broker answers, or there is
   * work and none gets done). End the process: the supervisor starts it again and the committed offsets tell where.
   */
  readonly onCrash: (error: Error) => void;
  /** How many partitions are worked on at once. Default 1. */
  readonly concurrency?: number;
  /** Done offsets are committed at most this often, in ms; a kill repeats what was done since. Default 1 s. */
  readonly commitEveryMs?: number;
  /** So long there may be work of which none gets done, in ms. Default 1 min. */
  readonly longestStandstillMs?: number;
  /** So long a stop waits for the work that is running, in ms; what hangs is left to whoever has its partition next. Default 4 s. */
  readonly drainMs?: number;
  /** It has joined its group, at the start or after a rebalance. */
  readonly onJoin?: () => void;
} & (
  | {
      /** What came of one partition; a `BadMessage` says which one is at fault. */
      readonly eachBatch: (messages: readonly RawMessage[], turn: Turn) => Promise<void>;
      /** Cuts what came into the parts that are worked on one after the other. Default: everything at once. */
      readonly cut?: (messages: readonly RawMessage[]) => readonly (readonly RawMessage[])[];
    }
  | { readonly eachMessage: (message: RawMessage) => Promise<void> }
);

export type KafkaConsumer = {
  /** Resolves when it has joined its group for the first time, which it tries for as long as it takes. */
  start(): Promise<void>;
  /** Lets running work end, but waits for none that hangs; commits what is done, leaves the group. */
  stop(): Promise<void>;
  /** Throws, naming topic, partition and offset, when the consumer does not get on. */
  ready(): void;
  /**
   * How far it is behind, in ms: whatever reached its partitions longer ago is done (or put aside). Some hundred ms when there is
   * nothing to do; Infinity while nobody knows, which is before the first full look after each join.
   */
  lagMs(): number;
};
