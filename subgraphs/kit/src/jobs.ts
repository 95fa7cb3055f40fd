import { Queue, UnrecoverableError, Worker, type ConnectionOptions, type Job } from 'bullmq';
import type { z } from 'zod';
import { WaygraphError } from './errors.ts';
import type { Log } from './log.ts';

export type JobDefinition<Schema extends z.ZodType = z.ZodType> = {
  /** Also the name of its queue. */
  readonly name: string;
  readonly schema: Schema;
  /** Derived from the business key, so that adding the same job again is no second job. May not hold a colon. */
  readonly jobId: (data: z.output<Schema>) => string;
  /** True: once it has ended, well or not, the same job can be added again. Default: one that succeeded is never run twice. */
  readonly again?: boolean | undefined;
};

export type JobImplementation = {
  readonly definition: JobDefinition;
  run: (data: unknown, context: JobContext) => Promise<unknown>;
};

export type JobContext = {
  readonly log: Log;
  readonly attempt: number;
  /** When it was to run: a job that had to wait for its worker still means that moment. */
  readonly dueAt: Date;
};

export const defineJob = <Schema extends z.ZodType>(definition: JobDefinition<Schema>): JobDefinition<Schema> =>
  definition;

/** `run` gets data that fit the schema; data that do not are refused for good, without another attempt. */
export function implementJob<Schema extends z.ZodType>(
  definition: JobDefinition<Schema>,
  run: (data: z.output<Schema>, context: JobContext) => Promise<unknown>,
): JobImplementation {
  return {
    definition,
    run: (data, context) => {
      const parsed = definition.schema.safeParse(data);
      if (!parsed.success) throw new UnrecoverableError(`job ${definition.name}: ${parsed.error.message}`);
      return run(parsed.data, context);
    },
  };
}

/** BullMQ wants a connection that never gives up on a command; the URL's parts are all it needs for that. */
function connectionOf(redisUrl: string): ConnectionOptions {
  return { url: redisUrl, maxRetriesPerRequest: null };
}

/** How long whoever adds a job, or stops, waits for Redis, in ms. */
const patienceMs = 2_000;

/** False when the work has not ended by then; it may still end later. */
async function endsInTime(work: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, patienceMs, false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** While Redis is away BullMQ would wait for it before it closes. */
async function close(queue: Queue): Promise<void> {
  if (!(await endsInTime(queue.close()))) void queue.disconnect();
}

export type JobQueue<Schema extends z.ZodType> = {
  /**
   * Resolves to the job's id. Rejects when the data do not fit, and as UNAVAILABLE when Redis does not answer: the job may still come
   * once it is back. A job of the same id that is waiting, running or kept is not added twice.
   */
  add(data: z.input<Schema>, options?: { delayMs?: number }): Promise<string>;
  stop(): Promise<void>;
};

export function createJobQueue<Schema extends z.ZodType>(
  definition: JobDefinition<Schema>,
  { redisUrl, log, attempts = 5 }: { redisUrl: string; log: Log; attempts?: number },
): JobQueue<Schema> {
  const queue = new Queue(definition.name, {
    connection: connectionOf(redisUrl),
    defaultJobOptions: {
      attempts,
      backoff: { type: 'exponential', delay: 1_000 },
      ...retention(definition),
    },
  });
  queue.on('error', error => {
    log.warn({ err: error, queue: definition.name }, 'job queue');
  });
  return {
    add: async (data, { delayMs = 0 } = {}) => {
      const parsed = definition.schema.parse(data);
      const jobId = definition.jobId(parsed);
      if (!(await endsInTime(queue.add(definition.name, parsed, { jobId, delay: delayMs }))))
        throw new WaygraphError('UNAVAILABLE', 'Redis does not take jobs at present');
      return jobId;
    },
    stop: () => close(queue),
  };
}

const retention = ({ again = false }: JobDefinition) =>
  again ? { removeOnComplete: true, removeOnFail: true } : { removeOnComplete: { count: 1_000 }, removeOnFail: false };

/**
 * Has a job run at the times of a cron pattern. The schedule is kept in Redis: one per job, whatever the number of processes, and a
 * time that passed while no worker ran is made up for once. It is looked after every minute, in case Redis has lost it.
 */
export function createJobSchedule<Schema extends z.ZodType>(
  definition: JobDefinition<Schema>,
  options: { redisUrl: string; log: Log; pattern: string; timeZone: string; data: z.input<Schema>; attempts?: number },
): { stop: () => Promise<void> } {
  const { redisUrl, log, pattern, timeZone, attempts = 5 } = options;
  const data: unknown = definition.schema.parse(options.data);
  const queue = new Queue(definition.name, { connection: connectionOf(redisUrl) });
  queue.on('error', error => {
    log.warn({ err: error, queue: definition.name }, 'job schedule');
  });
  const write = async (): Promise<void> => {
    const there = await queue.getJobScheduler(definition.name);
    // Writing anew moves the next run; a run that is due right now would be lost.
    if (there?.pattern === pattern && there.tz === timeZone) return;
    await queue.upsertJobScheduler(
      definition.name,
      { pattern, tz: timeZone },
      {
        name: definition.name,
        data,
        opts: { attempts, backoff: { type: 'exponential', delay: 1_000 }, ...retention(definition) },
      },
    );
  };
  let written = Promise.resolve();
  const keep = (): void => {
    written = write().catch((error: unknown) => {
      log.warn({ err: error, queue: definition.name }, 'job schedule not written');
    });
  };
  keep();
  const timer = setInterval(keep, 60_000);
  return {
    stop: async () => {
      clearInterval(timer);
      // A Redis that is away holds the writing up for as long; closing ends it.
      await endsInTime(written);
      await close(queue);
    },
  };
}

/** Runs the jobs given, one BullMQ worker per queue; `stop` lets the running ones end. */
export function createJobWorker(
  implementations: readonly JobImplementation[],
  { redisUrl, log, concurrency = 1 }: { redisUrl: string; log: Log; concurrency?: number },
): {
  /** Rejects while Redis does not answer. */
  ready: () => Promise<void>;
  stop: () => Promise<void>;
} {
  const workers = implementations.map(({ definition, run }) => {
    const work = async (job: Job) => {
      const child = log.child({ job: definition.name, jobId: job.id, attempt: job.attemptsMade + 1 });
      const began = performance.now();
      const dueAt = new Date(job.timestamp + (job.opts.delay ?? 0));
      const result = await run(job.data, { log: child, attempt: job.attemptsMade + 1, dueAt });
      child.info({ ms: Math.round(performance.now() - began) }, 'job done');
      return result;
    };
    const worker = new Worker(definition.name, work, { connection: connectionOf(redisUrl), concurrency });
    worker.on('failed', (job, error) => {
      log.error({ err: error, job: definition.name, jobId: job?.id, attempt: job?.attemptsMade }, 'job failed');
    });
    worker.on('error', error => {
      log.warn({ err: error, job: definition.name }, 'job worker');
    });
    return worker;
  });
  return {
    ready: async () => {
      for (const worker of workers) await (await worker.backend.connection.client).info();
    },
    stop: async () => {
      await Promise.all(workers.map(worker => worker.close()));
    },
  };
}
