import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault, messageOf } from './say.ts';

const markerName = '.waygraph';
const marker = (data: string) => join(data, markerName);

export type Folder = { id: string; data: string };

/** Paths inside a data folder. */
export const paths = (data: string) => ({
  log: join(data, 'log'),
  run: join(data, 'run'),
  keys: join(data, 'keys'),
  postgres: join(data, 'postgres'),
  redis: join(data, 'redis'),
  kafka: join(data, 'kafka'),
  state: join(data, 'run', 'state.json'),
});

/** A unix socket's path may hold 107 bytes: long data folders get theirs in the temporary folder. */
export function controlSocket(data: string): string {
  const inside = join(data, 'run', 'control.sock');
  if (Buffer.byteLength(inside) <= 100) return inside;
  return join(tmpdir(), `waygraph-${createHash('sha256').update(data).digest('hex').slice(0, 16)}.sock`);
}

export function readFolder(data: string): Folder | undefined {
  try {
    const text = readFileSync(marker(data), 'utf8');
    const id = (JSON.parse(text) as { id?: unknown }).id;
    return typeof id === 'string' && id !== '' ? { id, data } : undefined;
  } catch {
    return undefined;
  }
}

/** Opens the data folder, or makes it; refuses one that holds other people's files or belongs to another user. */
export function openFolder(data: string): Folder {
  const uid = process.getuid?.() ?? 0;
  if (existsSync(data)) {
    const stats = statSync(data);
    if (!stats.isDirectory()) throw new Fault(`data folder ${data} is a file: choose another by WAYGRAPH_DATA`);
    if (stats.uid !== uid)
      throw new Fault(
        `data folder ${data} belongs to user ${String(stats.uid)} and this is user ${String(uid)}: run as that user, or choose another folder by WAYGRAPH_DATA`,
      );
  }
  const known = readFolder(data);
  try {
    if (known === undefined && existsSync(data) && readdirSync(data).length > 0)
      throw new Fault(
        existsSync(marker(data))
          ? `data folder ${data} is corrupt: ${marker(data)} cannot be read; move the folder away, or choose another by WAYGRAPH_DATA`
          : `data folder ${data} holds files that are not ours (no ${markerName} in it): choose another by WAYGRAPH_DATA`,
      );
    mkdirSync(data, { recursive: true, mode: 0o755 });
    const folder = known ?? { id: randomUUID(), data };
    if (known === undefined) writeFileSync(marker(data), `${JSON.stringify({ id: folder.id })}\n`);
    const { log, run, keys } = paths(data);
    for (const path of [log, run]) mkdirSync(path, { recursive: true });
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(`data folder ${data} cannot be written (${messageOf(error)}): choose another by WAYGRAPH_DATA`);
  }
}

/** Deletes a data folder with everything in it; only one that carries our marker. */
export function deleteFolder(data: string, outside: readonly string[] = []): boolean {
  if (!existsSync(data)) return false;
  if (!existsSync(marker(data)))
    throw new Fault(`${data} is not a data folder of ours (no ${markerName} in it): nothing was deleted`);
  for (const path of outside) rmSync(path, { recursive: true, force: true });
  // The marker goes last: a deletion that was cut short can be repeated.
  for (const name of readdirSync(data))
    if (name !== markerName) rmSync(join(data, name), { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  return true;
}
