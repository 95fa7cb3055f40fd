import { sqlOfPool, withTransaction, type Pool, type Sql } from './database.ts';
import { faultReason, stackHash } from './fault-reason.ts';
import { heldColumns, messageOf, type HeldRow } from './held-event.ts';
import { bury, settleKeys } from './set-aside.ts';

/** A key that a worker may work on, with the first event that waits; without one, nothing does. */
export type Claimed = { readonly key: string; readonly first: HeldRow | undefined };

type Worker = { readonly group: string; readonly me: string };

/** Leases a key that is due to a worker: `key` and no other, when one is given. */
export async function claimKey(
  pool: Pool,
  { group, me, leaseMs, key = null }: Worker & { leaseMs: number; key?: string | null },
): Promise<Claimed | undefined> {
  const [row] = await sqlOfPool(pool)<{ claimed_key: string } & { [Name in keyof HeldRow]: HeldRow[Name] | null }>(
    `with due as (
       select key from parked_keys
       where consumer_group = $1 and due_at <= now() and ($4::text is null or key = $4)
         and (leased_until is null or leased_until < now() or leased_by = $2)
       order by due_at limit 1 for update skip locked),
     mine as (
       update parked_keys set leased_by = $2, leased_until = now() + $3 * interval '1 ms' from due
       where consumer_group = $1 and parked_keys.key = due.key returning parked_keys.key)
     select mine.key as claimed_key, first.* from mine left join lateral (
       select position, ${heldColumns}, attempts
       from parked where consumer_group = $1 and key = mine.key order by position limit 1) as first on true`,
    [group, me, leaseMs, key],
  );
  if (row === undefined) return undefined;
  const { claimed_key, ...first } = row;
  return { key: claimed_key, first: first.position === null ? undefined : (first as HeldRow) };
}

/** Gives back what workers still have. */
export async function letGo(pool: Pool, group: string, workers: readonly string[]): Promise<void> {
  await pool.query(
    'update parked_keys set leased_by = null, leased_until = null where consumer_group = $1 and leased_by = any($2::uuid[])',
    [group, workers],
  );
}

/** Has a key whose first event cannot even be set aside be tried later, so that it stands in nobody's way until then. */
export const putOff = (
  pool: Pool,
  { group, key, me }: Worker & { key: string },
  position: string,
  delayMs: number,
): Promise<void> =>
  withTransaction(pool, async sql => {
    await mustHold(sql, { group, key, me });
    await sql(`update parked set due_at = now() + $2 * interval '1 ms' where position = $1`, [position, delayMs]);
    await settleKeys(sql, group, [key]);
  });

export type Ending = { readonly row: HeldRow } & (
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly error: unknown; readonly attempts: number; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly error: unknown; readonly attempts: number }
);

/** Thrown when the worker took so long that another one may have the key: its transaction must not count. */
class LeaseLost extends Error {
  readonly retryable = true;

  constructor(key: string) {
    super(`the lease of ${key} is over`);
    this.name = 'LeaseLost';
  }
}

async function mustHold(sql: Sql, { group, key, me }: Worker & { key: string }): Promise<void> {
  const [lease] = await sql(
    'select from parked_keys where consumer_group = $1 and key = $2 and leased_by = $3 for update',
    [group, key, me],
  );
  if (lease === undefined) throw new LeaseLost(key);
}

/**
 * Ends a worker's try at the first event of a key, in the transaction of its effect. Takes the key's lock as the last thing: who
 * parks behind waits for no handler. `isDue` when the next event of the key may be tried at once.
 */
export async function settle(
  sql: Sql,
  { group, key, me, tellTo }: Worker & { key: string; tellTo?: string | undefined },
  ending: Ending | undefined,
): Promise<{ isDue: boolean }> {
  await mustHold(sql, { group, key, me });
  if (ending?.kind === 'again')
    await sql(
      `update parked set attempts = $2, due_at = now() + $3 * interval '1 ms', reason = $4, stack_hash = $5 where position = $1`,
      [ending.row.position, ending.attempts, ending.delayMs, faultReason(ending.error), stackHash(ending.error)],
    );
  const gone =
    ending === undefined || ending.kind === 'again'
      ? []
      : await sql('delete from parked where position = $1 returning position', [ending.row.position]);
  if (ending?.kind === 'dead' && gone.length > 0)
    await bury(sql, { group, tellTo }, [
      {
        ...{ kind: 'dead', error: ending.error, attempts: ending.attempts, position: ending.row.position },
        ...{ eventId: ending.row.event_id, key, handler: ending.row.handler, message: messageOf(ending.row) },
      },
    ]);
  await settleKeys(sql, group, [key]);
  const [next] = await sql<{ due: boolean }>(
    'select due_at <= now() as due from parked_keys where consumer_group = $1 and key = $2 and due_at is not null',
    [group, key],
  );
  return { isDue: next?.due ?? false };
}
