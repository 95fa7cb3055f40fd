import { common, kafkaBrokers, loadEnv, port, postgresUrl } from '@waygraph/kit/env';
import { services } from '@waygraph/schema/services';

/** The services' URLs only say on which servers the connectors' slots are; the login is always that of CDC_DATABASE_URL. */
const databases = Object.fromEntries(
  services.map(({ name }) => [
    `${name.toUpperCase()}_DATABASE_URL`,
    postgresUrl(`postgres://${name}:${name}@127.0.0.1:5432/command`),
  ]),
);

export const envModel = {
  ...databases,
  ...common,
  CANARY_PORT: port(4203),
  KAFKA_BROKERS: kafkaBrokers(),
  CDC_DATABASE_URL: postgresUrl('postgres://cdc:cdc@127.0.0.1:5432/command'),
};

export function readEnv() {
  const env = loadEnv(envModel);
  const serviceUrls = Object.keys(databases).map(name => String((env as Record<string, unknown>)[name]));
  return { ...env, serviceUrls };
}
