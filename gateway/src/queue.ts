import type { LogRecord } from './log-record.ts';
import type { Position } from './log-reader.ts';

/** A record on its way to a reader; `after` is the position right behind it. */
export type Queued = { readonly record: LogRecord; readonly after: Position };

export type QueueLimits = { readonly maxRecords: number; readonly maxBytes: number };

/**
 * What waits for one reader. With `thingOf` only the newest record of each thing waits, in the place of the newest, so that
 * whoever has the head has everything that came before it, told or overtaken. Over its limits it is lost as a whole: `onOverflow`
 * is called once, and nothing comes out any more.
 */
export function createQueue(options: {
  limits: QueueLimits;
  thingOf: ((record: LogRecord) => string) | undefined;
  onOverflow: () => void;
}) {
  const { limits, thingOf, onOverflow } = options;
  const waiting = new Map<string | number, Queued>();
  let bytes = 0;
  let count = 0;
  let closed = false;
  let wake: (() => void) | undefined;

  function close(): void {
    closed = true;
    waiting.clear();
    wake?.();
  }

  return {
    push(record: LogRecord, after: Position): void {
      if (closed) return;
      const place = thingOf === undefined ? (count += 1) : thingOf(record);
      const overtaken = waiting.get(place);
      if (overtaken !== undefined) {
        // Republished: what waits is newer.
        if (overtaken.record.seq > record.seq) return;
        waiting.delete(place);
        bytes -= overtaken.record.bytes;
      }
      waiting.set(place, { record, after });
      bytes += record.bytes;
      if (waiting.size > limits.maxRecords || bytes > limits.maxBytes) {
        close();
        onOverflow();
      }
      wake?.();
    },
    /** The next record, as soon as there is one; undefined when the queue is closed. For one reader at a time. */
    async take(): Promise<Queued | undefined> {
      while (!closed) {
        for (const [place, head] of waiting) {
          waiting.delete(place);
          bytes -= head.record.bytes;
          return head;
        }
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
      return undefined;
    },
    close,
  };
}

export type Queue = ReturnType<typeof createQueue>;
