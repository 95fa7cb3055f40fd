import { isAway, isExhausted, sqlOfPool, withTransaction, type Pool } from './database.ts';
import type { Turn } from './consumer-port.ts';
import { NotYet } from './errors.ts';
import type { EventAtHand } from './event-handler.ts';
import { faultReason } from './fault-reason.ts';
import { createGathering, fits, NoLongerOurs, plus, type Bounds } from './gather-shares.ts';
import { createRun, type Read } from './handle-alone.ts';
import { handleOnce } from './handle-once.ts';
import { heldEvent } from './held-event.ts';
import type { RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';
import { retryDelayMs, type RetryPlan } from './retry-delay.ts';
import { setAside, type Aside } from './set-aside.ts';
import { createShare } from './share-transaction.ts';
import { createSlots } from './slots.ts';
import { createTroubles } from './troubles.ts';

/** `error` is set when nobody can read it. */
type Item = { readonly message: RawMessage } & (
  { readonly event: EventAtHand; readonly error?: undefined } | { readonly error: Error; readonly event?: undefined }
);

export type HandleOptions = {
  readonly pool: Pool;
  readonly group: string;
  readonly log: Log;
  readonly read: Read;
  /** Topic that is told of dead letters. */
  readonly tellTo: string | undefined;
  readonly plan: RetryPlan;
  /** Whether anything of the group may wait; a wrong no is found out in the transaction. */
  readonly mayWait: () => boolean;
  /** Something was put aside. */
  readonly onAside: () => void;
  /** Of the consumer: a single event takes less. */
  readonly standstillMs: number;
  /** What takes a connection for itself waits here for its turn. */
  readonly slot: ReturnType<typeof createSlots>;
};

const most: Bounds = { events: 200, single: 20, bytes: 2_000_000 };

/** So many keys of a partition are worked on one by one at the same time, so that other partitions get their turns. */
const lanesOfPartition = 4;

/**
 * Handles records of one partition, in order per key; those of several that come at the same time share transactions. What cannot be
 * handled is put aside at the end, all of it at once, with what came behind it; until then other keys go on, but no record is done.
 * Rejects, as a passing fault, when the service's database is away: the whole may then be repeated.
 */
export function createHandleEvents(
  options: HandleOptions,
): (messages: readonly RawMessage[], turn: Turn) => Promise<void> {
  const { pool, group, log, read, tellTo, plan, mayWait, onAside, slot } = options;
  const delayMs = retryDelayMs(plan, 0);
  const run = createRun(options);
  const sql = sqlOfPool(pool);
  const transact = handleOnce(pool, group);
  const isOwnAway = (error: unknown) => isAway(error) && !isExhausted(pool, error);
  const share = createGathering(createShare(options), most, isOwnAway);
  const troubles = createTroubles();

  /** Nothing for types that are none of the group's business. */
  function itemsOf(message: RawMessage): Item[] {
    try {
      const event = read(message);
      return event === undefined ? [] : [{ message, event }];
    } catch (error) {
      return [{ message, error: error instanceof Error ? error : new Error('not to be read') }];
    }
  }

  const waits = async (key: string | null): Promise<boolean> => {
    if (!mayWait()) return false;
    const rows = await sql('select from parked_keys where consumer_group = $1 and key = $2', [group, key]);
    return rows.length > 0;
  };

  async function alone(message: RawMessage, event: EventAtHand): Promise<Aside | undefined> {
    const held = heldEvent(message);
    const isCalling = calls({ event });
    // What it calls outside must not be called before what it waits for; within a transaction the same is found without a question.
    if (isCalling && (await waits(event.delivery.key))) return { ...held, kind: 'behind', attempts: 0 };
    // What is away outside is so for all its events; the lock that a transaction waits for is of its own rows.
    const trouble = isCalling ? troubles.of(event.handler) : undefined;
    const began = performance.now();
    if (trouble?.isSlow === true) return { ...held, kind: 'again', attempts: 0, error: trouble.error, delayMs };
    const outcome = await run(event, { transact, attempts: trouble === undefined ? 3 : 1 });
    switch (outcome.kind) {
      case 'done':
        troubles.over(event.handler);
        return undefined;
      case 'waits':
        return { ...held, kind: 'behind', attempts: 0 };
      case 'passing':
        if (isCalling && !(outcome.error instanceof NotYet))
          troubles.met(event.handler, outcome.error, performance.now() - began);
        // The worker counts its own tries.
        return { ...held, kind: 'again', error: outcome.error, attempts: 0, delayMs };
      case 'broken':
        return { ...held, ...outcome, kind: 'dead' };
    }
  }

  return async (messages, { isOurs, progress }) => {
    const aside = new Map<RawMessage, Aside>();
    const held = new Set<string | null>();
    const put = (message: RawMessage, event: Aside) => {
      aside.set(message, event);
      held.add(message.key);
    };
    const behind = (message: RawMessage) => put(message, { ...heldEvent(message), kind: 'behind', attempts: 0 });
    // Nothing is written of what was put aside until then: it comes again, with whatever was behind it.
    const mustBeOurs = () => {
      if (!isOurs()) throw new NoLongerOurs();
    };

    /** Gives those that are to be tried one by one. */
    async function together(batch: readonly Item[]): Promise<readonly Item[]> {
      const events = batch.flatMap(({ event }) => event ?? []);
      let shared: Awaited<ReturnType<typeof share>>;
      try {
        shared = await share({ events, size: sizeOf(batch), isOurs });
      } catch (error) {
        if (isOwnAway(error) || error instanceof NoLongerOurs) throw error;
        return batch;
      }
      const { waiting, failed, undone } = shared;
      const bad = new Set<string | null>();
      return batch.filter(({ message, event }) => {
        if (event === undefined) return false;
        const error = failed.get(event.delivery);
        if (error !== undefined) {
          put(message, { ...heldEvent(message), kind: 'dead', attempts: 1, error });
          bad.add(message.key);
        } else if (bad.has(message.key) || waiting.has(event.delivery.id)) behind(message);
        else return undone.has(event.delivery);
        return false;
      });
    }

    async function oneByOne(items: readonly Item[]): Promise<void> {
      const lane = createSlots(lanesOfPartition);
      const end = new AbortController();
      const keys = [...Map.groupBy(items, ({ message }) => message.key).values()];
      const inOrder = async (own: readonly Item[]) => {
        let failed = false;
        for (const { message, event } of own) {
          if (event === undefined) continue;
          const result = failed ? undefined : await slot(() => tryOne(message, event));
          if (failed) behind(message);
          else if (result !== undefined) put(message, result);
          failed = aside.has(message);
        }
      };
      const tryOne = (message: RawMessage, event: EventAtHand) => {
        end.signal.throwIfAborted();
        mustBeOurs();
        progress();
        return alone(message, event);
      };
      // All have ended when this does, since the whole may then be repeated.
      const ends = await Promise.allSettled(
        keys.map(own =>
          lane(() => inOrder(own)).catch((error: unknown) => {
            end.abort(error);
            throw error;
          }),
        ),
      );
      if (ends.some(({ status }) => status === 'rejected')) throw end.signal.reason;
    }

    for (const batch of batchesOf(messages.flatMap(itemsOf))) {
      mustBeOurs();
      progress();
      const going = batch.filter(({ message, event, error }) => {
        if (event === undefined) put(message, { ...heldEvent(message), kind: 'dead', attempts: 0, error });
        else if (held.has(message.key)) behind(message);
        else return true;
        return false;
      });
      if (going.length > 0) await oneByOne(going.some(calls) ? going : await together(going));
    }
    await keep(messages.flatMap(message => aside.get(message) ?? []));
  };

  async function keep(events: readonly Aside[]): Promise<void> {
    if (events.length === 0) return;
    const dead = await slot(() => withTransaction(pool, tx => setAside(tx, { group, tellTo }, events)));
    onAside();
    const [first] = events;
    const { topic, partition, offset } = first?.message ?? {};
    const failed = events.find(event => event.kind !== 'behind');
    const reason = failed === undefined ? 'behind another of its key' : faultReason(failed.error);
    log[dead.size > 0 ? 'error' : 'warn'](
      {
        ...{ group, topic, partition, offset, handler: first?.handler, dead: dead.size },
        ...{ parked: events.length - dead.size, reason },
      },
      dead.size > 0 ? 'dead letters' : 'parked',
    );
  }
}

const calls = ({ event }: { readonly event?: EventAtHand | undefined }): boolean =>
  event !== undefined && event.handler.effect === undefined;

const sizeOf = (items: readonly Item[]): Bounds => ({
  events: items.length,
  single: items.filter(({ event }) => event?.handler.effect !== undefined && event.handler.together === undefined)
    .length,
  bytes: items.reduce((sum, { message }) => sum + Buffer.byteLength(message.value ?? ''), 0),
});

/** Parts that may share a transaction, or that all call the outside; in their order. */
function batchesOf(items: readonly Item[]): Item[][] {
  const batches: { items: Item[]; calls: boolean; size: Bounds }[] = [];
  for (const item of items) {
    const own = sizeOf([item]);
    const last = batches.at(-1);
    if (last !== undefined && last.calls === calls(item) && fits(plus(last.size, own), most)) {
      last.items.push(item);
      last.size = plus(last.size, own);
    } else batches.push({ items: [item], calls: calls(item), size: own });
  }
  return batches.map(batch => batch.items);
}
