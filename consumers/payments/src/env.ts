import { common, httpUrl, integer, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  PAYMENTS_CONSUMER_PORT: port(4204),
  KAFKA_BROKERS: kafkaBrokers(),
  PAYMENTS_DATABASE_URL: postgresUrl('postgres://payments:payments@127.0.0.1:5432/command'),
  DATABASE_POOL: integer(6, { min: 1, max: 50 }),
  PSP_URL: httpUrl('http://127.0.0.1:4190'),
  PSP_TIMEOUT_MS: integer(3_000, { min: 50, max: 20_000 }),
};

export const readEnv = () => loadEnv(envModel);
