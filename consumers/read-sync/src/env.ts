import { common, integer, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  READ_SYNC_PORT: port(4201),
  KAFKA_BROKERS: kafkaBrokers(),
  READ_DATABASE_URL: postgresUrl('postgres://read_sync:read_sync@127.0.0.1:5432/read'),
  READ_DATABASE_POOL: integer(4, { min: 1, max: 50 }),
};

export const readEnv = () => loadEnv(envModel);

const command = (user: string) => postgresUrl(`postgres://${user}:${user}@127.0.0.1:5432/command`);

/** The services' URLs only say on which servers the tables live; the login is always that of CDC_DATABASE_URL. */
export const rebuildModel = {
  ...common,
  KAFKA_BROKERS: kafkaBrokers(),
  READ_SYNC_DATABASE_URL: postgresUrl('postgres://read_sync:read_sync@127.0.0.1:5432/read'),
  CDC_DATABASE_URL: command('cdc'),
  INVENTORY_DATABASE_URL: command('inventory'),
  ROUTING_DATABASE_URL: command('routing'),
};

export const readRebuildEnv = () => loadEnv(rebuildModel);
