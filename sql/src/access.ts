import pg from 'pg';
import type { Login, Owner } from './places.ts';

const name = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

/** Creates the role, or gives it the password its URL has now. */
export async function ensureRole(client: pg.Client, { user, password }: Login, also = ''): Promise<void> {
  const found = await client.query('select from pg_roles where rolname = $1', [user]);
  const verb = found.rowCount === 0 ? 'create' : 'alter';
  await client.query(`${verb} role ${name(user)} login ${also} password ${literal(password)}`);
}

export async function ensureDatabase(client: pg.Client, database: string): Promise<boolean> {
  const found = await client.query('select from pg_database where datname = $1', [database]);
  if (found.rowCount !== 0) return false;
  await client.query(`create database ${name(database)} template template0 encoding 'UTF8'`);
  return true;
}

/** Only the roles named may connect; nobody finds a door through `public`. */
export async function closeDatabase(client: pg.Client, database: string, users: readonly string[]): Promise<void> {
  await client.query(`
    revoke all on database ${name(database)} from public;
    revoke all on schema public from public;
    grant connect on database ${name(database)} to ${users.map(name).join(', ')}`);
}

/**
 * Gives a role its schema: it may read and write rows there, owns nothing, and names in its SQL without a schema mean this one.
 * `rights` are those on tables, `settings` those of its sessions; ledgers of migrations are none of its business.
 */
export async function openSchema(
  client: pg.Client,
  { schema, login }: Owner,
  database: string,
  options: { rights?: string; path?: readonly string[]; settings?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const { rights = 'select, insert, update, delete', path = [schema], settings = {} } = options;
  const [s, role] = [name(schema), name(login.user)];
  const writes = rights.includes('insert');
  const ledgers = await client.query<{ ledger: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as ledger
     from information_schema.tables where table_schema = $1 and table_name like '%\\_migrations'`,
    [schema],
  );
  // One round trip, so one transaction: nobody sees the moment between grant and revoke.
  await client.query(
    [
      `revoke all on schema ${s} from public`,
      `grant usage on schema ${s} to ${role}`,
      `grant ${rights} on all tables in schema ${s} to ${role}`,
      `alter default privileges in schema ${s} grant ${rights} on tables to ${role}`,
      ...(writes ? [`grant usage on all sequences in schema ${s} to ${role}`] : []),
      ...(writes ? [`alter default privileges in schema ${s} grant usage on sequences to ${role}`] : []),
      ...ledgers.rows.map(({ ledger }) => `revoke all on ${ledger} from ${role}`),
      `alter role ${role} in database ${name(database)} set search_path to ${path.map(name).join(', ')}`,
      ...Object.entries(settings).map(
        ([setting, value]) =>
          `alter role ${role} in database ${name(database)} set ${name(setting)} to ${literal(value)}`,
      ),
    ].join(';\n'),
  );
}

/** The connectors' login sees exactly the tables they carry. */
export async function openTables(client: pg.Client, user: string, tables: readonly string[]): Promise<void> {
  const schemas = [...new Set(tables.map(table => table.slice(0, table.indexOf('.'))))];
  await client.query(
    `grant usage on schema ${schemas.map(name).join(', ')} to ${name(user)};
     grant select on ${tables.map(quoted).join(', ')} to ${name(user)}`,
  );
}

/** `inventory.stock` as SQL. */
export const quoted = (table: string): string => table.split('.').map(name).join('.');
