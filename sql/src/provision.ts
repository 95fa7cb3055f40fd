import { capturedTables } from '@waygraph/schema/topics';
import pg from 'pg';
import { closeDatabase, ensureDatabase, ensureRole, openSchema, openTables } from './access.ts';
import { migrate } from './migrate.ts';
import { openOutboxes } from './outbox-access.ts';
import { planPlaces, type CommandPlace, type Login, type Place, type ReadPlace } from './places.ts';
import { ensurePublication, ensureSlot, knownIndex } from './replication.ts';

/** One database that holds services' schemas, and what its two connectors need to know. */
export type CommandServer = Place & {
  /** 1 is the place CDC_DATABASE_URL names. A place keeps its number for as long as its slots live. */
  readonly index: number;
  /** Login of the connectors. */
  readonly user: string;
  readonly password: string;
  readonly schemas: string[];
  readonly outboxTables: string[];
  readonly capturedTables: string[];
  /** For names of connectors; a slot's name may not hold a dash: `slots` has those. */
  readonly slotSuffix: '' | `-${number}`;
  readonly slots: { readonly outbox: string; readonly tables: string };
};

type Say = (line: string) => void;

const signalTable = 'cdc.signals';

/**
 * Makes databases, roles, schemas, grants, publications and slots be as the connection URLs in `env` and the migrations say, on
 * every server the URLs name. Safe to repeat and to run twice at once; quick when nothing is to do. `say` gets one line per change.
 */
export async function provision(
  env: Readonly<Record<string, string | undefined>>,
  say: Say,
): Promise<{ servers: CommandServer[] }> {
  const { admin, command, read } = planPlaces(env);
  const known: Array<number | undefined> = [];
  for (const place of command)
    known.push(
      await locked(place, admin, async client => {
        for (const { login } of place.owners) await ensureRole(client, login);
        await ensureRole(client, place.cdc, 'replication');
        await ensureRole(client, place.health, 'replication');
        if (await ensureDatabase(client, place.database))
          say(`database ${place.database} created on ${place.host}:${String(place.port)}`);
        return await connected(place, admin, knownIndex);
      }),
    );
  const numbers = number(known);
  const servers: CommandServer[] = [];
  for (const [i, place] of command.entries())
    servers.push(
      await locked(place, admin, () =>
        connected(place, admin, client => provisionCommand(client, place, numbers[i] ?? 1, say)),
      ),
    );
  await locked(read, admin, async client => {
    await ensureRole(client, read.reader);
    await ensureRole(client, read.writer);
    if (await ensureDatabase(client, read.database))
      say(`database ${read.database} created on ${read.host}:${String(read.port)}`);
    await connected(read, admin, inside => provisionRead(inside, read, say));
  });
  return { servers };
}

/** Numbers of slots that exist stay; others get the lowest that is free. */
function number(known: ReadonlyArray<number | undefined>): number[] {
  const used = new Set(known);
  return known.map(index => {
    if (index !== undefined) return index;
    let free = 1;
    while (used.has(free)) free += 1;
    used.add(free);
    return free;
  });
}

/**
 * Services look up and change rows by their keys. A list that is handed to a statement as JSON counts as 100 rows in the planner's
 * eyes, for which it would rather read a whole table and hash it: measured, that was half of all work of the command database.
 */
const pointLookups = { enable_hashjoin: 'off', enable_mergejoin: 'off' };

async function provisionCommand(
  client: pg.Client,
  place: CommandPlace,
  index: number,
  say: Say,
): Promise<CommandServer> {
  const { database, cdc, health } = place;
  const owners = [...place.owners, { schema: 'cdc', login: cdc }];
  for (const { schema } of owners) {
    await migrate(client, { from: 'service', schema, ledger: 'messaging_migrations' }, say);
    await migrate(client, { from: schema, schema, ledger: 'schema_migrations' }, say);
  }
  await closeDatabase(
    client,
    database,
    [...owners.map(({ login }) => login), health].map(({ user }) => user),
  );
  for (const owner of owners) await openSchema(client, owner, database, { settings: pointLookups });

  const schemas = owners.map(({ schema }) => schema);
  const outboxTables = schemas.flatMap(schema => [`${schema}.outbox`, `${schema}.outbox_again`]);
  const captured = capturedTables.filter(table => schemas.includes(table.slice(0, table.indexOf('.'))));
  await openTables(client, cdc.user, [...outboxTables, ...captured]);
  await openOutboxes(client, health.user, schemas);
  await ensurePublication(client, 'outbox', outboxTables, { insertsOnly: true }, say);
  // Debezium sees a snapshot's watermarks only when the signal table is published too.
  await ensurePublication(client, 'tables', [...captured, signalTable], { insertsOnly: false }, say);
  const suffix = index === 1 ? '' : `_${String(index)}`;
  const slots = { outbox: `outbox${suffix}`, tables: `tables${suffix}` };
  await ensureSlot(client, slots.outbox, say);
  await ensureSlot(client, slots.tables, say);
  return {
    ...{ index, host: place.host, port: place.port, database, user: cdc.user, password: cdc.password },
    ...{ schemas, outboxTables, capturedTables: captured, slotSuffix: index === 1 ? '' : `-${index}`, slots },
  };
}

async function provisionRead(client: pg.Client, place: ReadPlace, say: Say): Promise<void> {
  const { database, reader, writer } = place;
  await migrate(client, { from: 'read', schema: 'sync', ledger: 'schema_migrations' }, say);
  await closeDatabase(client, database, [reader.user, writer.user]);
  // Functions and types of the extensions live in public.
  await client.query(
    `grant usage on schema public to ${[reader, writer].map(({ user }) => pg.escapeIdentifier(user)).join(', ')}`,
  );
  for (const schema of [...readSchemas, 'sync'])
    await openSchema(client, { schema, login: writer }, database, { path: ['catalogue', 'sync', 'public'] });
  for (const schema of readSchemas)
    await openSchema(client, { schema, login: reader }, database, { rights: 'select', path: ['catalogue', 'public'] });
}

/** What readers of the read database see; the writer's book-keeping is in `sync`. */
const readSchemas = ['catalogue', 'geo', 'roads', 'stats'];

/** Runs `work` while no other provisioning touches the same server; a second one waits its turn. */
const locked = <T>(place: Place, admin: Login, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  connected({ ...place, database: 'postgres' }, admin, async client => {
    await client.query(
      `set lock_timeout = '120s'; select pg_advisory_lock(hashtext('waygraph.provision')); set lock_timeout = '10s'`,
    );
    return await work(client);
  });

async function connected<T>(place: Place, admin: Login, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...place,
    ...admin,
    application_name: 'waygraph-provision',
    connectionTimeoutMillis: 10_000,
  });
  // A connection that dies between two queries must not end the process; the next query reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // A lock somebody holds for long is told instead of queueing everybody else behind us.
    await client.query(`set lock_timeout = '10s'; set statement_timeout = '5min'; set client_min_messages = 'warning'`);
    return await work(client);
  } catch (error) {
    const reason =
      error instanceof AggregateError
        ? String(error.errors[0])
        : error instanceof Error
          ? error.message
          : String(error);
    throw reason.startsWith('PostgreSQL ')
      ? error
      : new Error(`PostgreSQL ${place.host}:${String(place.port)}/${place.database}: ${reason}`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}
