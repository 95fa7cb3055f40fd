import { userError, type UserError } from '@waygraph/kit/errors';
import { largestAmountMinor } from './ledger.ts';

/** What a coupon gives: exactly one of `percentOff` and `amountOffMinor`. */
export type CouponTerms = {
  readonly code: string;
  readonly percentOff: number | null;
  readonly amountOffMinor: number | null;
  readonly quota: number;
  readonly expiresAt: Date | null;
};

export type NewCoupon = {
  code: string;
  percentOff?: number | null | undefined;
  amountOffMinor?: number | null | undefined;
  quota: number;
  /** RFC 3339, as it came. */
  expiresAt?: string | null | undefined;
};

const inRange = (value: number, from: number, to: number): boolean =>
  Number.isInteger(value) && value >= from && value <= to;

/** The coupon that is asked for, or everything that is wrong with it. `expiresAt` is what its text was read as. */
export function describeCoupon(given: NewCoupon, expiresAt: Date | undefined, now: Date): CouponTerms | UserError[] {
  const { code, percentOff = null, amountOffMinor = null, quota } = given;
  const refusals: UserError[] = [];
  const refuse = (message: string, field: string) => refusals.push(userError('INVALID_INPUT', message, field));

  if (!/^[\w-]{1,64}$/.test(code)) refuse('expected 1..64 letters, digits, - or _', 'code');
  if ((percentOff === null) === (amountOffMinor === null))
    refuse('expected either percentOff or amountOffMinor', 'percentOff');
  if (percentOff !== null && !inRange(percentOff, 1, 100)) refuse('expected 1..100', 'percentOff');
  if (amountOffMinor !== null && !inRange(amountOffMinor, 1, largestAmountMinor)) {
    refuse('expected an amount of at least 1', 'amountOffMinor');
  }
  if (!inRange(quota, 1, largestAmountMinor)) refuse('expected at least 1', 'quota');
  if (given.expiresAt !== undefined && given.expiresAt !== null) {
    if (expiresAt === undefined) refuse('expected an instant like 2026-11-21T09:30:00.000Z', 'expiresAt');
    else if (expiresAt <= now) refuse('expected an instant in the future', 'expiresAt');
  }
  return refusals.length > 0 ? refusals : { code, percentOff, amountOffMinor, quota, expiresAt: expiresAt ?? null };
}

export const sameTerms = (one: CouponTerms, other: CouponTerms): boolean =>
  one.percentOff === other.percentOff &&
  one.amountOffMinor === other.amountOffMinor &&
  one.quota === other.quota &&
  one.expiresAt?.getTime() === other.expiresAt?.getTime();

/** What a coupon takes off, in minor units: a percentage rounded half up, an amount never more than there is to pay. */
export const discountOf = (
  { percentOff, amountOffMinor }: Pick<CouponTerms, 'percentOff' | 'amountOffMinor'>,
  subtotalMinor: number,
): number =>
  percentOff === null
    ? Math.min(amountOffMinor ?? 0, subtotalMinor)
    : Math.floor((subtotalMinor * percentOff + 50) / 100);

/** Why a coupon that could not be redeemed was refused; undefined: there is no such coupon. */
export function rejectionOf(coupon: { expired: boolean } | undefined): string {
  if (coupon === undefined) return 'there is no such coupon';
  return coupon.expired ? 'the coupon has expired' : 'the coupon is used up';
}
