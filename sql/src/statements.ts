export type Statement = { readonly text: string; readonly line: number };

/** What a statement may hide a semicolon in: comments, quoted strings and names, dollar-quoted bodies. */
const opaque = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|;/g;

/**
 * Cuts a migration file into its statements, each with the line (from 1) its first word stands on, so that a failure can be told
 * by file and line. Knows the SQL that migrations are written in; E'' strings with \' and nested comments are not among it.
 */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let start = 0;
  const cut = (end: number) => {
    const raw = sql.slice(start, end);
    const lead = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(raw)?.[0].length ?? 0;
    if (lead < raw.length) statements.push({ text: raw.slice(lead).trimEnd(), line: lineAt(sql, start + lead) });
    start = end + 1;
  };
  for (const match of sql.matchAll(opaque)) if (match[0] === ';') cut(match.index);
  cut(sql.length);
  return statements;
}

/** Line (from 1) of a character of a text. */
export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;
