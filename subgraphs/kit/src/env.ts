import { z } from 'zod';

type Shape = Record<string, z.ZodType>;
type Source = Readonly<Record<string, string | undefined>>;

/** Every fault of the environment at once: which variable, what was expected, what came. Secrets are not repeated. */
export function checkEnv<S extends Shape>(
  shape: S,
  source: Source,
): { env: { [Name in keyof S]: z.output<S[Name]> } } | { faults: string[] } {
  const given = Object.fromEntries(
    Object.keys(shape).map(name => [name, source[name] === '' ? undefined : source[name]]),
  );
  const result = z.object(shape).safeParse(given);
  if (result.success) return { env: result.data as { [Name in keyof S]: z.output<S[Name]> } };
  const faults = result.error.issues.map(issue => {
    const name = String(issue.path[0] ?? '');
    const value = given[name];
    const came =
      value === undefined ? 'it is not set' : /SECRET|PASSWORD|URL/.test(name) ? 'got another value' : `got "${value}"`;
    return `${name}: ${issue.message}; ${came}`;
  });
  return { faults };
}

/**
 * The typed environment of a process. Prints all faults to stderr and ends the process with code 1 when it does not fit.
 * An empty variable counts as not set.
 */
export function loadEnv<S extends Shape>(
  shape: S,
  source: Source = process.env,
): { [Name in keyof S]: z.output<S[Name]> } {
  const result = checkEnv(shape, source);
  if ('env' in result) return result.env;
  process.stderr.write(`The environment does not fit:\n${result.faults.map(fault => `  ${fault}\n`).join('')}`);
  return process.exit(1);
}

const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN);

export const integer = (fallback: number, range: { min: number; max: number }) =>
  z
    .string()
    .default(String(fallback))
    .transform(wholeNumber)
    .pipe(
      z
        .int({ error: `expected a whole number from ${String(range.min)} to ${String(range.max)}` })
        .min(range.min, `expected at least ${String(range.min)}`)
        .max(range.max, `expected at most ${String(range.max)}`),
    );

/** A TCP port; 0 lets the system choose one. */
export const port = (fallback: number) => integer(fallback, { min: 0, max: 65_535 });

const parsesAsUrl = (protocols: readonly string[]) => (text: string) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

const urlOf =
  (what: string, ...protocols: string[]) =>
  (fallback: string) =>
    z
      .string()
      .default(fallback)
      .refine(parsesAsUrl(protocols), { error: `expected a URL like ${what}` });

export const postgresUrl = urlOf('postgres://user:password@host:5432/database', 'postgres:', 'postgresql:');
export const redisUrl = urlOf('redis://host:6379', 'redis:', 'rediss:');
export const httpUrl = urlOf('http://host:port/path', 'http:', 'https:');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const timeZone = (fallback: string) =>
  z.string().default(fallback).refine(isTimeZone, { error: 'expected a time zone like America/Sao_Paulo' });

export const text = (fallback: string) => z.string().default(fallback);

/** Shared secrets have no default: a known one would be none. The stack makes them at its first start. */
export const secret = () =>
  z.string({ error: 'expected a secret of at least 32 characters' }).min(32, 'expected at least 32 characters');

export const list = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform(value =>
      value
        .split(',')
        .map(item => item.trim())
        .filter(item => item !== ''),
    );

/** What every process has. */
export const common = {
  /** The address servers listen on: loopback, unless something in front of them (Docker) keeps strangers out. */
  LISTEN_HOST: z.string().default('127.0.0.1'),
  NODE_ENV: z
    .enum(['development', 'production', 'test'], { error: 'expected development, production or test' })
    .default('development'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'expected fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
};

export const kafkaBrokers = () => list('127.0.0.1:9092');
