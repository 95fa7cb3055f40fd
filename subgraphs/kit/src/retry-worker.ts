import { withTransaction, type Pool, type Sql } from './database.ts';
import type { EffectOfMany, Transact } from './event-handler.ts';
import { createRun, type Outcome, type Read } from './handle-alone.ts';
import { messageOf } from './held-event.ts';
import { firstTime } from './inbox.ts';
import type { Log } from './log.ts';
import { uuidv7 } from './outbox.ts';
import { claimKey, letGo, settle, type Claimed } from './parked-keys.ts';
import { retryDelayMs, type RetryPlan } from './retry-delay.ts';

export type RetryWorker = {
  start(): void;
  /** Lets what is running end. */
  stop(): Promise<void>;
  /** Something was put aside: looks as soon as it is due. */
  wake(): void;
  /** False only while nothing of the group waits, as far as this process knows. */
  mayWait(): boolean;
};

/** How often it looks when nothing calls it, in ms: for what other processes and operators put there. */
const lookEveryMs = 1_000;
/** Keys worked on at once. */
const atOnce = 4;
/** Longer than a handler may take. */
const leaseMs = 60_000;

/**
 * Tries parked events again when they are due: per key in order, several keys at once. Any number of workers of a group may run; a
 * key is leased by one of them. Effect, inbox row and the end of the waiting are one transaction, which the lease guards.
 */
export function createRetryWorker(options: {
  pool: Pool;
  group: string;
  alongside: EffectOfMany;
  read: Read;
  tellTo: string | undefined;
  plan: RetryPlan;
  log: Log;
}): RetryWorker {
  const { pool, group, read, log, plan, tellTo } = options;
  const run = createRun(options);
  /** Each leases for itself. */
  const lanes = Array.from({ length: atOnce }, () => uuidv7());
  let stopping = false;
  const goesOn = () => !stopping;
  let waiting = true;
  let woken = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

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
      withTransaction(pool, async sql => {
        if (await firstTime(sql, group, id)) await work(sql);
        await done(sql);
      });
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

  /** Works on keys that are due, each for as long as something of it is, until there is none. */
  async function work(me: string, first: Claimed | undefined): Promise<void> {
    const claim = (key?: string) => claimKey(pool, { group, me, leaseMs, ...(key !== undefined && { key }) });
    try {
      for (let one = first ?? (await claim()); one !== undefined && goesOn(); one = await claim())
        for (let next: Claimed | undefined = one; next !== undefined && goesOn();)
          next = (await tryFirst(me, next)) ? await claim(one.key) : undefined;
    } finally {
      await letGo(pool, { group, me }).catch(() => undefined);
    }
  }

  async function look(): Promise<void> {
    const before = woken;
    const [me = ''] = lanes;
    const first = await claimKey(pool, { group, me, leaseMs });
    if (first !== undefined) {
      const ends = await Promise.allSettled(lanes.map((lane, n) => work(lane, n === 0 ? first : undefined)));
      const failed = ends.find(end => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
    const { rows } = await pool.query<{ waits: boolean; due_ms: number | null }>(
      `select exists (select from parked_keys where consumer_group = $1) as waits,
         (select (extract(epoch from min(due_at) - now()) * 1000)::float8 from parked_keys
          where consumer_group = $1 and (leased_until is null or leased_until < now())) as due_ms`,
      [group],
    );
    // What came aside meanwhile is not seen by the statement for sure.
    if (woken === before) waiting = rows[0]?.waits ?? false;
    lookIn(Math.min(lookEveryMs, Math.max(5, rows[0]?.due_ms ?? lookEveryMs)));
  }

  function lookIn(inMs: number): void {
    if (stopping) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      looking ??= look()
        .catch((error: unknown) => {
          log.debug({ err: error, group }, 'parked events not looked at');
          lookIn(lookEveryMs);
        })
        .finally(() => (looking = undefined));
    }, inMs);
  }

  return {
    start: () => lookIn(0),
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await looking;
    },
    wake() {
      waiting = true;
      woken += 1;
      if (looking === undefined) lookIn(5);
    },
    mayWait: () => waiting,
  };
}
