import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { on, type EventHandler } from '@waygraph/kit/event-handler';
import { groupOn } from '@waygraph/kit/testing/held-events';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { ownDatabase } from '@waygraph/sql/testing/own-database';
import { run } from './run.ts';

// Of its own: what it tells must reach no log, where nobody made a topic for it.
const own = await ownDatabase('risk');
const { pool, sql, url } = own;
const urls = {
  ...{ orders: testEnv('ORDERS_DATABASE_URL'), payments: testEnv('PAYMENTS_DATABASE_URL'), risk: url },
  ...{ inventory: testEnv('INVENTORY_DATABASE_URL'), routing: testEnv('ROUTING_DATABASE_URL') },
};
let world: ReturnType<typeof groupOn>;
let key: string;
let broken: boolean;
let done: string[];

beforeEach(() => {
  world = groupOn(pool, CanaryBeat, beat => ({ server: beat.key, beat: beat.seq, at: '2026-11-21T09:30:00.000Z' }));
  key = uniqueId('key');
  broken = true;
  done = [];
});
afterEach(() => world.stop());
afterAll(() => own.dispose());

/** The key without digits: those are cut out of a reason. */
const tag = () => key.replaceAll(/\d/g, digit => 'ghijklmnop'[Number(digit)] ?? '');
const handler: EventHandler = on(CanaryBeat, ({ beat, at }) => {
  if (broken && beat === 1) throw new Error(`cannot place ${tag()}`);
  done.push(`${beat} ${at}`);
  return Promise.resolve();
});

async function typed(line: string, more: { input?: string; urls?: typeof urls } = {}) {
  const [said, warned]: [string[], string[]] = [[], []];
  const code = await run(line.split(' '), {
    ...{ urls: more.urls ?? urls, who: 'ana', readInput: () => more.input ?? '', width: 400 },
    say: text => void said.push(text),
    warn: text => void warned.push(text),
  });
  return { code, said: said.join(''), warned: warned.join('') };
}

/** A dead letter of the key with one event behind it; gives its name. */
async function died(): Promise<string> {
  await world.start([handler]);
  world.send({ key, seq: 1 }, { key, seq: 2 });
  await waitFor(async () => (await world.letters()).length === 1 && (await world.parked()).length === 1);
  return `risk/${(await world.letters())[0]?.position ?? ''}`;
}
const free = () => waitFor(async () => (await world.keys()).length === 0, { what: 'the end of the waiting' });
const moments = '1 2026-11-21T09:30:00.000Z,2 2026-11-21T09:30:00.000Z';

test('list shows what waits as a table, and filters it; show tells everything of one', async () => {
  const name = await died();
  const { code, said } = await typed(`list --key ${key}`);
  expect(code).toBe(0);
  const [headings = '', row = '', ...rest] = said.trimEnd().split('\n');
  expect(headings.split(/ {2,}/)).toEqual(['LETTER', 'DIED AT', 'EVENT', 'KEY', 'TRIES', 'BEHIND', 'FAULT', 'REASON']);
  expect(row.split(/ {2,}/)).toMatchObject([
    name,
    expect.stringMatching(/^\d{4}-.*Z$/),
    'CanaryBeat',
    key,
    '1',
    '1',
    expect.anything(),
    `Error: cannot place ${tag()}`,
  ]);
  expect(rest).toEqual([]);
  expect((await typed(`list --service risk --type CanaryBeat --since 1h --reason ${tag()}`)).said).toContain(name);
  for (const none of ['--type OrderPlaced', '--reason other', '--service orders', '--since 2100-01-01'])
    expect((await typed(`list --key ${key} ${none}`)).said).toBe('no dead letters\n');
  expect(JSON.parse((await typed(`list --key ${key} --json`)).said)).toMatchObject([
    { key, waiting: 1, service: 'risk' },
  ]);

  const shown = await typed(`show ${name}`);
  expect(shown.said).toContain(`key      ${key} (1 waiting behind it)`);
  expect(shown.said).toContain(`"server": "${key}"`);
  expect(await typed('show risk/999999999')).toMatchObject({
    code: 1,
    warned: 'risk/999999999: no such dead letter\n',
  });
});

test('a redrive gives the event back, at its place before those behind it; a dry run does nothing', async () => {
  const name = await died();
  const dry = await typed(`redrive --key ${key} --dry-run`);
  expect(dry.said).toContain('would redrive 1; nothing was done');
  expect(await world.letters()).toHaveLength(1);
  broken = false;
  expect(await typed(`redrive ${name}`)).toMatchObject({ code: 0, said: expect.stringContaining('1 redriven') });
  await free();
  expect(done.join()).toBe(moments);
  expect(await typed(`redrive ${name}`)).toMatchObject({ code: 1, warned: `${name}: no such dead letter\n` });
  expect((await typed(`show ${name}`)).warned).toMatch(/REDRIVE by ana/);
});

test('an event that fails again after its redrive is a dead letter again, told as the next of its key', async () => {
  const name = await died();
  await typed(`redrive ${name}`);
  await waitFor(async () => (await world.told()).length === 2);
  expect((await world.told()).map(({ seq }) => seq)).toEqual(['1', '2']);
  expect(await world.letters()).toMatchObject([{ position: name.slice('risk/'.length) }]);
  expect(done).toEqual([]);
});

test('an edit changes the payload and is written down; the redriven event has its effect under its own id', async () => {
  const name = await died();
  const before = (await sql<{ value: string }>('select value from dead_letters where key = $1', [key]))[0]?.value;
  const after = JSON.stringify({ server: key, beat: 9, at: '2026-11-21T10:00:00.000Z' });
  expect((await typed(`edit ${name} --file - --why typo`, { input: after })).code).toBe(0);
  expect(
    await sql('select action, who, reason, before, after from dead_letter_actions where position = $1', [
      name.slice(5),
    ]),
  ).toEqual([{ action: 'EDIT', who: 'ana', reason: 'typo', before, after }]);
  await typed(`redrive ${name}`);
  await free();
  expect(done).toEqual(['9 2026-11-21T10:00:00.000Z', '2 2026-11-21T09:30:00.000Z']);
});

test('an edit keeps what was given to the last digit, and so does what show prints', async () => {
  const name = await died();
  const given = `{ "server": "${key}", "beat": 9, "ledger": 9007199254740993, "at": "2026-11-21T10:00:00.000Z" }\n`;
  expect((await typed(`edit ${name} --file - --why precise`, { input: given })).code).toBe(0);
  expect(await sql('select value from dead_letters where position = $1', [name.slice(5)])).toEqual([{ value: given }]);
  expect((await typed(`show ${name}`)).said).toContain('"ledger": 9007199254740993');
});

test('with a limit the oldest are listed, whatever their places; a redrive by filter goes by their places', async () => {
  await world.start([handler]);
  const keys = [0, 1, 2].map(n => `${key}-${n}`);
  for (const [n, one] of keys.entries()) {
    world.send({ key: one, seq: 1 });
    await waitFor(async () => (await world.letters()).length === n + 1);
  }
  // The first was redriven in vain meanwhile: it has its old place and is the youngest.
  await sql(`update dead_letters set died_at = now() + interval '1 second' where key = $1`, [keys[0]]);
  const listed = async (line: string) =>
    (JSON.parse((await typed(line)).said) as { key: string }[]).map(letter => letter.key);
  expect(await listed(`list --reason ${tag()} --limit 2 --json`)).toEqual([keys[1], keys[2]]);
  expect(await listed(`list --reason ${tag()} --json`)).toEqual([keys[1], keys[2], keys[0]]);
  const redriven = (await typed(`redrive --reason ${tag()} --dry-run`)).said;
  expect(keys.toSorted((a, b) => redriven.indexOf(a) - redriven.indexOf(b))).toEqual(keys);
});

test('an edit that is no JSON is refused and changes nothing', async () => {
  const name = await died();
  const refused = await typed(`edit ${name} --file new.json`, { input: '{"server": ' });
  expect(refused).toMatchObject({ code: 2, warned: expect.stringContaining('new.json: expected JSON') });
  expect(await sql('select from dead_letter_actions where position = $1', [name.slice(5)])).toEqual([]);
});

test('a discard frees what waits behind, and the event stays undone when it comes again', async () => {
  const name = await died();
  const id = (await world.letters())[0]?.event_id ?? '';
  expect((await typed(`discard ${name} --why duplicate`)).said).toBe('1 discarded\n');
  await free();
  broken = false;
  world.send({ key, seq: 1, id }, { key, seq: 3 });
  await waitFor(() => done.length === 2);
  expect(done.map(text => text[0])).toEqual(['2', '3']);
  expect((await typed(`show ${name}`)).warned).toMatch(/DISCARD by ana: duplicate/);
});

test('a redrive by filter keeps to its rate', async () => {
  await world.start([handler]);
  const keys = Array.from({ length: 6 }, (_, n) => `${key}-${n}`);
  world.send(...keys.map(one => ({ key: one, seq: 1 })));
  await waitFor(async () => (await world.letters()).length === keys.length);
  broken = false;
  const began = performance.now();
  expect((await typed(`redrive --reason ${tag()} --per-second 10`)).said).toContain('6 redriven');
  expect(performance.now() - began).toBeGreaterThan(450);
  await free();
  expect(done).toHaveLength(keys.length);
});

test('what is typed wrong, and a service that is away, is said plainly; the others are still shown', async () => {
  const name = await died();
  expect(await typed('redrive nobody/1')).toMatchObject({
    code: 2,
    warned: expect.stringMatching(/none of the services .*\nSee: npm run dead -- help/),
  });
  const { code, said, warned } = await typed(`list --key ${key}`, {
    urls: { ...urls, orders: 'postgres://orders:orders@127.0.0.1:1/command' },
  });
  expect({ code, warned }).toEqual({ code: 1, warned: expect.stringMatching(/^orders: not asked: .*ECONNREFUSED/) });
  expect(said).toContain(name);
});
