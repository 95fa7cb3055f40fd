import { userError, type UserError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import { withTransaction, type Pool } from '@waygraph/kit/database';
import { parseInstant } from '@waygraph/kit/scalars';
import { describeCoupon, sameTerms, type CouponTerms, type NewCoupon } from './coupon.ts';

export type CreateCouponResult = { code: string; refusals: [] } | { code: null; refusals: UserError[] };

type CouponRow = {
  code: string;
  percent_off: number | null;
  amount_off_minor: string | null;
  quota: number;
  expires_ms: number | null;
};

const termsOf = (row: CouponRow): CouponTerms => ({
  code: row.code,
  percentOff: row.percent_off,
  amountOffMinor: row.amount_off_minor === null ? null : Number(row.amount_off_minor),
  quota: row.quota,
  expiresAt: row.expires_ms === null ? null : new Date(row.expires_ms),
});

/** The code is its own key: the same coupon once more changes nothing, another one under the same code is a conflict. */
export function createCoupon(
  deps: { pool: Pool },
  viewer: Viewer | undefined,
  given: NewCoupon,
): Promise<CreateCouponResult> {
  const refused = (...refusals: UserError[]): CreateCouponResult => ({ code: null, refusals });
  if (viewer?.role !== 'operator')
    return Promise.resolve(refused(userError('FORBIDDEN', 'only operators may create coupons')));

  return withTransaction(deps.pool, async sql => {
    const [clock] = await sql<{ now_ms: number }>('select (extract(epoch from now()) * 1000)::float8 as now_ms');
    const coupon = describeCoupon(given, parseInstant(given.expiresAt), new Date(clock?.now_ms ?? 0));
    if (Array.isArray(coupon)) return refused(...coupon);

    const { code, percentOff, amountOffMinor, quota, expiresAt } = coupon;
    await sql(
      `insert into coupons (code, percent_off, amount_off_minor, quota, expires_at) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [code, percentOff, amountOffMinor, quota, expiresAt?.toISOString() ?? null],
    );
    const [row] = await sql<CouponRow>(
      `select code, percent_off, amount_off_minor, quota, (extract(epoch from expires_at) * 1000)::float8 as expires_ms
       from coupons where code = $1`,
      [code],
    );
    return row !== undefined && sameTerms(termsOf(row), coupon)
      ? { code, refusals: [] }
      : refused(userError('IDEMPOTENCY_CONFLICT', 'there is another coupon with this code', 'code'));
  });
}
