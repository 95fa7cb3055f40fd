import { isTransient, withTransaction, type Pool } from './database.ts';
import type { Turn } from './consumer-port.ts';
import type { EffectOfMany, EventDelivery, EventHandler, Transact } from './event-handler.ts';
import { faultReason, isAway } from './fault-reason.ts';
import { createRun, KeyWaits, type Read } from './handle-alone.ts';
import { heldEvent } from './held-event.ts';
import { admit } from './inbox.ts';
import type { RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';
import { retryDelayMs, type RetryPlan } from './retry-delay.ts';
import { setAside, type Aside } from './set-aside.ts';
import { shareTransaction, sortOut } from './share-transaction.ts';
import { createTroubles } from './troubles.ts';

type Event = { readonly delivery: EventDelivery; readonly handler: EventHandler };
/** `event` is undefined for what is none of the group's business, `error` set when nobody can read it. */
type Item = { readonly message: RawMessage; readonly event?: Event | undefined; readonly error?: unknown };

export type HandleOptions = {
  readonly pool: Pool;
  readonly group: string;
  readonly alongside: EffectOfMany;
  readonly log: Log;
  readonly read: Read;
  /** Topic that is told of dead letters. */
  readonly tellTo: string | undefined;
  readonly plan: RetryPlan;
  /** Whether anything of the group may wait; a wrong no is found out in the transaction. */
  readonly mayWait: () => boolean;
  /** Something was put aside. */
  readonly onAside: () => void;
};

/** So many events share a transaction at most; fewer of those that are handled one after the other, since all their locks add up. */
const most = { together: 200, single: 20 };

/**
 * Handles records of one partition, in order per key. What cannot be handled is put aside at the end, all of it at once, with what
 * came behind it; nothing else waits for it. Rejects, as a passing fault, when the service's database is away: the whole may
 * then be repeated.
 */
export function createHandleEvents(
  options: HandleOptions,
): (messages: readonly RawMessage[], turn: Turn) => Promise<void> {
  const { pool, group, alongside, log, read, tellTo, plan, mayWait, onAside } = options;
  const delayMs = retryDelayMs(plan, 0);
  const run = createRun(options);
  const troubles = createTroubles();
  /** Among the last events were such as their handler refuses. */
  let suspicious = false;

  function itemOf(message: RawMessage): Item {
    try {
      return { message, event: read(message) };
    } catch (error) {
      return { message, error: error ?? new Error('not to be read') };
    }
  }

  const transact: Transact = (delivery, work) =>
    withTransaction(pool, async sql => {
      const { fresh, waiting } = await admit(sql, group, [{ id: delivery.id, key: delivery.key ?? '' }]);
      if (waiting.size > 0) throw new KeyWaits();
      if (fresh.size > 0) await work(sql);
    });

  const waits = async (key: string | null): Promise<boolean> => {
    if (!mayWait()) return false;
    const { rowCount } = await pool.query('select from parked_keys where consumer_group = $1 and key = $2', [
      group,
      key,
    ]);
    return rowCount !== 0;
  };

  async function alone(message: RawMessage, event: Event): Promise<Aside | undefined> {
    const held = heldEvent(message);
    // What it calls outside must not be called before what it waits for; within a transaction the same is found without a question.
    if (event.handler.effect === undefined && (await waits(event.delivery.key)))
      return { ...held, kind: 'behind', attempts: 0 };
    const trouble = troubles.of(event.handler);
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
        troubles.met(event.handler, outcome.error, performance.now() - began);
        return { ...held, ...outcome, kind: 'again', delayMs };
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

    async function together(batch: readonly Item[]): Promise<boolean> {
      const events = batch.flatMap(({ event }) => event ?? []);
      if (events.some(({ handler }) => handler.effect === undefined)) return false;
      const own = { pool, group, alongside };
      let result: Awaited<ReturnType<typeof sortOut>>;
      try {
        result = await (suspicious ? sortOut(own, events) : shareTransaction(own, events));
        suspicious = result.failed.size > 0;
      } catch (error) {
        if (isTransient(error) && isAway(error)) throw error;
        if (isTransient(error) || suspicious) return false;
        suspicious = true;
        return await together(batch);
      }
      const { waiting, failed } = result;
      const bad = new Set<string | null>();
      for (const { message, event } of batch) {
        if (event === undefined) continue;
        const error = failed.get(event.delivery);
        if (error !== undefined) put(message, { ...heldEvent(message), kind: 'dead', attempts: 1, error });
        else if (bad.has(message.key) || waiting.has(event.delivery.id)) behind(message);
        if (error !== undefined) bad.add(message.key);
      }
      return true;
    }

    for (const batch of batchesOf(messages.map(itemOf))) {
      // Nothing is written of what was put aside until now: it comes again, with whatever was behind it.
      if (!isOurs()) throw new Error('no longer ours');
      progress();
      const going = batch.filter(item => {
        const { message, event, error } = item;
        if (error !== undefined) put(message, { ...heldEvent(message), kind: 'dead', attempts: 0, error });
        else if (event !== undefined && held.has(message.key)) behind(message);
        else return event !== undefined;
        return false;
      });
      if (going.length === 0 || (await together(going))) continue;
      const failed = new Set<string | null>();
      for (const { message, event } of going) {
        const event_ = event && !failed.has(message.key) ? await alone(message, event) : undefined;
        if (failed.has(message.key)) behind(message);
        else if (event_ !== undefined) put(message, event_);
        if (aside.has(message)) failed.add(message.key);
      }
    }
    await keep(messages.flatMap(message => aside.get(message) ?? []));
  };

  async function keep(events: readonly Aside[]): Promise<void> {
    if (events.length === 0) return;
    const dead = await withTransaction(pool, sql => setAside(sql, { group, tellTo }, events));
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

/** Parts that may share a transaction; whoever calls the outside is alone. */
function batchesOf(items: readonly Item[]): Item[][] {
  const batches: { items: Item[]; single: number; closed: boolean }[] = [];
  for (const item of items) {
    const handler = item.event?.handler;
    const alone = handler !== undefined && handler.effect === undefined;
    const single = handler !== undefined && handler.together === undefined ? 1 : 0;
    const last = batches.at(-1);
    const fits =
      last !== undefined &&
      !last.closed &&
      !alone &&
      last.items.length < most.together &&
      last.single + single <= most.single;
    if (fits) {
      last.items.push(item);
      last.single += single;
    } else batches.push({ items: [item], single, closed: alone });
  }
  return batches.map(batch => batch.items);
}
