import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { takeDueAsks } from '@waygraph/payments/due-asks';
import { httpProvider } from '@waygraph/payments/provider';
import { settleCard } from '@waygraph/payments/settle-card';
import { createProviderAsker } from './ask-provider.ts';
import { readEnv } from './env.ts';
import { onPaymentFacts } from './on-payment-fact.ts';

const env = readEnv();
const log = createLog('payments-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.PAYMENTS_DATABASE_URL, max: env.DATABASE_POOL, name: 'payments-consumer' });
lifecycle.onStop('database', () => pool.end());

const provider = httpProvider({ url: env.PSP_URL, timeoutMs: env.PSP_TIMEOUT_MS });
const asker = createProviderAsker({
  settle: orderId => settleCard({ pool, provider }, orderId),
  takeDue: most => takeDueAsks(sqlOfPool(pool), most),
  concurrency: 8,
  everyMs: 1_000,
  log,
});
lifecycle.onStop('provider', () => asker.stop());

const consumer = createEventConsumer({
  brokers: env.KAFKA_BROKERS,
  group: 'payments',
  pool,
  handlers: onPaymentFacts(asker),
  log,
  onCrash: endOnCrash(lifecycle, log),
});

asker.start();
await runConsumer({ consumer, pool, port: env.PAYMENTS_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
