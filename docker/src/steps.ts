import { provision, type CommandServer } from '@waygraph/sql/provision';
import { connectorsOf, createConnectors, type Connectors } from './connectors.ts';
import type { Step } from './part.ts';
import { messageOf, pause, type Say } from './say.ts';

const step = (name: string, needs: readonly string[], run: Step['run']): Step => ({
  kind: 'step',
  name,
  group: 'stack',
  needs,
  run,
});

/** A server that is being restarted just now is no reason to give up. */
async function persistently<T>(work: () => Promise<T>, say: Say, attempts = 5): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const message = messageOf(error);
      if (
        attempt >= attempts ||
        !/ECONN|terminat|shutting down|starting up|in recovery|Connection|timeout/i.test(message)
      )
        throw error;
      say(`${message}; trying again`);
      await pause(1_000);
    }
  }
}

/** What makes the servers usable: databases with slots, topics, connectors. The same with Docker and without. */
export function createSteps(
  env: Readonly<Record<string, string>>,
  say: Say,
): { databases: Step; topics: Step; connectors: Step; watch: Connectors } {
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
  const watch = createConnectors({ url: env['CONNECT_URL'] ?? '', say });
  let servers: readonly CommandServer[] = [];
  return {
    watch,
    databases: step('databases', ['postgres'], async tell => {
      ({ servers } = await persistently(() => provision(env, tell), tell));
      return 'roles, schemas, publications and slots right';
    }),
    topics: step('topics', ['kafka'], async tell => {
      // Loaded when it is needed: the client is large, and the servers start meanwhile.
      const { ensureTopics } = await import('./topics.ts');
      const created = await persistently(() => ensureTopics(brokers), tell);
      return created === 0 ? 'all there' : `${String(created)} created`;
    }),
    connectors: step('connectors', ['connect', 'databases', 'topics'], async tell => {
      const { ensureHeartbeatTopics } = await import('./topics.ts');
      const names = servers.flatMap(server => connectorsOf(server).map(({ name }) => name));
      await persistently(() => ensureHeartbeatTopics(brokers, names), tell);
      await persistently(() => watch.start(servers), tell);
      return 'running';
    }),
  };
}
