import { common, integer, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  INVENTORY_CONSUMER_PORT: port(4205),
  KAFKA_BROKERS: kafkaBrokers(),
  INVENTORY_DATABASE_URL: postgresUrl('postgres://inventory:inventory@127.0.0.1:5432/command'),
  DATABASE_POOL: integer(6, { min: 1, max: 50 }),
  RESERVATION_TTL_MINUTES: integer(15, { min: 1, max: 10_080 }),
};

export const readEnv = () => loadEnv(envModel);
