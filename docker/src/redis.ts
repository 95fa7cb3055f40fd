import { connect } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from './part.ts';

const config = join(import.meta.dirname, '../redis/redis.conf');

/** Overrides of docker/redis/redis.conf; the compose file passes the same names. */
export const redisOverrides = (folder: string, port: number): Record<string, string> => ({
  bind: '127.0.0.1',
  port: String(port),
  dir: folder,
});

/** Sends one inline command over a fresh connection and gives the answer's first line. */
function ask(port: number, command: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', port, signal });
  socket.on('connect', () => socket.write(`${command}\r\n`));
  socket.on('data', data => {
    resolve(data.toString().split('\r\n')[0] ?? '');
    socket.destroy();
  });
  socket.on('error', reject);
  socket.on('close', () => {
    reject(new Error('Redis closed the connection'));
  });
  return promise;
}

export function redisPart(options: { folder: string; port: number; env: Record<string, string> }): Part {
  const { folder, port, env } = options;
  return {
    kind: 'part',
    name: 'redis',
    group: 'stack',
    needs: [],
    port,
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 15_000,
    earlyExits: 0,
    prepare: () => {
      mkdirSync(folder, { recursive: true });
      const args = Object.entries(redisOverrides(folder, port)).flatMap(([name, value]) => [`--${name}`, value]);
      return Promise.resolve({ command: 'redis-server', args: [config, ...args], env, cwd: folder });
    },
    async probe(signal) {
      const answer = await ask(port, 'PING', signal);
      if (answer !== '+PONG') throw new Error(`Redis answered ${answer}`);
    },
  };
}
