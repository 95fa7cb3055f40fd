import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Artifacts } from './artifacts.ts';
import { connectJavaOptions, connectPart } from './connect.ts';
import { freePorts } from './free-ports.ts';
import { kafkaJavaOptions, kafkaPart } from './kafka.ts';
import type { Part } from './part.ts';
import { createSupervised } from './supervised.ts';
import { messageOf, seconds, type Say } from './say.ts';

// A JVM that maps its classes ready-made from an archive starts in half the time. An archive is valid for one Java and one set
// of jars; it is written when a JVM that was told to ends, so both servers are run once, empty, on free ports.

/** Where the archives of this Java and these jars lie; undefined when the Java does not tell what it is. */
function archiveFolder(artifacts: Artifacts, java: string): string | undefined {
  const release = existsSync(java) ? join(dirname(dirname(realpathSync(java))), 'release') : '';
  if (!existsSync(release)) return undefined;
  const options = `${kafkaJavaOptions} ${connectJavaOptions}`;
  const key = createHash('sha256').update(readFileSync(release)).update(options).digest('hex').slice(0, 12);
  return join(dirname(artifacts.libs), `archives-${key}`);
}

export type JavaOptions = { kafka: string; connect: string };

const plain: JavaOptions = { kafka: kafkaJavaOptions, connect: connectJavaOptions };

/** JVM options with the archives that are there; without them the servers start more slowly, and that is all. */
export function javaOptions(artifacts: Artifacts, java: string): JavaOptions {
  const folder = archiveFolder(artifacts, java);
  const withArchive = (options: string, name: string) => {
    const file = folder === undefined ? '' : join(folder, `${name}.jsa`);
    return file !== '' && existsSync(file) ? `${options} -XX:SharedArchiveFile=${file}` : options;
  };
  return { kafka: withArchive(plain.kafka, 'kafka'), connect: withArchive(plain.connect, 'connect') };
}

/** Makes the archives once per Java and version; a failure costs speed only and is told. */
export async function ensureArchives(
  artifacts: Artifacts,
  java: string,
  env: Record<string, string>,
  say: Say,
): Promise<void> {
  const folder = archiveFolder(artifacts, java);
  if (folder === undefined || existsSync(folder)) return;
  const begin = performance.now();
  say('Kafka and Connect: preparing quick starts (once for this Java)');
  const work = mkdtempSync(join(tmpdir(), 'waygraph-archives-'));
  const fresh = `${folder}.new`;
  try {
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    await train(work, fresh, artifacts, { ...env, JAVA: java });
    renameSync(fresh, folder);
    say(`Kafka and Connect: quick starts prepared in ${seconds(performance.now() - begin)}`);
  } catch (error) {
    say(`Kafka and Connect: no quick starts (${messageOf(error)}); they start more slowly`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function train(
  work: string,
  folder: string,
  { libs, plugins }: Artifacts,
  env: Record<string, string>,
): Promise<void> {
  const [port = 0, controllerPort = 0, connectPort = 0] = await freePorts(3);
  const dump = (options: string, name: string) => `${options} -XX:ArchiveClassesAtExit=${join(folder, `${name}.jsa`)}`;
  const kafka = kafkaPart({
    ...{ folder: join(work, 'kafka'), run: work, libs, env },
    ...{ port, controllerPort, javaOptions: dump(kafkaJavaOptions, 'kafka') },
  });
  const connect = connectPart({
    ...{ run: work, libs, plugins, env, port: connectPort },
    ...{ brokers: `127.0.0.1:${String(port)}`, javaOptions: dump(connectJavaOptions, 'connect') },
  });
  const started: Array<ReturnType<typeof createSupervised>> = [];
  const marker = { id: work, cluster: work, of: (part: string) => `${work}/${part}` };
  const stopSlowly = (part: Part): Part => ({ ...part, stopWithinMs: 60_000, earlyExits: 0 });
  try {
    for (const part of [kafka, connect]) {
      const one = createSupervised(stopSlowly(part), {
        say: () => undefined,
        marker,
        logFile: join(work, `${part.name}.log`),
        changed: () => undefined,
      });
      started.push(one);
      await one.start();
    }
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}
