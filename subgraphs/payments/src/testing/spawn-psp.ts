import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../../docker/fake-psp/src/main.ts', import.meta.url));

async function start(file: string) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], FAKE_PSP_PORT: '0', FAKE_PSP_FILE: file },
  });
  const exited = once(child, 'exit');
  const listening = Promise.withResolvers<number>();
  void exited.then(() => listening.reject(new Error('fake-psp ended before it listened')));
  createInterface({ input: child.stdout }).on('line', line => {
    const entry = JSON.parse(line) as { msg: string; port: number };
    if (entry.msg === 'fake-psp listens') listening.resolve(entry.port);
  });
  const port = await listening.promise;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    end: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return (await exited) as [number | null, string | null];
    },
  };
}

type Charge = { status: string; amountMinor: number; refundedMinor: number; reference: string; customerId: string };

/** The provider's process on a free port and a file of its own; `dispose` ends it and removes the file. */
export async function spawnPsp() {
  const folder = await mkdtemp(join(tmpdir(), 'waygraph-psp-'));
  const file = join(folder, 'psp', 'ledger.jsonl');
  let running = await start(file);
  return {
    file,
    url: () => running.url,
    /** kill -9, and again on the same file; `between` happens while it is away. */
    restart: async (between: () => unknown = () => undefined) => {
      await running.end('SIGKILL');
      await between();
      running = await start(file);
    },
    stop: () => running.end('SIGTERM'),
    behave: async (customerId: string, behaviour: object): Promise<number> => {
      const path = `/behaviours/${encodeURIComponent(customerId)}`;
      const response = await fetch(running.url + path, { method: 'PUT', body: JSON.stringify(behaviour) });
      return response.status;
    },
    charge: async (key: string): Promise<Charge | undefined> => {
      const response = await fetch(`${running.url}/charges/${encodeURIComponent(key)}`);
      const body = await response.text();
      return response.status === 404 ? undefined : (JSON.parse(body) as Charge);
    },
    post: async (path: string, key: string | undefined, body: unknown): Promise<{ status: number; body: unknown }> => {
      const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
      const response = await fetch(running.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    },
    dispose: async () => {
      await running.end('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

export type Psp = Awaited<ReturnType<typeof spawnPsp>>;
