import pg from 'pg';

/** What a service remembers about the sample shop: a row among its idempotency keys per version that it has taken in. */
export type Ledger = {
  /** The newest version loaded; 0 when there is none. */
  loadedVersion: () => Promise<number>;
  /** Keeps other loaders out until `close`; waits for one that is at work, telling `onWait`. */
  lock: (onWait: () => void) => Promise<void>;
  remember: (version: number, summary: unknown) => Promise<void>;
  close: () => Promise<void>;
};

// It runs while everything else starts: a slow machine is no fault.
const connectTimeoutMs = 30_000;

// The driver itself and no pool: the lock belongs to one connection, and the usual run ends after a single question.
export async function openLedger(url: string, name: string, operation = 'sample-shop'): Promise<Ledger> {
  const key = [name, operation];
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sample-shop',
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A connection that breaks while nothing is asked of it shows at the next question.
  client.on('error', () => undefined);
  await client.connect();
  const tryLock = async (call: string): Promise<boolean> => {
    const { rows } = await client.query<{ taken: unknown }>(
      `select ${call}(hashtextextended($1 || current_user, 0)) as taken`,
      [operation === 'sample-shop' ? `waygraph ${name} ` : `waygraph ${name} ${operation} `],
    );
    return rows[0]?.taken !== false;
  };
  return {
    loadedVersion: async () => {
      const { rows } = await client.query<{ version: number }>(
        `select coalesce(max(key::int), 0) as version from idempotency where subject = $1 and operation = $2`,
        key,
      );
      return rows[0]?.version ?? 0;
    },
    lock: async onWait => {
      if (await tryLock('pg_try_advisory_lock')) return;
      onWait();
      await tryLock('pg_advisory_lock');
    },
    remember: async (version, summary) => {
      await client.query(
        `insert into idempotency (subject, operation, key, request_hash, response) values ($1, $2, $3, '', $4)
         on conflict do nothing`,
        [...key, String(version), JSON.stringify(summary)],
      );
    },
    close: () => client.end(),
  };
}
