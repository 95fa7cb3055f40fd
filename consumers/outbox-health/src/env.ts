import { common, httpUrl, integer, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';
import { serviceUrlModel, serviceUrlsOf } from '@waygraph/kit/service-urls';

export const envModel = {
  // The services' URLs only say on which servers the outboxes are; the login is always that of OUTBOX_HEALTH_DATABASE_URL.
  ...serviceUrlModel,
  ...common,
  OUTBOX_HEALTH_PORT: port(4209),
  KAFKA_BROKERS: kafkaBrokers(),
  CONNECT_URL: httpUrl('http://127.0.0.1:8083'),
  OUTBOX_HEALTH_DATABASE_URL: postgresUrl('postgres://outbox_health:outbox_health@127.0.0.1:5432/command'),
  /** For so many days published events stay in the outbox, from where they could be published again. */
  OUTBOX_RETENTION_DAYS: integer(7, { min: 1, max: 3_650 }),
};

export function readEnv() {
  const env = loadEnv(envModel);
  return { ...env, serviceUrls: serviceUrlsOf(env) };
}
