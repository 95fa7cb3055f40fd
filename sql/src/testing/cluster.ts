import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Cluster = { readonly port: number; stop(): Promise<void> };

/** A PostgreSQL server of its own, empty, with the superuser waygraph/waygraph; gone with its data after `stop`. */
export async function startCluster(): Promise<Cluster> {
  const versions = await readdir('/usr/lib/postgresql');
  const bin = `/usr/lib/postgresql/${versions.sort().at(-1) ?? ''}/bin`;
  const folder = await mkdtemp(path.join(tmpdir(), 'cluster-'));
  const [data, password] = [path.join(folder, 'data'), path.join(folder, 'password')];
  await writeFile(password, 'waygraph');
  // PostgreSQL refuses to run as root; postgres is the user its package makes.
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await run('chown', ['-R', 'postgres', folder]);
  await chmod(folder, 0o700);
  const as = (command: string, ...args: string[]) =>
    asRoot
      ? run('runuser', ['-u', 'postgres', '--', `${bin}/${command}`, ...args], { cwd: '/' })
      : run(`${bin}/${command}`, args, { cwd: '/' });

  const port = await freePort();
  await as('initdb', '-D', data, '-U', 'waygraph', '--auth=scram-sha-256', `--pwfile=${password}`, '--no-sync');
  const options = `-p ${String(port)} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c wal_level=logical -c fsync=off -c shared_buffers=16MB`;
  await as('pg_ctl', '-D', data, '-o', options, '-l', path.join(folder, 'log'), '-w', 'start');
  return {
    port,
    async stop() {
      await as('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
      await rm(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  });
  const port = await promise;
  server.close();
  return port;
}
