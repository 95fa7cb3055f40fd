import { common, integer, kafkaBrokers, loadEnv, port, postgresUrl, redisUrl } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  ROUTING_CONSUMER_PORT: port(4206),
  KAFKA_BROKERS: kafkaBrokers(),
  ROUTING_DATABASE_URL: postgresUrl('postgres://routing:routing@127.0.0.1:5432/command'),
  READ_DATABASE_URL: postgresUrl('postgres://reader:reader@127.0.0.1:5432/read'),
  REDIS_URL: redisUrl('redis://127.0.0.1:6379'),
  DATABASE_POOL: integer(8, { min: 2, max: 50 }),
  READ_DATABASE_POOL: integer(6, { min: 1, max: 50 }),
  /** How often expired factors are swept and the live copy is compared, in ms. */
  FACTOR_SWEEP_MS: integer(1_000, { min: 50, max: 5_000 }),
};

export const readEnv = () => loadEnv(envModel);
