import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { partStatus } from '../support.ts';

/** A part that listens says of itself that it is fit for work; of the others the supervisor knows. */
export async function untilReady(name: string, timeoutMs = 90_000): Promise<void> {
  await waitFor(
    async () => {
      const { state, port } = await partStatus(name);
      if (state === 'released') return port !== undefined && (await isReady(port));
      return state === 'ready' && (servers.includes(name) || (port !== undefined && (await isReady(port))));
    },
    { timeoutMs, intervalMs: 100, what: `${name} to be ready` },
  );
}
/** They are asked in languages of their own. */
export const servers: readonly string[] = ['postgres', 'redis', 'kafka', 'connect'];

const isReady = async (port: number): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${String(port)}/ready`, { signal: AbortSignal.timeout(5_000) })).ok;

/** A counter, whatever its labels say. */
async function metric(port: number | undefined, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
  const values = text.split('\n').filter(line => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  if (values.length === 0) throw new Error(`there is no metric ${name}`);
  return values.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

async function sum(variable: string, statement: string): Promise<number> {
  const pool = createPool({ url: testEnv(variable), max: 1, name: 'part-work' });
  try {
    return Number((await sqlOfPool(pool)<{ done: string | null }>(statement))[0]?.done ?? 0);
  } finally {
    await pool.end();
  }
}

/** Parts without which orders go on all the same, and how much of their work each has done. */
const done: Readonly<Record<string, () => Promise<number>>> = {
  'outbox-health': async () => metric((await partStatus('outbox-health')).port, 'waygraph_outbox_records_total'),
  auditor: async () => metric((await partStatus('auditor')).port, 'waygraph_audit_checked_total'),
  canary: () => sum('CDC_DATABASE_URL', 'select sum(n) as done from cdc.beats'),
  'read-sync': () => sum('READ_SYNC_DATABASE_URL', 'select sum(version) as done from stats.deliveries'),
};

/** Resolves with what waits until the part has done some of its own work after this moment; of the others orders tell. */
export async function watchWork(name: string): Promise<() => Promise<void>> {
  const look = done[name];
  if (look === undefined) return () => Promise.resolve();
  const before = await waitFor(async () => [await look()] as const, { timeoutMs: 60_000, what: `the work of ${name}` });
  return async () => {
    await waitFor(async () => (await look()) > before[0], {
      ...{ timeoutMs: 90_000, intervalMs: 250, what: `${name} to do some work` },
    });
  };
}
