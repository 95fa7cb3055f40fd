import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findJava } from './java.ts';
import { installedPostgres, oldestPostgres } from './postgres.ts';
import { run } from './proc.ts';
import { Fault, seconds, type Say } from './say.ts';

export const onPath = (program: string, path: string): boolean =>
  path.split(delimiter).some(folder => folder !== '' && existsSync(join(folder, program)));

export type Needs = {
  postgres?: number | undefined;
  redis: boolean;
  java: boolean;
  maven: boolean;
  anyPostgres: boolean;
};

/** What is not installed; `postgres` is the version that existing data asks for. */
export function missingParts(options: {
  path: string;
  clusterVersion?: number | undefined;
  artifactsThere: boolean;
}): Needs {
  const installed = installedPostgres();
  const wanted = options.clusterVersion;
  const fits = wanted === undefined ? installed.length > 0 : installed.includes(wanted);
  return {
    anyPostgres: !fits,
    postgres: fits ? undefined : wanted,
    redis: !onPath('redis-server', options.path),
    java: findJava() === undefined,
    maven: !options.artifactsThere && !onPath('mvn', options.path),
  };
}

/** Debian and Ubuntu packages for what is missing, out of those the distribution offers. */
export function packagesFor(needs: Needs, offered: ReadonlySet<string>): string[] {
  const packages: string[] = [];
  if (needs.anyPostgres) {
    const majors = [...offered]
      .flatMap(name => Number(/^postgresql-(\d+)$/.exec(name)?.[1] ?? 0))
      .filter(major => major >= oldestPostgres);
    const complete = majors
      .filter(
        major =>
          offered.has(`postgresql-${String(major)}-postgis-3`) && offered.has(`postgresql-${String(major)}-pgrouting`),
      )
      .sort((a, b) => b - a);
    const major = needs.postgres ?? complete[0] ?? oldestPostgres;
    packages.push(
      `postgresql-${String(major)}`,
      `postgresql-${String(major)}-postgis-3`,
      `postgresql-${String(major)}-pgrouting`,
    );
  }
  if (needs.redis) packages.push('redis-server');
  if (needs.java)
    packages.push(
      ['openjdk-17-jre-headless', 'openjdk-21-jre-headless'].find(name => offered.has(name)) ?? 'default-jre-headless',
    );
  if (needs.maven) packages.push('maven');
  return packages;
}

const aptEnv = (env: Record<string, string>) => ({ ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' });

async function offeredPackages(env: Record<string, string>): Promise<Set<string>> {
  const { output } = await run('apt-cache', ['pkgnames'], { env });
  return new Set(output.split('\n'));
}

const policyFile = '/usr/sbin/policy-rc.d';
const policyBackup = `${policyFile}.before-waygraph`;
const policyText =
  '#!/bin/sh\n# Put here by Waygraph while it installs packages, so that Debian starts no daemons of its own.\nexit 101\n';

/** Undoes what a run that was killed in the middle has left. */
function restorePolicy(): void {
  if (existsSync(policyFile) && readFileSync(policyFile, 'utf8') === policyText) rmSync(policyFile);
  if (existsSync(policyBackup)) renameSync(policyBackup, policyFile);
}

/** While `work` runs, no package's daemon is started. */
async function withoutDaemons<T>(work: () => Promise<T>): Promise<T> {
  restorePolicy();
  if (existsSync(policyFile)) renameSync(policyFile, policyBackup);
  writeFileSync(policyFile, policyText, { mode: 0o755 });
  // Ctrl-C reaches apt as well; it ends by itself, and then this goes on and cleans up.
  const hold = () => undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hold);
  try {
    return await work();
  } finally {
    restorePolicy();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, hold);
  }
}

const clusterConfig = '/etc/postgresql-common/createcluster.conf';

/** While `work` runs, installing a PostgreSQL server makes no cluster of Debian's. */
async function withoutCluster<T>(work: () => Promise<T>): Promise<T> {
  const before = existsSync(clusterConfig) ? readFileSync(clusterConfig, 'utf8') : undefined;
  mkdirSync('/etc/postgresql-common', { recursive: true });
  writeFileSync(clusterConfig, `${before ?? ''}\ncreate_main_cluster = false\n`);
  try {
    return await work();
  } finally {
    if (before === undefined) rmSync(clusterConfig, { force: true });
    else writeFileSync(clusterConfig, before);
  }
}

const noNetwork =
  /(Temporary failure resolving|Could not resolve|Could not connect|Connection refused|Connection timed out|Network is unreachable|Failed to fetch)/;

async function apt(args: readonly string[], env: Record<string, string>, say: Say): Promise<void> {
  const begin = performance.now();
  let told = begin;
  const onLine = (line: string) => {
    if (performance.now() - told < 5_000 || !/^(Get:|Unpacking|Setting up)/.test(line)) return;
    told = performance.now();
    say(`packages: ${line.trim().slice(0, 80)} (${seconds(told - begin)})`);
  };
  const options = [
    '-y',
    '-o',
    'Dpkg::Options::=--force-confdef',
    '-o',
    'Dpkg::Options::=--force-confold',
    '-o',
    'DPkg::Lock::Timeout=120',
    '-o',
    'APT::Update::Error-Mode=any',
  ];
  const { code, output } = await run('apt-get', [...options, ...args], { env: aptEnv(env), onLine });
  if (code === 0) return;
  const errors = output.split('\n').filter(line => /^(E:|Err:|W:)/.test(line));
  const network = noNetwork.exec(errors.join(' '))?.[1];
  if (network !== undefined)
    throw new Fault(
      `packages: no network to the package mirror (${network}): connect, or set a mirror in /etc/apt, and run the command again`,
    );
  throw new Fault(
    `packages: apt-get ${args[0] ?? ''} failed: ${errors.find(line => line.startsWith('E:')) ?? output.trim().split('\n').at(-1) ?? ''}`,
  );
}

/** Installs what is missing; without root it says what somebody with root has to type. */
export async function installPackages(needs: Needs, env: Record<string, string>, say: Say): Promise<void> {
  if (!needs.anyPostgres && !needs.redis && !needs.java && !needs.maven) return;
  if (!onPath('apt-get', env['PATH'] ?? ''))
    throw new Fault(
      `missing: ${packagesFor(needs, new Set()).join(', ')}; this is neither Debian nor Ubuntu: install them by hand, or use docker/compose.yaml`,
    );
  let offered = await offeredPackages(env);
  const enough = (packages: readonly string[]) => packages.every(name => offered.has(name));
  if (process.getuid?.() !== 0)
    throw new Fault(
      `missing packages, and this is not root: run "sudo apt-get install -y --no-install-recommends ${packagesFor(needs, offered).join(' ')}", then this command again`,
    );
  if (!enough(packagesFor(needs, offered))) {
    await updateLists(env, say);
    offered = await offeredPackages(env);
  }
  await installNamed(packagesFor(needs, offered), env, say);
  // Its own daemon would take our port at the next boot; one that was there before is left as it was.
  if (needs.redis) await run('update-rc.d', ['redis-server', 'disable'], { env });
}

const updateLists = async (env: Record<string, string>, say: Say): Promise<void> => {
  say('packages: reading the lists of the distribution');
  await apt(['update'], env, say);
};

/** Installs these packages as root; nothing of theirs is started. */
export async function installNamed(packages: readonly string[], env: Record<string, string>, say: Say): Promise<void> {
  let offered = await offeredPackages(env);
  if (!packages.every(name => offered.has(name))) {
    await updateLists(env, say);
    offered = await offeredPackages(env);
  }
  const absent = packages.filter(name => !offered.has(name));
  if (absent.length > 0)
    throw new Fault(
      `packages: this distribution does not offer ${absent.join(', ')}; use Debian 12, Ubuntu 24.04 or newer, or docker/compose.yaml`,
    );
  const begin = performance.now();
  say(`packages: installing ${packages.join(' ')}`);
  await withoutDaemons(async () => {
    try {
      await installAll(packages, env, say);
    } catch {
      // Lists older than the mirror name files that are gone.
      await updateLists(env, say);
      await installAll(packages, env, say);
    }
  });
  say(`packages: installed in ${seconds(performance.now() - begin)}`);
}

const install = ['install', '--no-install-recommends'];

async function installAll(packages: readonly string[], env: Record<string, string>, say: Say): Promise<void> {
  const server = packages.some(name => name.startsWith('postgresql-'));
  const hadPostgres = existsSync('/usr/lib/postgresql');
  // The configuration that says "no cluster" belongs to this package: it has to be there before the server comes.
  if (server && !hadPostgres) await apt([...install, 'postgresql-common'], env, say);
  const rest = () => apt([...install, ...packages], env, say);
  if (server && !hadPostgres) await withoutCluster(rest);
  else await rest();
}
