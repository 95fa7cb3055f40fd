import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withLock } from './lock.ts';
import { run } from './proc.ts';
import { Fault, seconds, type Say } from './say.ts';

const folder = join(import.meta.dirname, '../kafka');
const pom = join(folder, 'pom.xml');
const lockFile = join(folder, 'artifacts.sha256');
const plugin = 'debezium-connector-postgres';

export type Artifacts = { libs: string; plugins: string };

type Entry = { hash: string; path: string };

export const parseLock = (text: string): Entry[] =>
  text.split('\n').flatMap(line => {
    const [, hash, path] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
    return hash === undefined || path === undefined ? [] : [{ hash, path }];
  });

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** The folder carries the lock's own hash: another version is another folder, complete or not there. */
function target(cache: string): string {
  return join(cache, `kafka-${sha256(lockFile).slice(0, 12)}`);
}

const places = (at: string): Artifacts => ({ libs: join(at, 'libs'), plugins: join(at, 'plugins') });

/** Files of the lock that are missing or not what it says. */
export function wrongFiles(at: string, entries: readonly Entry[]): Entry[] {
  return entries.filter(({ path, hash }) => !existsSync(join(at, path)) || sha256(join(at, path)) !== hash);
}

/** What is there and right already, without touching the network. */
export function findArtifacts(cache: string): Artifacts | undefined {
  const at = target(cache);
  if (!existsSync(at)) return undefined;
  return wrongFiles(at, parseLock(readFileSync(lockFile, 'utf8'))).length === 0 ? places(at) : undefined;
}

/** Kafka, Connect and the Debezium plugin in the cache, every file checked against the committed lock. */
export async function ensureArtifacts(cache: string, env: Record<string, string>, say: Say): Promise<Artifacts> {
  const found = findArtifacts(cache);
  if (found) return found;
  makeCache(cache);
  return withLock(join(cache, 'kafka.lock'), 'a download of Kafka and Debezium', say, async () => {
    const at = target(cache);
    const entries = parseLock(readFileSync(lockFile, 'utf8'));
    for (let attempt = 1; ; attempt += 1) {
      const wrong = existsSync(at) ? wrongFiles(at, entries) : entries;
      if (wrong.length === 0) return places(at);
      const damaged = wrong.filter(({ path }) => existsSync(join(at, path)));
      if (attempt > 2) {
        const names = wrong
          .slice(0, 3)
          .map(({ path }) => basename(path))
          .join(', ');
        throw new Fault(
          `Kafka and Debezium: ${names}${wrong.length > 3 ? ' and others' : ''} do not match docker/kafka/artifacts.sha256 after two downloads: the repository gives other files; check its address in ~/.m2/settings.xml`,
        );
      }
      if (damaged.length > 0)
        say(
          `Kafka and Debezium: thrown away ${damaged.map(({ path }) => basename(path)).join(', ')} (wrong content), fetching again`,
        );
      discard(cache, at, damaged);
      await download(cache, at, env, say);
    }
  });
}

function makeCache(cache: string): void {
  try {
    mkdirSync(cache, { recursive: true });
  } catch (error) {
    throw new Fault(`cache folder ${cache} cannot be made (${String(error)}): choose another by WAYGRAPH_CACHE`);
  }
}

/** Removes wrong files where they lie and where Maven would take them from again. */
function discard(cache: string, at: string, entries: readonly Entry[]): void {
  const names = new Set(entries.map(({ path }) => (path.startsWith('plugins/') ? pluginArchive : basename(path))));
  for (const { path } of entries) rmSync(join(at, path), { force: true });
  const repository = join(cache, 'm2');
  if (!existsSync(repository)) return;
  for (const path of readdirSync(repository, { recursive: true, encoding: 'utf8' })) {
    const name = basename(path);
    if (names.has(name) || (names.has(pluginArchive) && name.endsWith('-plugin.tar.gz')))
      rmSync(join(repository, path), { force: true });
  }
}

// By its full name: a short one would be looked up in the network even when everything is here.
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const pluginArchive = 'plugin.tar.gz';

async function download(cache: string, at: string, env: Record<string, string>, say: Say): Promise<void> {
  const fresh = `${at}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'plugins'), { recursive: true });
  const begin = performance.now();
  let files = 0;
  let told = begin;
  say('Kafka and Debezium: downloading with Maven (about 60 MB, once)');
  const onLine = (line: string) => {
    if (line.includes('Downloaded from')) files += 1;
    if (performance.now() - told < 5_000) return;
    told = performance.now();
    say(`Kafka and Debezium: ${String(files)} files after ${seconds(told - begin)}`);
  };
  const args = ['-B', '-f', pom, `-Dmaven.repo.local=${join(cache, 'm2')}`, `-DoutputDirectory=${join(fresh, 'libs')}`];
  const { code, output } = await run('mvn', [...args, copyGoal], { cwd: cache, env, onLine });
  if (code !== 0) throw mavenFault(output);
  const archive = readdirSync(join(fresh, 'libs')).find(name => name.endsWith('-plugin.tar.gz'));
  if (archive === undefined) throw new Fault('Kafka and Debezium: Maven gave no Debezium plugin');
  const unpacked = await run('tar', ['-xzf', join(fresh, 'libs', archive), '-C', join(fresh, 'plugins')], {
    cwd: fresh,
    env,
  });
  rmSync(join(fresh, 'libs', archive));
  if (unpacked.code !== 0) {
    // A truncated archive: thrown away, so that the next attempt fetches it again.
    discard(cache, at, [{ path: `plugins/${plugin}`, hash: '' }]);
    say(`Kafka and Debezium: ${archive} could not be unpacked`);
  }
  rmSync(at, { recursive: true, force: true });
  renameSync(fresh, at);
  say(`Kafka and Debezium: downloaded in ${seconds(performance.now() - begin)}`);
}

function mavenFault(output: string): Fault {
  const errors = output.split('\n').filter(line => line.includes('ERROR'));
  const reason =
    /(Unknown host|Could not transfer artifact|Network unreachable|Connection refused|Connection reset|timed out|Network is unreachable|No route to host|PKIX path building failed|Temporary failure in name resolution)/.exec(
      errors.join(' '),
    )?.[1];
  if (reason !== undefined)
    return new Fault(
      `Kafka and Debezium: no network to the Maven repository (${reason}): connect, or name a mirror in ~/.m2/settings.xml, and run the command again; what has arrived is kept`,
    );
  if (output.includes('ENOENT')) return new Fault('Kafka and Debezium: Maven (mvn) is missing');
  return new Fault(
    `Kafka and Debezium: Maven failed: ${errors[0]?.replace('[ERROR] ', '') ?? output.trim().split('\n').at(-1) ?? ''}`,
  );
}

/** Downloads by the pom and writes the lock anew: for whoever changes a version. */
export async function writeLock(cache: string, env: Record<string, string>, say: Say): Promise<void> {
  makeCache(cache);
  const at = join(cache, 'kafka-unlocked');
  await download(cache, at, env, say);
  const files = readdirSync(at, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.jar'))
    .sort();
  writeFileSync(lockFile, files.map(path => `${sha256(join(at, path))}  ${path}\n`).join(''));
  rmSync(target(cache), { recursive: true, force: true });
  renameSync(at, target(cache));
  say(`docker/kafka/artifacts.sha256: ${String(files.length)} files`);
}
