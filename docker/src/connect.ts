import { join } from 'node:path';
import { log4jConfig, runScript } from './kafka.ts';
import type { Part } from './part.ts';

const workerConfig = join(import.meta.dirname, '../connect/worker.properties');

export const connectJavaOptions =
  '-Xms128m -Xmx384m -XX:MaxDirectMemorySize=64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Djava.awt.headless=true';

/** Overrides of docker/connect/worker.properties; the compose file passes the same names. */
export const connectOverrides = (brokers: string, port: number, plugins: string): Record<string, string> => ({
  'bootstrap.servers': brokers,
  listeners: `http://127.0.0.1:${String(port)}`,
  'rest.advertised.host.name': '127.0.0.1',
  'plugin.path': plugins,
});

export function connectPart(options: {
  run: string;
  libs: string;
  plugins: string;
  port: number;
  brokers: string;
  javaOptions: string;
  env: Record<string, string>;
}): Part {
  const { port } = options;
  const health = async (signal: AbortSignal) => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}/health`, { signal });
    if (!answer.ok) throw new Error(`Connect answered ${String(answer.status)}`);
  };
  return {
    kind: 'part',
    name: 'connect',
    group: 'stack',
    needs: ['kafka'],
    port,
    readyWithinMs: 120_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
    earlyExits: 2, // it gives up when Kafka is being restarted
    prepare: () => {
      const overrides = Object.entries(connectOverrides(options.brokers, port, options.plugins)).map(
        ([name, value]) => `${name}=${value}`,
      );
      return Promise.resolve({
        command: 'sh',
        args: [runScript, 'connect', workerConfig, join(options.run, 'connect.properties'), ...overrides],
        env: { ...options.env, KAFKA_LIBS: options.libs, LOG4J: log4jConfig, JAVA_OPTS: options.javaOptions },
        cwd: options.run,
      });
    },
    probe: health,
  };
}
