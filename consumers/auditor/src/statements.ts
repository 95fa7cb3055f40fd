import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const texts = new Map<string, string>();

/** A statement of the folder `sql`, by its path there without `.sql`; its first comment says what it is for. */
export function statement(path: string): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(join(import.meta.dirname, 'sql', `${path}.sql`), 'utf8');
  texts.set(path, text);
  return text;
}
