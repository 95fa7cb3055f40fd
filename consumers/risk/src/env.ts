import { common, integer, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';

export const envModel = {
  ...common,
  RISK_CONSUMER_PORT: port(4207),
  KAFKA_BROKERS: kafkaBrokers(),
  RISK_DATABASE_URL: postgresUrl('postgres://risk:risk@127.0.0.1:5432/command'),
  DATABASE_POOL: integer(4, { min: 1, max: 50 }),
};

export const readEnv = () => loadEnv(envModel);
