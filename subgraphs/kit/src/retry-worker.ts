import { isTransient, sqlOfPool, withTransaction, type Pool, type Sql } from './database.ts';
import type { Transact } from './event-handler.ts';
import { faultReason } from './fault-reason.ts';
import { createRun, type Outcome, type Read } from './handle-alone.ts';
import { lockTimeoutMs } from './handle-once.ts';
import { messageOf } from './held-event.ts';
import { firstTime } from './inbox.ts';
import { createLanes } from './lanes.ts';
import type { Log } from './log.ts';
import { uuidv7 } from './outbox.ts';
import { claimKey, letGo, putOff, settle, type Claimed } from './parked-keys.ts';
import { retryDelayMs, type RetryPlan } from './retry-delay.ts';

export type RetryWorker = {
  start(): void;
  /** Lets what is running end, but waits for none that hangs: its key may be another's at once. */
  stop(): Promise<void>;
  /** Something was put aside: looks as soon as it is due. */
  wake(): void;
  /** False only while nothing of the group waits, as far as this process knows. */
  mayWait(): boolean;
  /** Throws, naming the key, while something keeps events from being tried at all. */
  ready(): void;
};

/** How often it looks when nothing calls it, in ms: for what other processes and operators put there. */
const lookEveryMs = 1_000;
/** Keys worked on at once, each with a connection of the pool. */
const atOnce = 2;
/** So long a stop waits for what is running, in ms. */
const drainMs = 2_000;

/**
 * Tries parked events again when they are due: per key in order, several keys at once. Any number of workers of a group may run; a
 * key is leased by one of them. Effect, inbox row and the end of the waiting are one transaction, which the lease guards.
 */
export function createRetryWorker(options: {
  pool: Pool;
  group: string;
  read: Read;
  tellTo: string | undefined;
  plan: RetryPlan;
  log: Log;
  standstillMs: number;
}): RetryWorker {
  const { pool, group, read, log, plan, tellTo } = options;
  const run = createRun(options);
  /** Longer than a handler may take. */
  const leaseMs = options.standstillMs;
  /** Each leases for itself. */
  const workers = Array.from({ length: atOnce }, () => uuidv7());
  const faults = new Map<string, { reason: string; at: number }>();
  let waiting = true;
  let woken = 0;

  /** Works on the first event of a key; false when the key is no longer ours, or nothing of it is due. */
  async function tryFirst(me: string, claimed: Claimed): Promise<boolean> {
    const { key } = claimed;
    const row = claimed.first;
    if (row === undefined)
      return (await withTransaction(pool, sql => settle(sql, { group, key, me }, undefined))).isDue;
    const message = messageOf(row);
    let settled: { isDue: boolean } | undefined;
    const done = async (sql: Sql) => {
      settled = await settle(sql, { group, key, me }, { kind: 'done', row });
    };
    const transact: Transact = ({ id }, work) =>
      withTransaction(
        pool,
        async sql => {
          if (await firstTime(sql, group, id)) await work(sql);
          await done(sql);
        },
        { lockTimeoutMs },
      );
    const outcome = await attempt();
    if (settled === undefined || outcome.kind !== 'done') {
      const { result, text } = ending(outcome);
      settled = await withTransaction(pool, sql => settle(sql, { group, key, me, tellTo }, { ...result, row }));
      const place = { group, handler: row.handler, eventId: row.event_id, topic: row.topic, offset: row.record_offset };
      if (text !== undefined)
        log[result.kind === 'dead' ? 'error' : 'warn']({ ...place, attempts: row.attempts }, text);
    }
    return settled.isDue;

    async function attempt(): Promise<Outcome> {
      let event;
      try {
        event = read(message);
      } catch (error) {
        return { kind: 'broken', error, attempts: 1 };
      }
      // A type that nobody handles any more.
      return event === undefined ? { kind: 'done' } : await run(event, { transact, attempts: 1 });
    }

    function ending(end: Outcome) {
      if (end.kind === 'done' || end.kind === 'waits') return { result: { kind: 'done' as const } };
      const attempts = (row?.attempts ?? 0) + 1;
      if (end.kind === 'broken' || attempts >= plan.tries)
        return { result: { kind: 'dead' as const, error: end.error, attempts }, text: 'dead letter' };
      return {
        result: { kind: 'again' as const, error: end.error, attempts, delayMs: retryDelayMs(plan, attempts) },
        text: 'parked again',
      };
    }
  }

  /** Works on a key for as long as something of it is due. */
  async function workOn(me: string, claimed: Claimed): Promise<void> {
    const { key } = claimed;
    let held: Claimed | undefined = claimed;
    try {
      while (held !== undefined && lanes.goOn()) {
        const isDue = await tryFirst(me, held);
        faults.delete(key);
        held = isDue ? await claimKey(pool, { group, me, leaseMs, key }) : undefined;
      }
    } catch (error) {
      // The database is away, or the lease is over: whoever has the key next goes on.
      if (isTransient(error) || held?.first === undefined) throw error;
      await meet(me, key, held.first.position, error);
    } finally {
      await letGo(pool, group, [me]).catch(() => undefined);
    }
  }

  /** A fault that was not met again: an operator took the event away. */
  function forgetStale(): void {
    for (const [key, { at }] of faults)
      if (performance.now() - at >= 3 * plan.longestMs + lookEveryMs) faults.delete(key);
  }

  /** What happened can be written nowhere: the fault is ours, and comes again with each try. */
  async function meet(me: string, key: string, position: string, error: unknown): Promise<void> {
    const reason = faultReason(error);
    forgetStale();
    if (faults.get(key)?.reason !== reason) log.error({ err: error, group, key }, 'a parked event cannot be tried');
    faults.set(key, { reason, at: performance.now() });
    await putOff(pool, { group, key, me }, position, plan.longestMs);
  }

  /** Gives a key that is due; undefined when it is time to look again, after so long. */
  async function look(me: string): Promise<Claimed | number> {
    const before = woken;
    const claimed = await claimKey(pool, { group, me, leaseMs });
    if (claimed !== undefined) return claimed;
    const [state] = await sqlOfPool(pool)<{ waits: boolean; due_ms: number | null }>(
      `select exists (select from parked_keys where consumer_group = $1) as waits,
         (select (extract(epoch from min(due_at) - now()) * 1000)::float8 from parked_keys
          where consumer_group = $1 and (leased_until is null or leased_until < now())) as due_ms`,
      [group],
    );
    // What came aside meanwhile is not seen by the statement for sure.
    if (woken !== before) return 0;
    waiting = state?.waits ?? false;
    return Math.min(lookEveryMs, Math.max(5, state?.due_ms ?? lookEveryMs));
  }

  let failing = false;
  const lanes = createLanes<Claimed>({
    workers,
    look: async me => {
      const found = await look(me);
      failing = false;
      return found;
    },
    work: workOn,
    onFault: error => {
      if (!failing && lanes.goOn())
        log[isTransient(error) ? 'warn' : 'error']({ err: error, group }, 'parked events not tried now');
      failing = true;
      return lookEveryMs;
    },
  });

  return {
    start: () => {
      lanes.start();
    },
    async stop() {
      await lanes.stop(drainMs);
      await letGo(pool, group, workers).catch(() => undefined);
    },
    wake() {
      waiting = true;
      woken += 1;
      lanes.wake();
    },
    mayWait: () => waiting,
    ready() {
      forgetStale();
      const [fault] = faults;
      if (fault !== undefined) throw new Error(`a parked event of ${fault[0]} cannot be tried: ${fault[1].reason}`);
    },
  };
}
