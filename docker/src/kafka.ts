import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Part } from './part.ts';
import { Fault } from './say.ts';

const folderOfConfig = join(import.meta.dirname, '../kafka');
export const kafkaConfig = join(folderOfConfig, 'server.properties');
export const log4jConfig = join(folderOfConfig, 'log4j2.properties');
export const runScript = join(folderOfConfig, 'run.sh');

/** Two cores and little memory: the quick compiler only, a collector without threads of its own. */
export const kafkaJavaOptions =
  '-Xms128m -Xmx384m -XX:MaxDirectMemorySize=64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Djava.awt.headless=true';

/** Overrides of docker/kafka/server.properties; the compose file passes the same names. */
export const kafkaOverrides = (folder: string, port: number, controllerPort: number): Record<string, string> => ({
  listeners: `PLAINTEXT://127.0.0.1:${String(port)},CONTROLLER://127.0.0.1:${String(controllerPort)}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${String(port)}`,
  'controller.quorum.voters': `1@127.0.0.1:${String(controllerPort)}`,
  'log.dirs': folder,
});

/** Kafka's folder is either new or has a readable meta.properties of this node. */
export function checkKafkaFolder(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const file = join(folder, 'meta.properties');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const has = (pattern: RegExp) => pattern.test(text);
  if (has(/^node\.id=1$/m) && has(/^cluster\.id=\S+$/m) && has(/^version=\d+$/m)) return;
  throw new Fault(
    `Kafka's folder ${folder} is corrupt: meta.properties is ${text === '' ? 'missing' : 'not one of this node'}; restore it, or start anew with "npm run stack -- reset"`,
  );
}

/** ApiVersions, the first question every client asks; a broker answers it only when it takes work. */
function apiVersions(port: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = Buffer.alloc(14);
  request.writeInt32BE(10, 0); // length
  request.writeInt16BE(18, 4); // ApiVersions
  request.writeInt16BE(0, 6); // its version
  request.writeInt32BE(1, 8); // correlation
  request.writeInt16BE(-1, 12); // no client id
  const socket = connect({ host: '127.0.0.1', port, signal });
  socket.on('connect', () => socket.write(request));
  socket.on('data', data => {
    if (data.length >= 10 && data.readInt16BE(8) === 0) resolve();
    else reject(new Error('Kafka refused ApiVersions'));
    socket.destroy();
  });
  socket.on('error', reject);
  socket.on('close', () => {
    reject(new Error('Kafka closed the connection'));
  });
  return promise;
}

export function kafkaPart(options: {
  folder: string;
  run: string;
  libs: string;
  port: number;
  controllerPort: number;
  javaOptions: string;
  env: Record<string, string>;
}): Part {
  const { folder, port, controllerPort, libs } = options;
  return {
    kind: 'part',
    name: 'kafka',
    group: 'stack',
    needs: [],
    port,
    readyWithinMs: 90_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
    earlyExits: 0,
    prepare: () => {
      checkKafkaFolder(folder);
      mkdirSync(folder, { recursive: true });
      const overrides = Object.entries(kafkaOverrides(folder, port, controllerPort)).map(
        ([name, value]) => `${name}=${value}`,
      );
      return Promise.resolve({
        command: 'sh',
        args: [runScript, 'kafka', kafkaConfig, join(options.run, 'kafka.properties'), ...overrides],
        env: { ...options.env, KAFKA_LIBS: libs, LOG4J: log4jConfig, JAVA_OPTS: options.javaOptions },
        cwd: folder,
      });
    },
    probe: signal => apiVersions(port, signal),
  };
}
