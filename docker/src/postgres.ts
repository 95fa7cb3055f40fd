import {
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { Part } from './part.ts';
import { allPids, run } from './proc.ts';
import { Fault, messageOf } from './say.ts';

const config = join(import.meta.dirname, '../postgres');
const root = '/usr/lib/postgresql';
export const oldestPostgres = 15;

/** Major versions installed here that have the server, PostGIS and pgRouting. */
export function installedPostgres(): number[] {
  if (!existsSync(root)) return [];
  const complete = (major: string) =>
    existsSync(join(root, major, 'bin/postgres')) &&
    ['postgis', 'pgrouting'].every(name => existsSync(`/usr/share/postgresql/${major}/extension/${name}.control`));
  return readdirSync(root)
    .filter(major => Number(major) >= oldestPostgres && complete(major))
    .map(Number)
    .sort((a, b) => b - a);
}

export type Account = { uid: number; gid: number };

/** PostgreSQL refuses to run as root; then it runs as the user that its package has made. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(entry => entry.startsWith('postgres:'));
  const fields = line?.split(':') ?? [];
  if (fields[2] === undefined || fields[3] === undefined)
    throw new Fault('user postgres is missing: reinstall postgresql-common');
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** Whether a user who is neither owner nor in the group may walk through every folder above `path`. */
function reachable(path: string): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Where the cluster lies: in the data folder, unless the unprivileged user cannot get there (a repository below /root). */
export function clusterFolder(data: string): string {
  const inside = join(data, 'postgres');
  if (process.getuid?.() !== 0 || reachable(inside)) return inside;
  return join('/var/lib/waygraph', createHash('sha256').update(inside).digest('hex').slice(0, 16), 'postgres');
}

/** Folders of this data folder that lie outside it. */
export function outsideFolders(data: string): string[] {
  const link = join(data, 'postgres');
  try {
    return lstatSync(link).isSymbolicLink() ? [dirname(readlinkSync(link))] : [];
  } catch {
    return [];
  }
}

/** Every process of a cluster works in its folder, the ones whose postmaster was killed too. */
export function clusterProcesses(folder: string): number[] {
  if (!existsSync(folder)) return [];
  const wanted = statSync(folder);
  return allPids().filter(pid => {
    try {
      const cwd = statSync(`/proc/${String(pid)}/cwd`);
      return (
        cwd.ino === wanted.ino &&
        cwd.dev === wanted.dev &&
        readlinkSync(`/proc/${String(pid)}/exe`).endsWith('/postgres')
      );
    } catch {
      return false;
    }
  });
}

export function clusterVersion(folder: string): number | undefined {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return undefined;
  const version = existsSync(join(folder, 'PG_VERSION')) ? readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim() : '';
  if (!/^\d+$/.test(version))
    throw new Fault(
      `PostgreSQL's folder ${folder} is corrupt: PG_VERSION is missing or unreadable; restore it, or start anew with "npm run stack -- reset"`,
    );
  return Number(version);
}

/** The installed version that fits the data, or the newest when there is none yet. */
export function chooseVersion(folder: string, installed: readonly number[]): number {
  const written = clusterVersion(folder);
  const chosen = written === undefined ? installed[0] : installed.find(major => major === written);
  if (chosen !== undefined) return chosen;
  if (written === undefined) throw new Fault('PostgreSQL with PostGIS and pgRouting is not installed');
  throw new Fault(
    `PostgreSQL's folder ${folder} was written by version ${String(written)}, installed is ${installed.join(', ') || 'none'}: ` +
      `install postgresql-${String(written)}, or start anew with "npm run stack -- reset"`,
  );
}

export type PostgresOptions = {
  /** Folder of the cluster. */
  folder: string;
  /** When given, a link to a cluster that has to lie elsewhere. */
  link?: string;
  port: number;
  admin: { user: string; password: string };
  env: Record<string, string>;
  name?: string;
};

const own = (path: string, account: Account | undefined) => {
  if (account) chownSync(path, account.uid, account.gid);
};

async function createCluster(options: PostgresOptions, bin: string, account: Account | undefined): Promise<void> {
  const { folder, admin, env } = options;
  // Made beside and renamed: a cluster is there whole or not at all.
  const fresh = `${folder}.new`;
  const passwordFile = `${folder}.password`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  own(fresh, account);
  writeFileSync(passwordFile, admin.password, { mode: 0o600 });
  own(passwordFile, account);
  const args = [
    '-D',
    fresh,
    '-U',
    admin.user,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
  ];
  const made = await run(join(bin, 'initdb'), args, { cwd: '/', env, ...account });
  rmSync(passwordFile, { force: true });
  if (made.code !== 0) throw new Fault(`PostgreSQL: initdb failed: ${made.output.trim().split('\n').at(-1) ?? ''}`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** Overrides of docker/postgres/postgresql.conf; the compose file passes the same names. */
export const postgresOverrides = (folder: string, port: number, socketFolder: string): Record<string, string> => ({
  listen_addresses: '127.0.0.1',
  port: String(port),
  unix_socket_directories: socketFolder,
  hba_file: join(folder, 'waygraph_hba.conf'),
});

export function postgresPart(options: PostgresOptions): Part {
  const { folder, port, admin, env } = options;
  return {
    kind: 'part',
    name: options.name ?? 'postgres',
    group: 'stack',
    needs: [],
    port,
    readyWithinMs: 120_000,
    stopSignal: 'SIGINT', // fast shutdown: sessions are ended, everything is written
    stopWithinMs: 30_000,
    earlyExits: 0,
    async prepare() {
      const account = postgresAccount();
      const bin = join(root, String(chooseVersion(folder, installedPostgres())), 'bin');
      if (options.link !== undefined && options.link !== folder && !existsSync(folder)) {
        mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
        rmSync(options.link, { force: true });
        symlinkSync(folder, options.link);
      }
      if (clusterVersion(folder) === undefined) await createCluster(options, bin, account);
      // The unprivileged user need not be able to read the repository: it gets copies.
      for (const [from, to] of [
        ['postgresql.conf', 'waygraph.conf'],
        ['pg_hba.conf', 'waygraph_hba.conf'],
      ] as const) {
        copyFileSync(join(config, from), join(folder, to));
        own(join(folder, to), account);
      }
      // Nobody runs on this folder (the caller has seen to it), so its lock can only be a dead one whose pid may be reused.
      if (clusterProcesses(folder).length === 0) rmSync(join(folder, 'postmaster.pid'), { force: true });
      // A socket's path may hold 107 bytes.
      const socketFolder = Buffer.byteLength(folder) <= 85 ? folder : '';
      const overrides = Object.entries(postgresOverrides(folder, port, socketFolder)).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]);
      return {
        command: join(bin, 'postgres'),
        args: ['-D', folder, '-c', `config_file=${join(folder, 'waygraph.conf')}`, ...overrides],
        env,
        cwd: '/',
        ...account,
      };
    },
    async probe() {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        ...admin,
        database: 'postgres',
        connectionTimeoutMillis: 3_000,
      });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query('select 1');
      } catch (error) {
        throw new Error(messageOf(error), { cause: error });
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}
