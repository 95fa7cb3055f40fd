import { traced } from './consumer.ts';
import { isTransient, withTransaction, type Pool, type Sql } from './database.ts';
import type { EffectOfMany, EventDelivery, EventHandler } from './event-handler.ts';
import { admit } from './inbox.ts';

type Event = { readonly delivery: EventDelivery; readonly handler: EventHandler };

/** So long one of several may wait for a lock, in ms: less than it takes the server to look for a deadlock. */
const lockTimeoutMs = 300;

type Own = { readonly pool: Pool; readonly group: string; readonly alongside: EffectOfMany };

export type Shared = {
  /** Ids of events that must wait behind another of their key. */
  readonly waiting: ReadonlySet<string>;
  /** Those that can never be handled, and why. */
  readonly failed: ReadonlyMap<EventDelivery, unknown>;
};

/**
 * Handles events in one transaction, each key's in their order, but those that must wait behind another of their key. When one
 * fails nothing is done.
 */
export function shareTransaction(own: Own, events: readonly Event[]): Promise<Shared> {
  return withTransaction(own.pool, async sql => {
    const { waiting, first } = await begin(own, events, sql);
    for (const stage of stagesOf(first)) await runStage(stage, sql);
    await along(own, first, sql);
    return { waiting, failed: new Map() };
  });
}

/**
 * The same where some are expected to fail for good: each can be undone by itself. Those, and what comes behind them of their key, are
 * not done.
 */
export function sortOut(own: Own, events: readonly Event[]): Promise<Shared> {
  return withTransaction(own.pool, async sql => {
    const { waiting, first } = await begin(own, events, sql);
    const failed = new Map<EventDelivery, unknown>();
    const [keys, done]: [Set<string | null>, Event[]] = [new Set(), []];
    if (first.length > 0) await sql('savepoint one');
    for (const event of first) {
      if (keys.has(event.delivery.key)) continue;
      try {
        await runOne(event, sql);
        done.push(event);
        await sql('release savepoint one; savepoint one');
      } catch (error) {
        if (isTransient(error)) throw error;
        await sql('rollback to savepoint one');
        keys.add(event.delivery.key);
        failed.set(event.delivery, error);
      }
    }
    const undone = first.filter(event => !done.includes(event)).map(({ delivery }) => delivery.id);
    if (undone.length > 0)
      await sql('delete from inbox where consumer_group = $1 and event_id = any($2::uuid[])', [own.group, undone]);
    await along(own, done, sql);
    return { waiting, failed };
  });
}

async function begin({ group }: Own, events: readonly Event[], sql: Sql) {
  if (events.length > 1) await sql(`set local lock_timeout = ${lockTimeoutMs}`);
  const { fresh, waiting } = await admit(
    sql,
    group,
    events.map(({ delivery }) => ({ id: delivery.id, key: delivery.key ?? '' })),
  );
  const seen = new Set<string>();
  const first = events.filter(({ delivery: { id } }) => fresh.has(id) && !seen.has(id) && seen.add(id));
  return { waiting, first };
}

async function along({ alongside }: Own, events: readonly Event[], sql: Sql): Promise<void> {
  const deliveries = events.map(({ delivery }) => delivery);
  if (deliveries.length > 0) await alongside(deliveries, sql);
}

const runOne = ({ delivery, handler }: Event, sql: Sql): Promise<void> =>
  traced<EventDelivery['event']>(async given => {
    await handler.effect?.(given, sql);
  })(delivery);

type Stage = { single: Event[]; together: Map<EffectOfMany, EventDelivery[]>; keys: Set<string | null> };

/**
 * Stages one after the other; in each first its single events, then those that go together. An event on which many go together may
 * thus come later than it stood, so the next single one of its key begins a new stage.
 */
function stagesOf(events: readonly Event[]): Stage[] {
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
    if (together === undefined) stage.single.push(event);
    else {
      stage.keys.add(key);
      stage.together.set(together, [...(stage.together.get(together) ?? []), event.delivery]);
    }
  }
  return stages;
}

async function runStage({ single, together }: Stage, sql: Sql): Promise<void> {
  // By key, so that two transactions that share keys take the locks of their rows in the same order.
  const ordered = single.toSorted(
    (a, b) => ((a.delivery.key ?? '') < (b.delivery.key ?? '') ? -1 : 1) * Number(a.delivery.key !== b.delivery.key),
  );
  for (const event of ordered) await runOne(event, sql);
  for (const [effect, deliveries] of together) await effect(deliveries, sql);
}
