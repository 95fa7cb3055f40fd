import { sqlOfPool, type Pool } from '@waygraph/kit/database';
import type { NewCoupon } from './coupon.ts';

/**
 * Brings coupons in, expired ones too; those there already get the terms given here, though never a quota below what is used.
 * Gives how many were added or changed; a repeat: 0. Rejects when one breaks a constraint of the table, and then writes none.
 */
export async function loadCoupons(deps: { pool: Pool }, coupons: readonly NewCoupon[]): Promise<number> {
  const changed = await sqlOfPool(deps.pool)(
    `insert into coupons as c (code, percent_off, amount_off_minor, quota, expires_at)
     select code, "percentOff", "amountOffMinor", quota, "expiresAt"
     from jsonb_to_recordset($1::jsonb)
       as given(code text, "percentOff" int, "amountOffMinor" bigint, quota int, "expiresAt" timestamptz)
     order by code
     on conflict (code) do update
       set percent_off = excluded.percent_off, amount_off_minor = excluded.amount_off_minor,
           quota = greatest(excluded.quota, c.used), expires_at = excluded.expires_at, version = c.version + 1, updated_at = now()
       where (c.percent_off, c.amount_off_minor, c.quota, c.expires_at)
         is distinct from (excluded.percent_off, excluded.amount_off_minor, greatest(excluded.quota, c.used), excluded.expires_at)
     returning code`,
    [JSON.stringify(coupons)],
  );
  return changed.length;
}
