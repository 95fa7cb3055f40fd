import type { KafkaConsumer } from './consumer-port.ts';
import type { Pool } from './database.ts';
import { createHealth, startHealthServer } from './health.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';

/** A consumer that cannot go on ends its process: the supervisor starts it again, where its offsets tell. */
export const endOnCrash =
  (lifecycle: Lifecycle, log: Log) =>
  (error: Error): void => {
    log.error({ err: error }, 'consumer crashed');
    void lifecycle.stop('consumer crashed', 1);
  };

/** Starts a consumer beside its health server, and stops both with the process. Resolves when it has joined its group. */
export async function runConsumer(options: {
  consumer: KafkaConsumer;
  /** The database that its effects go to. */
  pool: Pool;
  port: number;
  host: string;
  lifecycle: Lifecycle;
  log: Log;
}): Promise<void> {
  const { consumer, pool, port, host, lifecycle, log } = options;
  lifecycle.onStop('consumer', () => consumer.stop());
  const health = createHealth({
    database: () => pool.query('select 1'),
    consumer: () => {
      consumer.ready();
    },
  });
  const server = await startHealthServer({ port, host, health, log });
  lifecycle.onStop('health server', () => {
    health.drain();
    return server.stop();
  });
  await consumer.start();
}
