import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createJobQueue, createJobSchedule, createJobWorker, defineJob, implementJob } from './jobs.ts';
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

test('a job that may run again does so once it has ended, and not twice at a time', async () => {
  const again = defineJob({ ...job, name: uniqueId('job'), again: true });
  const more = createJobQueue(again, { redisUrl, log, attempts: 1 });
  let runs = 0;
  expect(await more.add({ day: '2026-11-21' })).toBe('2026-11-21');
  expect(await more.add({ day: '2026-11-21' })).toBe('2026-11-21');
  const implemented = implementJob(again, () => {
    runs += 1;
    return runs === 1 ? Promise.reject(new Error('away')) : Promise.resolve();
  });
  const worker = createJobWorker([implemented], { redisUrl, log });
  await waitFor(() => runs === 1, { what: 'the first run' });
  for (const expected of [2, 3])
    await waitFor(async () => (await more.add({ day: '2026-11-21' }), runs >= expected), { what: 'another run' });
  await worker.stop();
  await more.stop();
});

test('while Redis is away adding a job is refused soon, and stopping takes no longer', async () => {
  // Accepts connections and says nothing.
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const away = { redisUrl: `redis://127.0.0.1:${String((silent.address() as AddressInfo).port)}`, log };
  const began = performance.now();
  const queued = createJobQueue(job, away);
  await expect(queued.add({ day: '2026-11-21' })).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  const schedule = createJobSchedule(job, {
    ...away,
    ...{ pattern: '0 3 * * *', timeZone: 'UTC' },
    data: { day: '2026-11-21' },
  });
  await Promise.all([queued.stop(), schedule.stop()]);
  expect(performance.now() - began).toBeLessThan(8_000);
  silent.close();
});

test('a schedule runs its job at its times, and says when it was due; two processes have one schedule', async () => {
  const daily = defineJob({ name: uniqueId('job'), schema: z.object({}), jobId: () => 'daily', again: true });
  const due: number[] = [];
  const worker = createJobWorker([implementJob(daily, (_, { dueAt }) => Promise.resolve(due.push(dueAt.getTime())))], {
    redisUrl,
    log,
  });
  const schedule = { redisUrl, log, pattern: '* * * * * *', timeZone: 'America/Sao_Paulo', data: {} };
  const schedules = [createJobSchedule(daily, schedule), createJobSchedule(daily, schedule)];
  await waitFor(() => due.length >= 2, { what: 'two runs' });
  await Promise.all(schedules.map(({ stop }) => stop()));
  await worker.stop();
  expect(due.every(at => at % 1_000 === 0)).toBe(true);
  expect(new Set(due).size).toBe(due.length);
});
