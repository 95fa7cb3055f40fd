import { traced } from './consumer.ts';
import { isAway, isTransient, withTransaction, type Pool, type Sql } from './database.ts';
import type { EffectOfMany, EventAtHand, EventDelivery } from './event-handler.ts';
import { admit } from './inbox.ts';
import { placeOf } from './kafka-delivery.ts';

/** So long one of several may wait for a lock, in ms: less than it takes the server to look for a deadlock. */
const lockTimeoutMs = 300;

/** So many are waited for in vain, or fail for another passing reason, before the rest is left to be tried one by one. */
const mostPassing = 3;

type Own = { readonly pool: Pool; readonly group: string };

/** What became of events that shared a transaction; all others are done. */
export type Shared = {
  /** Ids of events that must wait behind another of their key. */
  readonly waiting: ReadonlySet<string>;
  /** Those that can never be handled, and why; what comes behind them of their key and partition is not done either. */
  readonly failed: ReadonlyMap<EventDelivery, unknown>;
  /** To be tried one by one, in their order: the reason may pass, or be another's. */
  readonly undone: ReadonlySet<EventDelivery>;
};

/**
 * Handles events in one transaction, each key's of a partition in their order. When one fails it is found and left out; the others are
 * done all the same. Rejects when nothing is done.
 */
export function createShare(own: Own): (events: readonly EventAtHand[]) => Promise<Shared> {
  /** Among the last events were such as their handler refuses. */
  let suspicious = false;
  return async events => {
    try {
      if (!suspicious) return await shareTransaction(own, events);
    } catch (error) {
      if (isAway(error)) throw error;
      if (events.length === 1 && isTransient(error))
        return { waiting: new Set(), failed: new Map(), undone: new Set(events.map(({ delivery }) => delivery)) };
    }
    const sorted = await sortOut(own, events);
    suspicious = sorted.failed.size > 0;
    return sorted;
  };
}

/** When one fails nothing is done. */
function shareTransaction(own: Own, events: readonly EventAtHand[]): Promise<Shared> {
  return withTransaction(
    own.pool,
    async sql => {
      const { waiting, first } = await begin(own, events, sql);
      for (const stage of stagesOf(first)) await runStage(stage, sql);
      return { waiting, failed: new Map(), undone: new Set() };
    },
    { lockTimeoutMs },
  );
}

/** Each can be undone by itself, for the price of more statements. */
function sortOut(own: Own, events: readonly EventAtHand[]): Promise<Shared> {
  return withTransaction(
    own.pool,
    async sql => {
      const { waiting, first } = await begin(own, events, sql);
      const failed = new Map<EventDelivery, unknown>();
      const [undone, done] = [new Set<EventDelivery>(), new Set<EventAtHand>()];
      const [broken, held] = [new Set<string>(), new Set<string>()];
      let passing = 0;
      if (first.length > 0) await sql('savepoint one');
      for (const event of byKey(first)) {
        const { delivery } = event;
        // Another partition's events of the key have no order with these.
        const lane = `${placeOf(delivery)} ${delivery.key ?? ''}`;
        if (broken.has(lane)) continue;
        if (passing >= mostPassing || held.has(lane)) {
          undone.add(delivery);
          held.add(lane);
          continue;
        }
        try {
          await runOne(event, sql);
          done.add(event);
          await sql('release savepoint one; savepoint one');
        } catch (error) {
          if (isAway(error)) throw error;
          await sql('rollback to savepoint one');
          if (isTransient(error)) {
            passing += 1;
            held.add(lane);
            undone.add(delivery);
          } else {
            broken.add(lane);
            failed.set(delivery, error);
          }
        }
      }
      const forgotten = first.filter(event => !done.has(event)).map(({ delivery }) => delivery.id);
      if (forgotten.length > 0)
        await sql('delete from inbox where consumer_group = $1 and event_id = any($2::uuid[])', [own.group, forgotten]);
      return { waiting, failed, undone };
    },
    { lockTimeoutMs },
  );
}

async function begin({ group }: Own, events: readonly EventAtHand[], sql: Sql) {
  const { fresh, waiting } = await admit(
    sql,
    group,
    events.map(({ delivery }) => ({ id: delivery.id, key: delivery.key ?? '' })),
  );
  const seen = new Set<string>();
  const first = events.filter(({ delivery: { id } }) => fresh.has(id) && !seen.has(id) && seen.add(id));
  return { waiting, first };
}

/** So that two transactions that share keys take the locks of their rows in the same order. */
const byKey = (events: readonly EventAtHand[]): EventAtHand[] =>
  events.toSorted(
    (a, b) => ((a.delivery.key ?? '') < (b.delivery.key ?? '') ? -1 : 1) * Number(a.delivery.key !== b.delivery.key),
  );

const runOne = ({ delivery, handler }: EventAtHand, sql: Sql): Promise<void> =>
  traced<EventDelivery['event']>(async given => {
    await handler.effect?.(given, sql);
  })(delivery);

type Stage = { single: EventAtHand[]; together: Map<EffectOfMany, EventDelivery[]>; keys: Set<string | null> };

/**
 * Stages one after the other; in each first its single events, then those that go together. An event on which many go together may
 * thus come later than it stood, so the next single one of its key begins a new stage.
 */
function stagesOf(events: readonly EventAtHand[]): Stage[] {
  const stages: Stage[] = [];
  for (const event of events) {
    const { key } = event.delivery;
    const { together } = event.handler;
    let stage = stages.at(-1);
    const overtakes =
      together === undefined
        ? stage?.keys.has(key)
        : [...(stage?.together.keys() ?? [])].some(other => other !== together) && stage?.keys.has(key);
    if (stage === undefined || overtakes === true) {
      stage = { single: [], together: new Map(), keys: new Set() };
      stages.push(stage);
    }
    if (together === undefined) {
      stage.single.push(event);
      continue;
    }
    stage.keys.add(key);
    const same = stage.together.get(together);
    if (same === undefined) stage.together.set(together, [event.delivery]);
    else same.push(event.delivery);
  }
  return stages;
}

async function runStage({ single, together }: Stage, sql: Sql): Promise<void> {
  for (const event of byKey(single)) await runOne(event, sql);
  for (const [effect, deliveries] of together) await effect(deliveries, sql);
}
