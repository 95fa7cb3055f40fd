import { Queue, UnrecoverableError, Worker, type ConnectionOptions } from 'bullmq';
import type { z } from 'zod';
import type { Log } from './log.ts';

export type JobDefinition<Schema extends z.ZodType = z.ZodType> = {
  /** Also the name of its queue. */
  readonly name: string;
  readonly schema: Schema;
  /** Derived from the business key, so that adding the same job again is no second job. May not hold a colon. */
  readonly jobId: (data: z.output<Schema>) => string;
};

export type JobImplementation = {
  readonly definition: JobDefinition;
  run: (data: unknown, context: JobContext) => Promise<unknown>;
};

export type JobContext = { readonly log: Log; readonly attempt: number };

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

export type JobQueue<Schema extends z.ZodType> = {
  /** Rejects when the data do not fit. A job of the same id that is waiting, running or kept is not added twice. */
  add(data: z.input<Schema>, options?: { delayMs?: number }): Promise<void>;
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
      removeOnComplete: { count: 1_000 },
      removeOnFail: false,
    },
  });
  queue.on('error', error => {
    log.warn({ err: error, queue: definition.name }, 'job queue');
  });
  return {
    add: async (data, { delayMs = 0 } = {}) => {
      const parsed = definition.schema.parse(data);
      await queue.add(definition.name, parsed, { jobId: definition.jobId(parsed), delay: delayMs });
    },
    stop: () => queue.close(),
  };
}

/** Runs the jobs given, one BullMQ worker per queue; `stop` lets the running ones end. */
export function createJobWorker(
  implementations: readonly JobImplementation[],
  { redisUrl, log, concurrency = 1 }: { redisUrl: string; log: Log; concurrency?: number },
): { stop: () => Promise<void> } {
  const workers = implementations.map(({ definition, run }) => {
    const work = async (job: { id?: string | undefined; attemptsMade: number; data: unknown }) => {
      const child = log.child({ job: definition.name, jobId: job.id, attempt: job.attemptsMade + 1 });
      const began = performance.now();
      const result = await run(job.data, { log: child, attempt: job.attemptsMade + 1 });
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
    stop: async () => {
      await Promise.all(workers.map(worker => worker.close()));
    },
  };
}
