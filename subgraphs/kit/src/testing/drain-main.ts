import { createPool } from '../database.ts';
import { createEventConsumer } from '../event-consumer.ts';
import { createLifecycle } from '../lifecycle.ts';
import { createLog } from '../log.ts';
import { endOnCrash, runConsumer } from '../run-consumer.ts';
import { noting, slowly } from './noting-beats.ts';
import { testEnv } from './test-env.ts';

/** A consumer's whole process, as each service has one, whose calls to the outside never end. Tells its parent how far it is. */
const [group = '', topic = ''] = process.argv.slice(2);
const log = createLog('drain', 'silent');
const lifecycle = createLifecycle({ log });

const pool = createPool({ url: testEnv('RISK_DATABASE_URL'), max: 6, name: 'drain-test' });
lifecycle.onStop('database', () => pool.end());

const consumer = createEventConsumer({
  ...{ group, pool, brokers: testEnv('KAFKA_BROKERS').split(','), concurrency: 4, log },
  handlers: [
    noting({ group, topic, who: 'drained' }),
    slowly({ group, topic, who: 'drained' }, () => {
      process.send?.('hangs');
      return new Promise(() => undefined);
    }),
  ],
  onCrash: endOnCrash(lifecycle, log),
});
await runConsumer({ consumer, pool, port: 0, host: '127.0.0.1', lifecycle, log });
process.send?.('joined');
