import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { Launch } from '@waygraph/stack/part';
import { portOf } from './bad-weather.ts';
import { connectorConfig, putConnector, untilRunning } from './connectors.ts';
import type { FaultRun } from './fault-run.ts';
import { lendPart, logOf } from './lend-part.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const connectors = ['outbox', 'tables'] as const;
const listener = 'LINE';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The supervisor's part, run by the test with other arguments (`name=value`, the last one of a name counts). */
async function runOtherwise(
  run: FaultRun,
  name: string,
  change: (valueOf: (name: string) => string) => Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const { launch, giveBack } = await lendPart(name);
  run.letGo(giveBack);
  const child = start(name, launch, change);
  const ended = once(child, 'exit');
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(force);
    }
    await giveBack();
  };
  run.letGo(end);
  return end;
}

function start(
  name: string,
  { command, args, env, cwd }: Launch,
  change: (valueOf: (name: string) => string) => Readonly<Record<string, string>>,
): ChildProcess {
  const valueOf = (wanted: string): string =>
    args.findLast(arg => arg.startsWith(`${wanted}=`))?.slice(wanted.length + 1) ?? '';
  const more = Object.entries(change(valueOf)).map(([option, value]) => `${option}=${value}`);
  const out = openSync(logOf(name), 'a');
  try {
    return spawn(command, [...args, ...more], { env, cwd, stdio: ['ignore', out, out] });
  } finally {
    closeSync(out);
  }
}

async function untilListening(port: number): Promise<void> {
  const isOpen = async (): Promise<boolean> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
    return true;
  };
  await waitFor(isOpen, { timeoutMs: 60_000, intervalMs: 100, what: 'the broker to listen' });
}

/**
 * Connect talks to Kafka and to PostgreSQL through proxies. A broker tells its clients where to find it, so it gets one more listener,
 * and says that this one is where the proxy listens.
 */
export async function connectBehindLines(
  run: FaultRun,
): Promise<{ lines: Record<string, TcpProxy>; giveBack: () => Promise<void> }> {
  const behind = await freePort();
  const kafka = await createTcpProxy({ port: behind });
  const postgres = await createTcpProxy({ port: portOf(testEnv('ORDERS_DATABASE_URL')) });
  run.letGo(() => Promise.all([kafka.stop(), postgres.stop()]));

  const kafkaBack = await runOtherwise(run, 'kafka', valueOf => ({
    listeners: `${valueOf('listeners')},${listener}://127.0.0.1:${String(behind)}`,
    'advertised.listeners': `${valueOf('advertised.listeners')},${listener}://127.0.0.1:${String(kafka.port)}`,
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,${listener}:PLAINTEXT`,
  }));
  await untilListening(behind);
  const connectBack = await runOtherwise(run, 'connect', () => ({
    'bootstrap.servers': `127.0.0.1:${String(kafka.port)}`,
  }));
  const own = new Map<string, Readonly<Record<string, string>>>();
  const restore = async (): Promise<void> => {
    for (const [name, config] of own) await putConnector(name, config);
    for (const name of own.keys()) await untilRunning(name, 120_000);
    own.clear();
  };
  run.letGo(restore);
  for (const name of connectors) {
    const config = await waitFor(() => connectorConfig(name), { timeoutMs: 90_000, what: 'Connect to answer' });
    own.set(name, config);
    await putConnector(name, { ...config, 'database.port': String(postgres.port) });
  }
  for (const name of connectors) await untilRunning(name, 120_000);
  await run.goesOn('with Connect behind lines', 180_000);
  return {
    lines: { 'kafka from connect': kafka, 'postgres from connect': postgres },
    giveBack: async () => {
      await restore();
      await connectBack();
      await kafkaBack();
    },
  };
}
