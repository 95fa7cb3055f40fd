import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { enforceDeadlines } from '@waygraph/orders/enforce-deadlines';
import { forgetRequests } from '@waygraph/orders/forget-requests';
import { tableTopic } from '@waygraph/schema/topics';
import { readEnv } from './env.ts';
import { createHandlers } from './handlers.ts';
import { onProductChanged } from './on-product-changed.ts';
import { assertCaughtUp, startSweep } from './sweep.ts';

const env = readEnv();
const log = createLog('orders-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.ORDERS_DATABASE_URL, max: env.DATABASE_POOL, name: 'orders-consumer' });
lifecycle.onStop('database', () => pool.end());

const consumer = createEventConsumer({
  group: 'orders',
  pool,
  handlers: createHandlers(env.SAGA_STEP_TIMEOUT_MS),
  tables: { [tableTopic('inventory.products')]: onProductChanged(sqlOfPool(pool)) },
  brokers: env.KAFKA_BROKERS,
  log,
  onCrash: endOnCrash(lifecycle, log),
});

await runConsumer({ consumer, pool, port: env.ORDERS_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });

// Stopped first, so that nothing is swept any more while the consumer drains.
const sweep = startSweep({
  enforceDeadlines: mayGoOn =>
    enforceDeadlines(pool, {
      mayGoOn,
      stepTimeoutMs: env.SAGA_STEP_TIMEOUT_MS,
      onFault: (orderId, error) => {
        log.error({ err: error, orderId }, 'deadline not enforced');
      },
    }),
  forgetRequests: () => forgetRequests(sqlOfPool(pool)),
  // While this process has not read all that it is given, answers may be there that it does not know of.
  mayJudge: () => {
    consumer.ready();
    assertCaughtUp(consumer.lagMs(), env.SAGA_STEP_TIMEOUT_MS);
  },
  log,
});
lifecycle.onStop('sweep', sweep.stop);
