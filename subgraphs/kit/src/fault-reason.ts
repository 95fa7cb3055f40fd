import { createHash } from 'node:crypto';
import { z } from 'zod';

const longest = 300;

/**
 * Why something failed, fit to be kept and told: no value that stood in the data, since it may be somebody's name. What a parser or
 * the database says of values is left out, and so is whatever stands in quotes or looks like an address.
 */
export function faultReason(error: unknown): string {
  if (error instanceof z.ZodError)
    return cut(
      error.issues.map(issue => `${issue.path.map(String).join('.') || 'payload'}: ${expectation(issue)}`).join('; '),
    );
  if (error instanceof SyntaxError) return 'not JSON';
  if (!(error instanceof Error)) return cut(withoutValues(String(error)));
  const named = ['code', 'table', 'column', 'constraint'].flatMap(name => {
    const value = (error as unknown as Record<string, unknown>)[name];
    return typeof value === 'string' && /^[\w.-]{1,63}$/.test(value) ? [`${name} ${value}`] : [];
  });
  const text = `${error.name}: ${withoutValues(error.message)}`;
  return cut(named.length === 0 ? text : `${text} (${named.join(', ')})`);
}

const expectation = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' ? `expected ${issue.expected}` : issue.code.replaceAll('_', ' ');

const withoutValues = (text: string): string =>
  text
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '[cut]')
    .replace(/\S+@\S+/g, '[cut]')
    .replace(/\d{5,}/g, '[cut]');

/** Without the one character that PostgreSQL's text cannot hold, and without the half of one that its JSON cannot. */
const cut = (text: string): string => text.replaceAll('\0', '').slice(0, longest).toWellFormed();

/** The same for faults of the same kind at the same place of the code, whatever their text; lines may move. */
export function stackHash(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack
    .split('\n')
    .filter(line => /^\s+at /.test(line))
    .map(line => line.trim().replace(/:\d+:\d+\)?$/, ''));
  const kind = error instanceof Error ? error.name : typeof error;
  return createHash('sha256')
    .update([kind, ...frames].join('\n'))
    .digest('hex')
    .slice(0, 12);
}
