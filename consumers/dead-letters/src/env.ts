import { userInfo } from 'node:os';
import { common, loadEnv, postgresUrl, text } from '@waygraph/kit/env';
import { serviceNames, type ServiceName } from '@waygraph/schema/services';

const command = (name: ServiceName) => postgresUrl(`postgres://${name}:${name}@127.0.0.1:5432/command`);

export const envModel = {
  ...common,
  ORDERS_DATABASE_URL: command('orders'),
  PAYMENTS_DATABASE_URL: command('payments'),
  INVENTORY_DATABASE_URL: command('inventory'),
  ROUTING_DATABASE_URL: command('routing'),
  RISK_DATABASE_URL: command('risk'),
  /** Who is written down as having redriven, edited or discarded. */
  OPERATOR: text(userName()),
};

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

export function readEnv() {
  const env = loadEnv(envModel);
  const urls = Object.fromEntries(
    serviceNames.map(name => [name, env[`${name.toUpperCase() as Uppercase<ServiceName>}_DATABASE_URL`]]),
  ) as Record<ServiceName, string>;
  return { ...env, urls };
}
