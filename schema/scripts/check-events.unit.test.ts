import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { checkEvents } from './check-events.ts';
import { eventCatalogue } from '../events/catalogue.ts';
import { StockAdjusted } from '../events/inventory.ts';
import { eventSchema, type EventSchema } from './event-schemas.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(`${tmpdir()}/events-`)));
afterAll(async () => rm(folder, { recursive: true }));

const committedBefore = async (name: string, properties: Record<string, unknown>): Promise<string> => {
  const { properties: now, ...rest } = eventSchema(StockAdjusted);
  const schema = { ...rest, properties: { ...(now as object), ...properties } } as unknown as EventSchema;
  await mkdir(`${folder}/${name}/inventory.events`, { recursive: true });
  await writeFile(`${folder}/${name}/inventory.events/StockAdjusted.v1.json`, JSON.stringify(schema));
  return `${folder}/${name}`;
};

test('accepts what is there when it is what was committed', async () => {
  expect(await checkEvents(await committedBefore('same', {}))).toEqual([]);
});

test('refuses what readers of the committed events would miss', async () => {
  expect(await checkEvents(await committedBefore('more', { note: { type: 'string' } }))).toEqual([
    'StockAdjusted v1 data.note: the field has been removed or renamed',
  ]);
});

test('reads a revision of the repository; says when a base is neither that nor a folder', async () => {
  const cwd = new URL('..', import.meta.url).pathname;
  const head = ((): string | undefined => {
    try {
      return execFileSync('git', ['rev-parse', 'HEAD'], { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();
    } catch {
      return undefined;
    }
  })();
  if (head !== undefined) expect(await checkEvents(head)).toEqual([]);
  await expect(checkEvents('no-such-base')).rejects.toThrow('--base no-such-base: neither a folder nor a git revision');
});

test('every event has a key made of its own fields', () => {
  for (const definition of eventCatalogue) expect(eventSchema(definition)['x-event'].key).toMatch(/^\{\w+\}$/);
});
