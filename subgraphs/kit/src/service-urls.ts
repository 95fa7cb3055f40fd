import { services } from '@waygraph/schema/services';
import { postgresUrl } from './env.ts';

/** Variables that say on which servers the services' schemas are, for those who go there with a login of their own. */
export const serviceUrlModel = Object.fromEntries(
  services.map(({ name }) => [
    `${name.toUpperCase()}_DATABASE_URL`,
    postgresUrl(`postgres://${name}:${name}@127.0.0.1:5432/command`),
  ]),
);

/** Their values, one per service. */
export const serviceUrlsOf = (env: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(serviceUrlModel).map(name => String(env[name]));
