import { createPool, distinctServers, sqlOfPool } from '@waygraph/kit/database';
import { createAdmin } from '@waygraph/kit/kafka-admin';
import { createConsumer } from '@waygraph/kit/kafka';
import { createLog } from '@waygraph/kit/log';
import { snapshotNotificationsTopic } from '@waygraph/schema/topics';
import { readRebuildEnv } from './env.ts';
import { rebuild } from './rebuild-tables.ts';
import { tables } from './tables.ts';

const env = readRebuildEnv();
const log = createLog('rebuild-read', env.LOG_LEVEL === 'info' ? 'error' : env.LOG_LEVEL);
const homes = [env.INVENTORY_DATABASE_URL, env.ROUTING_DATABASE_URL];
const servers = distinctServers(homes, env.CDC_DATABASE_URL).map(url =>
  createPool({ url, max: 1, name: 'rebuild-read' }),
);
const read = createPool({ url: env.READ_SYNC_DATABASE_URL, max: 1, name: 'rebuild-read' });
const admin = await createAdmin({ brokers: env.KAFKA_BROKERS, name: 'rebuild-read', log });

try {
  await rebuild({
    tables,
    group: 'read-sync',
    read: sqlOfPool(read),
    servers: servers.map(sqlOfPool),
    admin,
    follow: async (group, eachMessage) => {
      const consumer = createConsumer({
        brokers: env.KAFKA_BROKERS,
        groupId: group,
        topics: [snapshotNotificationsTopic],
        fromBeginning: true,
        eachMessage,
        log,
        onCrash: error => log.error({ err: error }, 'consumer crashed'),
      });
      await consumer.start();
      return async () => {
        await consumer.stop();
        await admin.deleteGroup(group);
      };
    },
    say: line => process.stdout.write(`${line}\n`),
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await Promise.all([admin.stop(), read.end(), ...servers.map(server => server.end())]);
}
