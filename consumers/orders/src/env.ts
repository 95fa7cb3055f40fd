import { common, integer, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  ORDERS_CONSUMER_PORT: port(4202),
  KAFKA_BROKERS: kafkaBrokers(),
  ORDERS_DATABASE_URL: postgresUrl('postgres://orders:orders@127.0.0.1:5432/command'),
  DATABASE_POOL: integer(6, { min: 1, max: 50 }),
  SAGA_STEP_TIMEOUT_MS: integer(30_000, { min: 100, max: 3_600_000 }),
};

export const readEnv = () => loadEnv(envModel);
