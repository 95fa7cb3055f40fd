/** Exactly one of `percentOff` and `amountOffMinor` is set; without `expiresAt` the coupon never expires. */
export type SampleCoupon = {
  code: string;
  quota: number;
  percentOff?: number;
  amountOffMinor?: number;
  expiresAt?: string;
};

/** Fixed, so that a README or a person can name them: one that has expired, one of which only two can be used. */
export const coupons: readonly SampleCoupon[] = [
  { code: 'BEMVINDO10', percentOff: 10, quota: 100_000 },
  { code: 'CLIENTE15', percentOff: 15, quota: 5_000 },
  { code: 'INVERNO20', percentOff: 20, quota: 500, expiresAt: '2099-08-31T23:59:59.000Z' },
  { code: 'FRETE15', amountOffMinor: 1_500, quota: 20_000 },
  { code: 'MENOS30', amountOffMinor: 3_000, quota: 2_000 },
  { code: 'MENOS100', amountOffMinor: 10_000, quota: 200, expiresAt: '2099-12-31T23:59:59.000Z' },
  { code: 'POA5', percentOff: 5, quota: 10_000 },
  { code: 'SAMPA5', percentOff: 5, quota: 10_000 },
  { code: 'RELAMPAGO2', percentOff: 50, quota: 2 },
  { code: 'VENCIDO25', percentOff: 25, quota: 1_000, expiresAt: '2020-01-01T00:00:00.000Z' },
];
