import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { lineAt, splitStatements } from './statements.ts';

const folder = path.resolve(import.meta.dirname, '../migrations');

export type Source = {
  /** Folder of the migrations, below sql/migrations or absolute. */
  readonly from: string;
  readonly schema: string;
  /** Table of `schema` that remembers what was applied. */
  readonly ledger: string;
};

/**
 * Applies what is new of one folder, all of it in one transaction: a failing file leaves nothing behind. The error of a failing
 * statement names file and line. A file changed after it was applied is refused.
 */
export async function migrate(client: pg.Client, source: Source, say: (line: string) => void): Promise<number> {
  const directory = path.resolve(folder, source.from);
  const files = existsSync(directory) ? (await readdir(directory)).filter(file => file.endsWith('.sql')) : [];
  const odd = files.find(file => !/^\d{4}\.do\.[a-z0-9-]+\.sql$/.test(file));
  if (odd !== undefined)
    throw new Error(`${path.join(directory, odd)}: a migration is named 0001.do.what-it-makes.sql`);
  if (files.length === 0) return 0;

  let current = directory;
  const postgrator = new Postgrator({
    driver: 'pg',
    migrationPattern: path.join(directory, '*.sql'),
    schemaTable: `${source.schema}.${source.ledger}`,
    execQuery: query => client.query(query),
    execSqlScript: script => runScript(client, current, script),
  });
  postgrator.on('validation-started', ({ filename }) => (current = filename));
  postgrator.on('migration-started', ({ filename }) => (current = filename));

  await client.query(`begin; set local search_path to ${pg.escapeIdentifier(source.schema)}, public`);
  try {
    const applied = await postgrator.migrate();
    await client.query('commit');
    for (const { filename } of applied) say(`${source.schema}: applied ${path.relative(folder, filename)}`);
    return applied.length;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    if (error instanceof Error && error.message.startsWith('MD5'))
      throw new Error(`${current}: changed after it was applied to ${source.schema}; write a new migration instead`, {
        cause: error,
      });
    throw error;
  }
}

async function runScript(client: pg.Client, file: string, script: string): Promise<void> {
  for (const { text, line } of splitStatements(script)) {
    try {
      await client.query(text);
    } catch (error) {
      // The server tells where in the statement; a fault found only while running it has no such place.
      const offset = error instanceof pg.DatabaseError && error.position !== undefined ? Number(error.position) - 1 : 0;
      const at = line + lineAt(text, offset) - 1;
      throw new Error(`${file}:${String(at)}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
