import { afterAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createJobQueue, createJobWorker, defineJob, implementJob } from './jobs.ts';
import { createLog } from './log.ts';
import { testEnv, uniqueId } from './testing/test-env.ts';
import { waitFor } from './testing/wait-for.ts';

const log = createLog('test', 'silent');
const redisUrl = testEnv('REDIS_URL');
const job = defineJob({ name: uniqueId('job'), schema: z.object({ day: z.iso.date() }), jobId: ({ day }) => day });
const queue = createJobQueue(job, { redisUrl, log });
afterAll(() => queue.stop());

test('a job runs once per business key, with data that fit, and again after a fault', async () => {
  const runs: string[] = [];
  const implemented = implementJob(job, ({ day }, { attempt }) => {
    runs.push(`${day} ${String(attempt)}`);
    return attempt === 1 ? Promise.reject(new Error('away')) : Promise.resolve();
  });
  const worker = createJobWorker([implemented], { redisUrl, log });
  await expect(queue.add({ day: 'yesterday' })).rejects.toThrow('Invalid ISO date');
  await queue.add({ day: '2026-11-21' });
  await queue.add({ day: '2026-11-21' });
  await waitFor(() => runs.length === 2, { what: 'two attempts' });
  await worker.stop();
  expect(runs).toEqual(['2026-11-21 1', '2026-11-21 2']);
}, 20_000);
