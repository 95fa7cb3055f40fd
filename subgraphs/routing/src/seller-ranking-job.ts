import type { Pool } from '@waygraph/kit/database';
import { defineJob, implementJob, type JobImplementation } from '@waygraph/kit/jobs';
import { z } from 'zod';
import { businessDay, dayBefore } from './business-day.ts';
import { rankSellersOfDay } from './rank-sellers.ts';

/** Ranks the sellers of a business day; without a day, of the one before the job was due. */
export const sellerRankingJob = defineJob({
  name: 'seller-ranking',
  schema: z.object({ day: z.iso.date().optional() }),
  jobId: ({ day }) => day ?? 'daily',
  // Asked for again, it ranks again: meanwhile more may be known of the day.
  again: true,
});

export const runSellerRanking = ({ pool, timeZone }: { pool: Pool; timeZone: string }): JobImplementation =>
  implementJob(sellerRankingJob, async ({ day }, { dueAt, log }) => {
    const ranked = day ?? dayBefore(businessDay(dueAt, timeZone));
    const sellers = await rankSellersOfDay({ pool, timeZone, now: new Date() }, ranked);
    log.info({ day: ranked, sellers }, 'sellers ranked');
    return { day: ranked, sellers };
  });
