import { expireReservations } from '@waygraph/inventory/expire-reservations';
import { createPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { createSweep } from '@waygraph/kit/sweep';
import { readEnv } from './env.ts';
import { onStockFacts } from './on-stock-fact.ts';

/** A reservation outlives its end by this much at most. */
const sweepMs = 1_000;

const env = readEnv();
const log = createLog('inventory-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.INVENTORY_DATABASE_URL, max: env.DATABASE_POOL, name: 'inventory-consumer' });
lifecycle.onStop('database', () => pool.end());

const consumer = createEventConsumer({
  brokers: env.KAFKA_BROKERS,
  group: 'inventory',
  pool,
  handlers: onStockFacts({ reservationTtlMinutes: env.RESERVATION_TTL_MINUTES }),
  log,
  onCrash: endOnCrash(lifecycle, log),
});

const sweep = createSweep({ everyMs: sweepMs, work: () => expireReservations(pool), log });
lifecycle.onStop('sweep', sweep.stop);
sweep.start();

await runConsumer({ consumer, pool, port: env.INVENTORY_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
