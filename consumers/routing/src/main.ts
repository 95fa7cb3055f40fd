import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { createSweep } from '@waygraph/kit/sweep';
import { expireFactors } from '@waygraph/routing/expire-factors';
import { connectRedis, createLiveFactors } from '@waygraph/routing/live-factors';
import { rememberPlaces } from '@waygraph/routing/locate-address';
import { rebuildLiveFactors } from '@waygraph/routing/rebuild-live-factors';
import { rememberWays } from '@waygraph/routing/remembered-ways';
import { readEnv } from './env.ts';
import { onAssignmentRejected } from './on-assignment-rejected.ts';
import { onDelayConfirmed } from './on-delay-confirmed.ts';
import { onLaneFactorChanged } from './on-lane-factor-changed.ts';
import { onOrderCancelRequested } from './on-order-cancel-requested.ts';
import { onOrderCancelled } from './on-order-cancelled.ts';
import { onOrderCancelling } from './on-order-cancelling.ts';
import { onOrderConfirmed } from './on-order-confirmed.ts';
import { onOrderPlaced } from './on-order-placed.ts';
import { onStepRetryRequested } from './on-step-retry-requested.ts';
import { onStockConfirmationFailed } from './on-stock-confirmation-failed.ts';
import { onStockRejected } from './on-stock-rejected.ts';

const env = readEnv();
const log = createLog('routing-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.ROUTING_DATABASE_URL, max: env.DATABASE_POOL, name: 'routing-consumer' });
lifecycle.onStop('database', () => pool.end());
const sql = sqlOfPool(pool);
const readPool = createPool({ url: env.READ_DATABASE_URL, max: env.READ_DATABASE_POOL, name: 'routing-consumer' });
lifecycle.onStop('read database', () => readPool.end());
const read = sqlOfPool(readPool);
const roadKm = rememberWays(read, { onError: error => log.warn({ err: error }, 'ways not learned') });
const redis = connectRedis({ url: env.REDIS_URL, log });
lifecycle.onStop('redis', () => {
  redis.disconnect();
});
const liveFactors = createLiveFactors({ redis, sql });

const search = { read, locate: rememberPlaces(read), roadKm, sql };
const consumer = createEventConsumer({
  group: 'routing',
  brokers: env.KAFKA_BROKERS,
  pool,
  handlers: [
    onOrderPlaced(search),
    onStockRejected(search),
    onStockConfirmationFailed(search),
    onAssignmentRejected(search),
    onDelayConfirmed(search),
    onStepRetryRequested(search),
    ...onOrderConfirmed(),
    onOrderCancelRequested(),
    onOrderCancelling(),
    onOrderCancelled(),
    onLaneFactorChanged({ pool, liveFactors, log }),
  ],
  log,
  onCrash: endOnCrash(lifecycle, log),
});

const sweeps = [
  createSweep({ everyMs: env.FACTOR_SWEEP_MS, work: () => expireFactors(pool), log }),
  createSweep({
    everyMs: env.FACTOR_SWEEP_MS,
    // While Redis is away, which its connection tells, nobody reads the copy.
    work: async () => (redis.status === 'ready' ? await rebuildLiveFactors({ redis, sql }) : undefined),
    log,
  }),
];
for (const sweep of sweeps) {
  lifecycle.onStop('sweep', sweep.stop);
  sweep.start();
}

await runConsumer({ consumer, pool, port: env.ROUTING_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
