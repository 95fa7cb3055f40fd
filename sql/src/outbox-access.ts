import pg from 'pg';

const name = pg.escapeIdentifier;

/**
 * Lets the login of consumers/outbox-health look after the outboxes of these schemas: it owns them, so that it can make, attach and detach
 * partitions, publishes again through their twins, and keeps its books in `cdc`. It sees no other table.
 */
export async function openOutboxes(client: pg.Client, user: string, schemas: readonly string[]): Promise<void> {
  const role = name(user);
  for (const schema of schemas) {
    const s = name(schema);
    const { rows } = await client.query<{ table: string }>(
      `select relname as table from pg_class c
       where relnamespace = to_regnamespace($1) and pg_get_userbyid(relowner) <> $2
         and (relname = 'outbox' or oid in (select inhrelid from pg_inherits where inhparent = to_regclass($1 || '.outbox')))
         and relkind in ('r', 'p')`,
      [s, user],
    );
    await client.query(
      [
        `grant usage, create on schema ${s} to ${role}`,
        ...rows.map(({ table }) => `alter table ${s}.${name(table)} owner to ${role}`),
        `grant select, insert, delete on ${s}.outbox_again to ${role}`,
        `grant usage on sequence ${s}.outbox_again_n_seq to ${role}`,
      ].join(';\n'),
    );
  }
  await client.query(`grant select, insert, update, delete on cdc.outbox_position, cdc.connector_repairs to ${role}`);
}
