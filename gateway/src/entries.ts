import type { Viewer } from '@waygraph/kit/auth';
import { frameCursor, type Cursor, type FramePosition } from '@waygraph/kit/cursor';
import { WaygraphError } from '@waygraph/kit/errors';
import { catchUp, liveFrom, type LiveEnd } from './catch-up.ts';
import type { Feed } from './feeds.ts';
import { buildFrame, type Payload } from './frame.ts';
import type { EventLog } from './log-reader.ts';
import type { LogRecord } from './log-record.ts';
import { createQueue, type Queue, type Queued, type QueueLimits } from './queue.ts';
import { whereToStart } from './resume.ts';
import { maySee } from './rules.ts';
import type { Services } from './signed-data-source.ts';
import { readSnapshot, type StateRecord } from './snapshot.ts';
import { concerns, type Subscribers } from './subscribers.ts';
import { createTold, thingBy } from './told.ts';

/** Who subscribed to what. */
export type Subscription = {
  readonly feed: Feed;
  readonly args: Payload;
  /** Undefined: everything. */
  readonly values: ReadonlySet<string> | undefined;
  readonly viewer: Viewer | undefined;
  readonly after: Cursor | undefined;
};

export type EntriesDeps = {
  readonly log: EventLog;
  readonly subscribers: Subscribers;
  readonly services: Services;
  readonly cursorSecret: string;
  readonly queueLimits: QueueLimits;
};

/** A frame before it is joined. `gap`: what was missed before it cannot be told any more. */
export type Entry = { readonly frame: Payload; readonly gap: boolean };

/**
 * Everything a subscription is told, in order: the present state and then what changes it, or what came behind a cursor; each
 * event once. It ends when `signal` is aborted, or when the reader is too slow or records are missing, which `onLost` is told.
 */
export async function* entriesOf(
  { log, subscribers, services, cursorSecret, queueLimits }: EntriesDeps,
  { feed, args, values, viewer, after }: Subscription,
  signal: AbortSignal,
  onLost: (reason: string) => void,
): AsyncGenerator<Entry> {
  const { topic, allow, latest, per } = feed;
  const thingOf = thingBy(per);
  const told = createTold({ thingOf, newestOnly: latest });
  const sees = (record: { payload: () => Payload }): boolean => maySee(allow, viewer, args, record.payload());
  let leave = (): void => undefined;
  let queue: Queue | undefined;

  function joinLive(): LiveEnd {
    const position = log.position(topic);
    if (position === undefined) throw new WaygraphError('UNAVAILABLE', 'the event log is not read yet');
    const own = createQueue({
      ...{ limits: queueLimits, thingOf: latest ? thingOf : undefined },
      onOverflow: () => onLost('too slow: go on with the cursor of your last frame as after'),
    });
    queue = own;
    leave = subscribers.add(feed, values, {
      onRecord: (record, behind) => {
        if (sees(record)) own.push(record, behind);
      },
      onCut: () => {
        own.close();
        onLost('records are missing: go on with the cursor of your last frame as after');
      },
    });
    signal.addEventListener('abort', own.close);
    if (signal.aborted) own.close();
    return { position, queue: own };
  }

  const entry = (
    of: StateRecord | LogRecord,
    snapshot: boolean,
    where: Pick<FramePosition, 'offsets' | 'last' | 'unfinished'>,
    gap = false,
  ): Entry => {
    const cursor = frameCursor({ topic, told: told.inFlight(), ...where }, viewer, cursorSecret);
    const record = { eventId: of.id, type: of.type, at: of.at, cursor, snapshot };
    return { frame: buildFrame(feed.frame.types, feed.frame.root, of.payload(), record), gap };
  };

  try {
    const start = await whereToStart(after, topic, log);
    if (signal.aborted) return;
    let gap = false;
    let source: AsyncGenerator<Queued>;
    if (start.kind === 'log') {
      for (const state of start.told) told.state(state, true);
      if (start.lastId !== undefined) told.remember(start.lastId);
      const wanted = ({ record }: Queued): boolean =>
        !log.isRepeat(record) && concerns(feed, values, record) && sees(record);
      source = catchUp({ log, topic, from: start.from, joinLive, concerns: wanted, signal });
    } else {
      // First the place in the stream, then the state: whatever the state does not contain yet comes behind that place.
      const { position: offsets, queue: live } = joinLive();
      const states = (await readSnapshot(services, feed, args, viewer)).filter(sees);
      for (const state of states)
        told.state(
          { thing: thingOf(state), seq: state.seq, atMs: Date.parse(state.at) },
          !log.liesBefore(state.id, offsets),
        );
      gap = start.gap;
      for (const [index, state] of states.entries()) {
        yield entry(state, true, { offsets, unfinished: index < states.length - 1 }, gap);
        gap = false;
      }
      source = liveFrom(live, offsets);
    }
    for await (const { record, after: offsets } of source) {
      if (!told.isNew(record)) continue;
      const last = { partition: record.partition, id: record.id };
      yield entry(record, false, { offsets, last, unfinished: false }, gap);
      gap = false;
    }
  } finally {
    leave();
    queue?.close();
  }
}
