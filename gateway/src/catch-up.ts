import type { EventLog, Position } from './log-reader.ts';
import type { Queue, Queued } from './queue.ts';

/** A place in the live stream: what comes from `position` on waits in the queue. */
export type LiveEnd = { readonly position: Position; readonly queue: Queue };

const ahead = (a: Position, b: Position): number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => Math.max(a[i] ?? 0, b[i] ?? 0));

/**
 * The records of a topic from a position on: those of the log, then the live ones, each exactly once and in order per partition.
 * The live end is joined when the log is read almost to its end, so that little waits meanwhile.
 */
export async function* catchUp(options: {
  log: Pick<EventLog, 'read' | 'position'>;
  topic: string;
  from: Position;
  /** From this moment on everything waits in the queue; called once. */
  joinLive: () => LiveEnd;
  /** Records that are of no concern are passed over. */
  concerns: (queued: Queued) => boolean;
  signal: AbortSignal;
}): AsyncGenerator<Queued> {
  const { log, topic, from, joinLive, concerns, signal } = options;
  let at = [...from];

  async function* readTo(to: Position): AsyncGenerator<Queued> {
    for await (const records of log.read(topic, { from: at, to }, signal))
      for (const record of records) {
        at[record.partition] = record.offset + 1;
        const queued = { record, after: [...at] };
        if (concerns(queued)) yield queued;
      }
    // The last records may be of a kind that no reader gets.
    at = ahead(at, to);
  }

  yield* readTo(log.position(topic) ?? from);
  if (signal.aborted) return;
  const live = joinLive();
  yield* readTo(live.position);
  yield* liveFrom(live.queue, at);
}

/** What waits in a queue, without what lies before `from`: another process' reader was further on when it made the cursor. */
export async function* liveFrom(queue: Queue, from: Position): AsyncGenerator<Queued> {
  for (let head = await queue.take(); head !== undefined; head = await queue.take()) {
    const { record, after } = head;
    if (record.offset >= (from[record.partition] ?? 0)) yield { record, after: ahead(after, from) };
  }
}
