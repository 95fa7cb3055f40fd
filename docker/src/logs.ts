import { closeSync, copyFileSync, existsSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

const largestBytes = 32 * 1024 * 1024;

/** Keeps one older generation. Copied and cut, not renamed: the running program goes on writing to the same file. */
export function rotateLog(file: string): void {
  if (!existsSync(file) || statSync(file).size < largestBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
}

function readFrom(file: string, start: (size: number) => number): { text: string; size: number } {
  if (!existsSync(file)) return { text: '', size: 0 };
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const from = Math.min(Math.max(0, start(size)), size);
    const buffer = Buffer.alloc(Math.min(size - from, 4 * 1024 * 1024));
    const length = readSync(fd, buffer, 0, buffer.length, from);
    return { text: buffer.toString('utf8', 0, length), size: from + length };
  } finally {
    closeSync(fd);
  }
}

export function logTail(file: string, lines: number): string[] {
  const { text } = readFrom(file, size => size - 512 * 1024);
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-lines);
}

/** Gives the whole lines that were added to a file since the last call. */
export function createFollower(file: string, fromStart = false): () => string[] {
  let at = fromStart || !existsSync(file) ? 0 : statSync(file).size;
  let rest = '';
  return () => {
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size < at) at = 0; // rotated
    if (size === at) return [];
    const { text, size: end } = readFrom(file, () => at);
    at = end;
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    return parts.filter(line => line.trim() !== '');
  };
}

const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };

/** A process's JSON line as a person reads it; other lines stay as they are. */
export function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
    delete rest['name'];
    const clock = typeof time === 'string' ? time.slice(11, 23) : '';
    const details = Object.entries(rest).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return [clock, levels[Number(level)] ?? '', typeof msg === 'string' ? msg : '', ...details]
      .filter(piece => piece !== '')
      .join(' ');
  } catch {
    return line;
  }
}
