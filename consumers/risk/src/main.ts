import { createPool } from '@waygraph/kit/database';
import { createEventConsumer } from '@waygraph/kit/event-consumer';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { endOnCrash, runConsumer } from '@waygraph/kit/run-consumer';
import { readEnv } from './env.ts';
import { onRiskFacts } from './on-risk-fact.ts';

const env = readEnv();
const log = createLog('risk-consumer', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: env.RISK_DATABASE_URL, max: env.DATABASE_POOL, name: 'risk-consumer' });
lifecycle.onStop('database', () => pool.end());

const consumer = createEventConsumer({
  brokers: env.KAFKA_BROKERS,
  group: 'risk',
  pool,
  handlers: onRiskFacts(),
  log,
  onCrash: endOnCrash(lifecycle, log),
});

await runConsumer({ consumer, pool, port: env.RISK_CONSUMER_PORT, host: env.LISTEN_HOST, lifecycle, log });
