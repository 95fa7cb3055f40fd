import { createKafkaReader, followTopics, type LogBounds } from '@waygraph/kit/kafka-reader';
import type { Log } from '@waygraph/kit/log';
import { logRecord, type LogRecord } from './log-record.ts';
import { createSeen } from './seen.ts';

/** The offsets of the next records, by partition. */
export type Position = readonly number[];

/** What subscriptions read of the log beside what is delivered to them. */
export type EventLog = {
  /** What the live reader delivers next; undefined until it reads. */
  position(topic: string): Position | undefined;
  bounds(topic: string): Promise<LogBounds>;
  offsetsAt(topic: string, ms: number): Promise<number[]>;
  /** From `from` up to, without, `to`; in order per partition. */
  read(topic: string, range: { from: Position; to: Position }, signal?: AbortSignal): AsyncIterable<LogRecord[]>;
  /** Whether this event came by before, at a lower offset. */
  isRepeat(record: LogRecord): boolean;
  /** Whether this event came by before that position of its topic. */
  liesBefore(eventId: string, position: Position): boolean;
};

/** One reader per process over all topics that feeds read. Each event is delivered once, synchronously and in order per key. */
export function startLogReader(options: {
  brokers: readonly string[];
  topics: readonly string[];
  log: Log;
  /** `after`: what the live reader delivers next. */
  onRecord: (record: LogRecord, after: Position) => void;
  /** Records of the topic are missing. */
  onCut: (topic: string) => void;
}): EventLog & { ready(): void; stop(): Promise<void> } {
  const { brokers, topics, log, onRecord, onCut } = options;
  const seen = createSeen();
  const history = createKafkaReader({ brokers, name: 'gateway-history', log });
  const tail = followTopics({
    ...{ brokers, name: 'gateway', topics, log },
    onRecord: message => {
      const record = logRecord(message);
      if (!seen.add(record)) return;
      try {
        onRecord(record, tail.position(record.topic) ?? []);
      } catch (error) {
        log.error({ err: error, topic: record.topic, eventId: record.id }, 'an event was not handed on');
      }
    },
    onCut: topic => {
      seen.clear();
      onCut(topic);
    },
  });
  return {
    position: topic => tail.position(topic),
    bounds: topic => history.bounds(topic),
    offsetsAt: (topic, ms) => history.offsetsAt(topic, ms),
    async *read(topic, range, signal) {
      for await (const messages of history.read(topic, range, signal)) yield messages.map(logRecord);
    },
    isRepeat: record => seen.isRepeat(record),
    liesBefore: (id, position) => seen.liesBefore(id, position),
    ready: () => tail.ready(),
    stop: async () => {
      await Promise.all([tail.stop(), history.stop()]);
    },
  };
}
