import { createPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { readEnv } from './env.ts';
import { onAssignmentRejected } from './on-assignment-rejected.ts';
import { onDelivered } from './on-delivered.ts';
import { onDeliveryCancelled } from './on-delivery-cancelled.ts';
import { onDeliveryLost } from './on-delivery-lost.ts';
import { onEtaChanged } from './on-eta-changed.ts';
import { onOrderCancelled } from './on-order-cancelled.ts';
import { onSellerAssigned } from './on-seller-assigned.ts';

const env = readEnv();
const log = createLog('risk-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.RISK_DATABASE_URL, max: env.DATABASE_POOL, name: 'risk-consumer' });
lifecycle.onStop('database', () => pool.end());

const consumer = createEventConsumer({
  brokers: env.KAFKA_BROKERS,
  group: 'risk',
  pool,
  handlers: [
    onSellerAssigned(),
    onEtaChanged(),
    onDelivered(),
    onDeliveryLost(),
    onAssignmentRejected(),
    onDeliveryCancelled(),
    onOrderCancelled(),
  ],
  concurrency: Math.max(1, env.DATABASE_POOL - 2),
  log,
  onCrash: endOnCrash(lifecycle, log),
});

await runConsumer({ consumer, pool, port: env.RISK_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
