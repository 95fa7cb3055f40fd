import type { EntityManager, Options } from '@mikro-orm/postgresql';
import { MikroORM } from '@mikro-orm/postgresql';
import { CompiledQuery, type Kysely } from 'kysely';
import { connectTimeoutMs, type Sql } from './database.ts';

// Apart from kit/database, since MikroORM takes a quarter of a second to load and most processes do without it.

/** MikroORM on one schema. Fork its EntityManager per request or message. Rejects when the entities do not fit together. */
export function createOrm(options: {
  url: string;
  schema: string;
  entities: NonNullable<Options['entities']>;
  poolSize: number;
  name: string;
  /** Called with each statement, for tests that count them. */
  onQuery?: (sql: string) => void;
}): Promise<MikroORM> {
  const { url, schema, entities, poolSize, name, onQuery } = options;
  return MikroORM.init({
    clientUrl: url,
    schema,
    entities,
    pool: { min: 0, max: poolSize },
    driverOptions: { application_name: name, connectionTimeoutMillis: connectTimeoutMs, keepAlive: true },
    ...(onQuery && {
      onQuery: (query: string) => {
        onQuery(query);
        return query;
      },
    }),
  });
}

/** Statements inside the transaction the EntityManager is in; outside of one it throws, since nothing would hold them together. */
export function sqlOf(em: EntityManager): Sql {
  const transaction = em.getTransactionContext<Kysely<unknown>>();
  if (transaction === undefined)
    throw new Error('sqlOf needs an EntityManager inside a transaction: em.transactional(em => …)');
  return async <Row>(text: string, params: readonly unknown[] = []) =>
    (await transaction.executeQuery<Row>(CompiledQuery.raw(text, [...params]))).rows;
}
