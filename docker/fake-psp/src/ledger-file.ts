import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

export type LedgerFile<Entry> = {
  /** What was there at the start, oldest first. */
  readonly entries: readonly Entry[];
  /** Resolves when the entry is on disk. After a fault the file takes nothing any more: end the process and start it again. */
  append(entry: Entry): Promise<void>;
  close(): Promise<void>;
};

/**
 * One JSON line per entry, only ever added to. A last line without its end was being written when the process was killed: nobody got
 * an answer for it, so it is cut off.
 */
export async function openLedgerFile<Entry>(path: string): Promise<LedgerFile<Entry>> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  const text = await file.readFile('utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) await file.truncate(Buffer.byteLength(whole));

  let waiting: string[] = [];
  let written = Promise.resolve();

  // Whoever comes while the disk is busy shares the next write.
  async function write(): Promise<void> {
    const lines = waiting.join('');
    waiting = [];
    if (lines === '') return;
    await file.appendFile(lines);
    await file.datasync();
  }

  return {
    entries: whole
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Entry),
    append(entry) {
      waiting.push(`${JSON.stringify(entry)}\n`);
      written = written.then(write);
      return written;
    },
    async close() {
      await written.catch(() => undefined);
      await file.close();
    },
  };
}
