import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { snapshotNotificationsTopic } from '@waygraph/schema/topics';
import type { CommandServer } from '@waygraph/sql/provision';
import { messageOf, pause, seconds, type Say } from './say.ts';

const folder = join(import.meta.dirname, '../connect');
const kinds = ['outbox', 'tables'] as const;

export type Connector = { name: string; config: Record<string, string> };

const escape = (text: string): string => text.replaceAll(/[.\\]/g, '\\$&');

/** The two connectors of one PostgreSQL server: the templates with its address and tables filled in. */
export function connectorsOf(server: CommandServer, host = server.host, port = server.port): Connector[] {
  const suffix = server.slotSuffix;
  const values: Record<string, string> = {
    suffix,
    host,
    port: String(port),
    user: server.user,
    password: server.password,
    database: server.database,
    outboxSlot: server.slots.outbox,
    tablesSlot: server.slots.tables,
    outboxTables: server.outboxTables.map(escape).join(','),
    capturedTables: [...server.capturedTables, 'cdc.signals'].map(escape).join(','),
    signalTable: 'cdc.signals',
    notifications: snapshotNotificationsTopic,
  };
  return kinds.map(kind => {
    const template = JSON.parse(readFileSync(join(folder, `${kind}.json`), 'utf8')) as Record<string, string>;
    // Only our own names: ${routedByValue} belongs to the router.
    const fill = (text: string) => text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
    return {
      name: `${kind}${suffix}`,
      config: Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value)])),
    };
  });
}

type TaskStatus = { id: number; state: string; trace?: string };
type ConnectorStatus = { connector: { state: string; trace?: string }; tasks: TaskStatus[] };

/** The first line of a Java trace that says what went wrong, cut to a length that fits a log. */
const cause = (trace: string | undefined): string => {
  const lines = (trace ?? '').split('\n');
  return (lines.findLast(line => line.startsWith('Caused by:')) ?? lines[0] ?? '').slice(0, 300);
};

export function createConnectors({ url, say }: { url: string; say: Say }) {
  let wanted: Connector[] = [];
  const watching = new AbortController();
  const attempts = new Map<string, { failures: number; notBefore: number; runningSince: number }>();

  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      signal: AbortSignal.timeout(10_000),
      headers: { 'content-type': 'application/json' },
    });

  async function put({ name, config }: Connector): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const answer = await call(`/connectors/${name}/config`, { method: 'PUT', body: JSON.stringify(config) });
      if (answer.ok) return;
      const text = await answer.text();
      // 409: the worker is rebalancing, which ends by itself.
      if (answer.status !== 409 || Date.now() > deadline)
        throw new Error(`connector ${name} was refused: ${text.slice(0, 300)}`);
      await pause(200);
    }
  }

  async function statusOf(name: string): Promise<ConnectorStatus | undefined> {
    const answer = await call(`/connectors/${name}/status`);
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`Connect answered ${String(answer.status)}`);
    return (await answer.json()) as ConnectorStatus;
  }

  const isRunning = (status: ConnectorStatus | undefined): boolean =>
    status?.connector.state === 'RUNNING' &&
    status.tasks.length > 0 &&
    status.tasks.every(task => task.state === 'RUNNING');

  /** Restarts what has failed; the pause before the next attempt doubles up to a minute, and is short again after two good minutes. */
  async function mend(connector: Connector): Promise<void> {
    const { name } = connector;
    const status = await statusOf(name);
    if (status === undefined) {
      say(`connector ${name} is not known to Connect: putting it again`);
      await put(connector);
      return;
    }
    const record = attempts.get(name) ?? { failures: 0, notBefore: 0, runningSince: 0 };
    attempts.set(name, record);
    const now = Date.now();
    const failed = [status.connector, ...status.tasks].filter(({ state }) => state === 'FAILED');
    if (failed.length === 0) {
      if (isRunning(status)) {
        if (record.runningSince === 0 && record.failures > 0) say(`connector ${name} is running again`);
        record.runningSince ||= now;
        if (now - record.runningSince > 120_000) record.failures = 0;
      }
      return;
    }
    record.runningSince = 0;
    if (now < record.notBefore) return;
    record.failures += 1;
    const delayMs = Math.min(1_000 * 2 ** (record.failures - 1), 60_000);
    record.notBefore = now + delayMs;
    say(
      `connector ${name} has failed (${cause(failed[0]?.trace)}): restart ${String(record.failures)}, the next not before ${seconds(delayMs)}`,
    );
    await call(`/connectors/${name}/restart?includeTasks=true&onlyFailed=true`, { method: 'POST' });
  }

  async function watch(): Promise<void> {
    let silent = false;
    while (!watching.signal.aborted) {
      await pause(2_000, watching.signal);
      try {
        // While it starts, Connect answers that it knows no connector at all.
        const health = await call('/health');
        if (!health.ok) throw new Error(`Connect answered ${String(health.status)}`);
        for (const connector of wanted) await mend(connector);
        silent = false;
      } catch (error) {
        // Connect itself is away: its own supervisor says so; here once is enough.
        if (!silent) say(`connectors cannot be asked: ${messageOf(error)}`);
        silent = true;
      }
    }
  }

  return {
    /** Puts the connectors, waits until they run, and looks after them from then on. */
    async start(servers: readonly CommandServer[]): Promise<void> {
      wanted = servers.flatMap(server => connectorsOf(server));
      await Promise.all(wanted.map(put));
      const deadline = Date.now() + 60_000;
      for (;;) {
        const states = await Promise.all(wanted.map(async ({ name }) => ({ name, status: await statusOf(name) })));
        if (states.every(({ status }) => isRunning(status))) break;
        const waiting = states.filter(({ status }) => !isRunning(status));
        if (Date.now() > deadline) {
          const why = waiting.map(
            ({ name, status }) =>
              `${name}: ${cause(status?.tasks[0]?.trace ?? status?.connector.trace) || 'no task yet'}`,
          );
          throw new Error(`connectors do not run: ${why.join('; ')}`);
        }
        for (const connector of wanted) await mend(connector);
        await pause(100);
      }
      void watch();
    },
    stop: () => {
      watching.abort();
    },
    /** For `stack status`. */
    states: async (): Promise<Array<{ name: string; state: string }>> =>
      Promise.all(
        wanted.map(async ({ name }) => {
          const status = await statusOf(name).catch(() => undefined);
          return {
            name,
            state:
              status === undefined
                ? 'unknown'
                : isRunning(status)
                  ? 'RUNNING'
                  : (status.tasks[0]?.state ?? status.connector.state),
          };
        }),
      ),
  };
}

export type Connectors = ReturnType<typeof createConnectors>;
