import { common, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';
import { serviceUrlModel, serviceUrlsOf } from '@waygraph/kit/service-urls';

export const envModel = {
  // The services' URLs only say on which servers the connectors' slots are; the login is always that of CDC_DATABASE_URL.
  ...serviceUrlModel,
  ...common,
  CANARY_PORT: port(4203),
  KAFKA_BROKERS: kafkaBrokers(),
  CDC_DATABASE_URL: postgresUrl('postgres://cdc:cdc@127.0.0.1:5432/command'),
};

export function readEnv() {
  const env = loadEnv(envModel);
  return { ...env, serviceUrls: serviceUrlsOf(env) };
}
