import pg from 'pg';

/**
 * Runs one statement with `$1` placeholders and gives its rows. Values come as the driver reads them: `int8` and `numeric` as text,
 * instants and dates as PostgreSQL's text; the same through a pool and through the ORM.
 */
export type Sql = <Row = Record<string, unknown>>(text: string, params?: readonly unknown[]) => Promise<Row[]>;

export type Pool = pg.Pool;

/** date, timestamp, timestamptz, interval: left as text, as the ORM does, so that microseconds survive. */
const types = new pg.TypeOverrides();
for (const oid of [1082, 1114, 1184, 1186]) types.setTypeParser(oid, (value: string) => value);

/** How long a statement may wait for a free connection or a new one, in ms. */
export const connectTimeoutMs = 5_000;

/**
 * A pool that survives its server: broken connections are dropped and made anew at the next statement. `name` is what
 * `pg_stat_activity` shows. Names without a schema are looked up in the login's own schema.
 */
export function createPool(options: {
  url: string;
  max: number;
  name: string;
  /** A statement that takes longer is ended, as a passing fault. Default 30 s. */
  statementTimeoutMs?: number;
}): Pool {
  const { url, max, name, statementTimeoutMs = 30_000 } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    // A server that vanished without a word (power, network) ends no statement: this does.
    query_timeout: statementTimeoutMs + 5_000,
    types,
  });
  // An idle connection that the server closes reports here; without a listener it would end the process.
  pool.on('error', () => undefined);
  pool.on('release', error => {
    if (!(error as unknown)) lastReturns.set(pool, performance.now());
  });
  return pool;
}

/** When a connection was last given back in good order. */
const lastReturns = new WeakMap<Pool, number>();
const noConnection = 'timeout exceeded when trying to connect';

/** Whether there was no connection only because others work with all of them: the database is there. */
export function isExhausted(pool: Pool, error: unknown): boolean {
  if (!(error instanceof Error) || error.message !== noConnection || pool.totalCount < pool.options.max) return false;
  return performance.now() - (lastReturns.get(pool) ?? -Infinity) < connectTimeoutMs;
}

/** Names of statement texts, so that a connection parses and plans each of them once and not at each call. */
const names = new Map<string, string>();
/** Texts that are put together by hand could be without number; those beyond are run unnamed. */
const mostNames = 1_000;

function statement(text: string, params: readonly unknown[]): pg.QueryConfig {
  const values = [...params];
  // Without parameters it may be several statements at once, which cannot be prepared.
  if (values.length === 0 || (names.size >= mostNames && !names.has(text))) return { text, values };
  const name = names.get(text) ?? `s${String(names.size + 1)}`;
  names.set(text, name);
  return { name, text, values };
}

/** One statement on any free connection, in a transaction of its own. */
export const sqlOfPool =
  (pool: Pool): Sql =>
  async <Row>(text: string, params: readonly unknown[] = []) =>
    (await pool.query(statement(text, params))).rows as Row[];

/**
 * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. When the connection dies during the
 * commit nobody knows whether it took effect; the rejection is then a passing fault, and a repeat must be harmless. A statement
 * that waits longer than `lockTimeoutMs` for a lock fails, as a passing fault too; default: it waits until its time is over.
 */
export async function withTransaction<Result>(
  pool: Pool,
  work: (sql: Sql) => Promise<Result>,
  { lockTimeoutMs }: { lockTimeoutMs?: number } = {},
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  client.on('error', onError);
  try {
    await client.query(lockTimeoutMs === undefined ? 'begin' : `begin; set local lock_timeout = ${lockTimeoutMs}`);
    const result = await work(
      async <Row>(text: string, params: readonly unknown[] = []) =>
        (await client.query(statement(text, params))).rows as Row[],
    );
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection keeps what it has prepared: one that knows a table as it was before a migration is of no more use.
    if (error instanceof Error && error.message.startsWith('cached plan')) broken = error;
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

const passingSqlStates = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available
  '57014', // statement timeout
]);
const awayStates = new Set([
  '57P01', // admin shutdown
  '57P02', // crash shutdown
  '57P03', // starting up
  '25006', // read-only: a standby before its promotion
]);
const passingSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** pg gives these no code. */
const awayMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;
/** Behind a migration; over with the connection that has seen the table before it. */
const stalePlan = /^cached plan must not change result type/;

/** Whether a failure is one that passes by itself: a part that is away, a lock, a conflict. Looks along the causes. */
export function isTransient(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if ('retryable' in at && at.retryable === true) return true; // ours
    if ('retriable' in at && at.retriable === true) return true; // Kafka's
    if (stalePlan.test(at.message) || passingSqlStates.has(codeOf(at)) || saysAway(at)) return true;
    if (at instanceof AggregateError && at.errors.some(isTransient)) return true;
  }
  return false;
}

/** Whether it says that a database, or the way to it, is not there: not that a lock or another transaction was in the way. */
export function isAway(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if (saysAway(at)) return true;
    if (at instanceof AggregateError && at.errors.some(isAway)) return true;
  }
  return false;
}

function saysAway(error: Error): boolean {
  const code = codeOf(error);
  // Classes 08 (connection) and 53 (out of connections, memory, disk).
  return (
    awayMessages.test(error.message) ||
    awayStates.has(code) ||
    passingSystemCodes.has(code) ||
    /^(08|53)...$/.test(code)
  );
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

/** Distinct servers that the URLs name, each as a URL with the login of `as`; in order of appearance, that of `as` first. */
export function distinctServers(urls: readonly string[], as: string): string[] {
  const servers = new Map<string, string>();
  for (const text of [as, ...urls]) {
    const url = new URL(text);
    const { username, password } = new URL(as);
    url.username = username;
    url.password = password;
    servers.set(`${url.hostname}:${url.port || '5432'}${url.pathname}`, url.href);
  }
  return [...servers.values()];
}
