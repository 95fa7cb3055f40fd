import { userError, type UserError } from '@waygraph/kit/errors';
import type { Viewer } from '@waygraph/kit/auth';
import { businessDay, isDay } from './business-day.ts';
import type { RankingJobs } from './context.ts';

export type RequestRankingResult = { jobId: string; refusals: [] } | { jobId: null; refusals: UserError[] };

const refused = (...refusals: UserError[]): RequestRankingResult => ({ jobId: null, refusals });

/** An operator has a day's ranking computed now; without a day, of today. */
export async function requestRanking(
  { rankingJobs, timeZone }: { rankingJobs: RankingJobs; timeZone: string },
  viewer: Viewer | undefined,
  day: string | undefined,
): Promise<RequestRankingResult> {
  if (viewer?.role !== 'operator') return refused(userError('FORBIDDEN', 'only operators may have sellers ranked'));
  if (day !== undefined && !isDay(day))
    return refused(userError('INVALID_INPUT', 'expected a day like 2026-11-21', 'day'));
  const today = businessDay(new Date(), timeZone);
  // What the newest day says is believed: a day to come would be the newest until then.
  if (day !== undefined && day > today)
    return refused(userError('INVALID_INPUT', 'expected a day that has begun', 'day'));
  const jobId = await rankingJobs.add({ day: day ?? today });
  return { jobId, refusals: [] };
}
