import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';

type Status = { connector: { state: string }; tasks: { state: string; trace?: string }[] };

/** Kafka Connect's own interface, as far as faults need it. */
export async function connectorStatus(name: string): Promise<Status> {
  const answer = await fetch(`${testEnv('CONNECT_URL')}/connectors/${name}/status`);
  if (!answer.ok) throw new Error(`Connect answered ${String(answer.status)}`);
  return (await answer.json()) as Status;
}

async function put(path: string): Promise<void> {
  const answer = await fetch(`${testEnv('CONNECT_URL')}/connectors/${path}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`Connect answered ${String(answer.status)} to ${path}`);
}

type Config = Readonly<Record<string, string>>;

export async function connectorConfig(name: string): Promise<Config> {
  const answer = await fetch(`${testEnv('CONNECT_URL')}/connectors/${name}/config`);
  if (!answer.ok) throw new Error(`Connect answered ${String(answer.status)}`);
  return (await answer.json()) as Config;
}

/** Its tasks start anew with it. */
export async function putConnector(name: string, config: Config): Promise<void> {
  await waitFor(
    async () => {
      const answer = await fetch(`${testEnv('CONNECT_URL')}/connectors/${name}/config`, {
        ...{ method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(config) },
      });
      // 409: the worker is rebalancing, which ends by itself.
      if (!answer.ok) throw new Error(`Connect answered ${String(answer.status)} ${await answer.text()}`);
      return true;
    },
    { timeoutMs: 60_000, intervalMs: 200, what: `connector ${name} to be configured` },
  );
}

/** The connector reads no more, and lets go of its slot, until it is told to. */
export async function stopConnector(name: string): Promise<void> {
  await put(`${name}/stop`);
  await waitFor(
    async () => {
      const { connector, tasks } = await connectorStatus(name);
      return connector.state === 'STOPPED' && tasks.length === 0;
    },
    { timeoutMs: 30_000, what: `connector ${name} to stand still` },
  );
}

export const resumeConnector = (name: string): Promise<void> => put(`${name}/resume`);

export const untilRunning = (name: string, timeoutMs = 60_000): Promise<true> =>
  waitFor(
    async () => {
      const { connector, tasks } = await connectorStatus(name);
      return connector.state === 'RUNNING' && tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING');
    },
    { timeoutMs, intervalMs: 100, what: `connector ${name} to run` },
  );
