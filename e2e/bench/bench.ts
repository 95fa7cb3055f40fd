import { mkdir, writeFile } from 'node:fs/promises';
import { createTokens, type Tokens } from '../tokens.ts';
import { serviceUrls } from './event-commits.ts';

/** What every bench gets from `npm run bench`. */
export type Bench = {
  env: Readonly<Record<string, string | undefined>>;
  args: readonly string[];
  /** Folder for the figures as JSON. */
  results: string;
  report: (line: string) => void;
};

/** The running system, as `env` names it: its services' databases, its gateway, and tokens that it takes. */
export function systemOf(env: Bench['env']): { urls: Record<string, string>; gateway: string; tokens: Tokens } {
  const { WAYGRAPH_DATA: data, JWT_ISSUER: issuer = 'waygraph', JWT_AUDIENCE: audience = 'waygraph' } = env;
  if (data === undefined) throw new Error('WAYGRAPH_DATA: expected the data folder of the running system');
  return {
    urls: serviceUrls(env),
    gateway: `http://127.0.0.1:${env['GATEWAY_PORT'] ?? '4000'}`,
    tokens: createTokens({ data, issuer, audience }),
  };
}

/** Reads numbers out of parsed options; throws naming the option when it lies outside. */
export const numberOf =
  <Values extends object>(values: Values) =>
  (name: keyof Values & string, from: number, to = 100_000): number => {
    const value = Number(values[name]);
    if (Number.isFinite(value) && value >= from && value <= to) return value;
    const range = `from ${String(from)} to ${String(to)}`;
    throw new Error(`--${name}: expected a number ${range}, got ${String(values[name])}`);
  };

/** Keeps the figures as JSON and gives the file's path. */
export async function keepResult(results: string, result: { bench: string; at: string }): Promise<string> {
  const file = `${results}/${result.bench}-${result.at.replaceAll(':', '')}.json`;
  await mkdir(results, { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}
