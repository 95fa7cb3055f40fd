import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createPool, sqlOfPool, type Pool } from '@waygraph/kit/database';
import { serviceNames, type ServiceName } from '@waygraph/schema/services';
import { discard, edit, redrive } from './act.ts';
import { BadCommand, parseCommand, usage, type Command, type Filter, type LetterName } from './command.ts';
import { actionsOf, findLetters, showLetter, type Letter } from './letters.ts';
import { table } from './table.ts';

type Named = Letter & { readonly service: ServiceName };
type World = {
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Who is written down as having acted. */
  readonly who: string;
  readonly say: (text: string) => void;
  /** What is told beside the result: faults and progress. */
  readonly warn: (text: string) => void;
  readonly readInput?: (file: string) => string;
  readonly now?: () => Date;
  readonly width?: number | undefined;
};

/** Does what was typed; gives the exit code: 0 done, 1 not all of it could be done, 2 not understood. */
export async function run(args: readonly string[], world: World): Promise<number> {
  const pools = new Map<ServiceName, Pool>();
  const poolOf = (service: ServiceName): Pool => {
    const pool = pools.get(service) ?? createPool({ url: world.urls[service], max: 1, name: 'dead-letters' });
    pools.set(service, pool);
    return pool;
  };
  try {
    return await perform(parseCommand(args, (world.now ?? (() => new Date()))()), { ...world, poolOf });
  } catch (error) {
    world.warn(error instanceof BadCommand ? `${error.message}\nSee: npm run dead -- help\n` : `${text(error)}\n`);
    return error instanceof BadCommand ? 2 : 1;
  } finally {
    await Promise.all([...pools.values()].map(pool => pool.end()));
  }
}

type Open = World & { readonly poolOf: (service: ServiceName) => Pool };

async function perform(command: Command, world: Open): Promise<number> {
  switch (command.name) {
    case 'help':
      world.say(usage);
      return 0;
    case 'list':
      return await list(command, world);
    case 'show':
      return await show(command, world);
    case 'edit':
      return await change(command, world);
    case 'redrive':
    case 'discard':
      return await release(command, world);
  }
}

const nameOf = ({ service, position }: LetterName): string => `${service}/${position}`;
const text = (error: unknown): string =>
  error instanceof AggregateError ? text(error.errors[0]) : error instanceof Error ? error.message : String(error);

/** Letters of all services that fit, and those services that could not be asked. */
async function find(
  filter: Filter,
  world: Open,
  order: { by: 'place' | 'age'; limit?: number },
): Promise<{ letters: Named[]; failed: boolean }> {
  const services = filter.service === undefined ? serviceNames : [filter.service];
  const found = await Promise.allSettled(
    services.map(async service => {
      const letters = await findLetters(sqlOfPool(world.poolOf(service)), filter, order);
      return letters.map(letter => ({ ...letter, service }));
    }),
  );
  for (const [n, { status, ...rest }] of found.entries())
    if (status === 'rejected')
      world.warn(`${services[n] ?? ''}: not asked: ${text((rest as PromiseRejectedResult).reason)}\n`);
  return {
    letters: found.flatMap(result => (result.status === 'fulfilled' ? result.value : [])),
    failed: found.some(({ status }) => status === 'rejected'),
  };
}

const print = (letters: readonly Named[], width?: number): string =>
  table(
    ['LETTER', 'DIED AT', 'EVENT', 'KEY', 'TRIES', 'BEHIND', 'FAULT', 'REASON'],
    letters.map(letter => [
      ...[nameOf(letter), letter.diedAt, letter.type ?? '?', letter.key, String(letter.attempts)],
      ...[String(letter.waiting), letter.stackHash, letter.reason],
    ]),
    width,
  );

async function list(command: Command & { name: 'list' }, world: Open): Promise<number> {
  const { letters, failed } = await find(command.filter, world, { by: 'age', limit: command.limit });
  const oldest = letters
    .toSorted((a, b) => Number(a.diedAt > b.diedAt) - Number(a.diedAt < b.diedAt))
    .slice(0, command.limit);
  if (command.json) world.say(`${JSON.stringify(oldest, undefined, 2)}\n`);
  else if (oldest.length === 0) world.say('no dead letters\n');
  else world.say(print(oldest, world.width));
  if (oldest.length === command.limit) world.warn(`the first ${command.limit}; more with --limit\n`);
  return failed ? 1 : 0;
}

async function show({ letter: name, json }: Command & { name: 'show' }, world: Open): Promise<number> {
  const sql = sqlOfPool(world.poolOf(name.service));
  const letter = await showLetter(sql, name.position);
  const actions = letter?.actions ?? (await actionsOf(sql, name.position));
  const history = actions.map(
    ({ at, action, who, reason }) => `${at} ${action} by ${who}${reason === null ? '' : `: ${reason}`}\n`,
  );
  if (letter === undefined) {
    world.warn(`${nameOf(name)}: no such dead letter\n${history.join('')}`);
    return 1;
  }
  if (json) {
    world.say(`${JSON.stringify({ service: name.service, ...letter }, undefined, 2)}\n`);
    return 0;
  }
  const facts = [
    ['letter', nameOf(name)],
    ['event', `${letter.type ?? '?'} ${letter.eventId}`],
    ['key', `${letter.key} (${letter.waiting} waiting behind it)`],
    ['from', `${letter.topic}[${letter.partition}] offset ${letter.offset}`],
    ['died at', letter.diedAt],
    ['handler', `${letter.handler} of group ${letter.group}, after ${letter.attempts} tries`],
    ['reason', letter.reason],
    ['fault', letter.stackHash],
  ];
  world.say(facts.map(([fact = '', value = '']) => `${fact.padEnd(8)} ${value}\n`).join(''));
  world.say(`headers  ${JSON.stringify(letter.headers)}\n`);
  for (const line of history) world.say(`done     ${line}`);
  world.say(`payload\n${pretty(letter.value)}\n`);
  return 0;
}

function pretty(value: string | null): string {
  try {
    return JSON.stringify(JSON.parse(value ?? 'null', asWritten), undefined, 2);
  } catch {
    return value ?? '';
  }
}

/** Whole numbers beyond 2^53 as well: what is shown may be what an edit begins with. */
const asWritten = (_: string, value: unknown, { source }: { source?: string } = {}): unknown =>
  typeof value === 'number' && source !== undefined ? rawJSON(source) : value;

/** Node has it, the language's types do not yet. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

async function change({ letter, file, reason }: Command & { name: 'edit' }, world: Open): Promise<number> {
  const read = world.readInput ?? ((path: string) => readFileSync(path === '-' ? 0 : path, 'utf8'));
  let value: string;
  try {
    value = read(file);
  } catch (error) {
    throw new BadCommand(`${file}: ${text(error)}`);
  }
  try {
    // Only looked at: what is kept is what was given, also numbers that are rounded here.
    JSON.parse(value);
  } catch (error) {
    throw new BadCommand(`${file}: expected JSON: ${text(error)}`);
  }
  if (!(await edit(world.poolOf(letter.service), letter.position, value, { who: world.who, why: reason })))
    throw new Error(`${nameOf(letter)}: no such dead letter`);
  world.say(`${nameOf(letter)}: has the new payload; redrive it to have it handled\n`);
  return 0;
}

async function release(command: Command & { name: 'redrive' | 'discard' }, world: Open): Promise<number> {
  const chosen =
    command.letters.length > 0
      ? { letters: command.letters, failed: false }
      : await find(command.filter, world, { by: 'place' });
  if (command.letters.length === 0) {
    const found = chosen.letters as readonly Named[];
    world.say(found.length === 0 ? 'no dead letters\n' : print(found, world.width));
  }
  if (command.dryRun) {
    world.say(`would ${command.name} ${chosen.letters.length}; nothing was done\n`);
    return chosen.failed ? 1 : 0;
  }
  const pauseMs = command.name === 'redrive' ? 1_000 / command.perSecond : 0;
  const began = performance.now();
  let [done, missing] = [0, 0];
  const tellDone = () =>
    world.say(`${done} ${command.name === 'redrive' ? 'redriven: their group tries them now' : 'discarded'}\n`);
  try {
    for (const [n, letter] of chosen.letters.entries()) {
      const early = began + n * pauseMs - performance.now();
      if (early > 0) await setTimeout(early);
      const pool = world.poolOf(letter.service);
      const was =
        command.name === 'redrive'
          ? await redrive(pool, letter.position, { who: world.who })
          : await discard(pool, letter.position, { who: world.who, why: command.why });
      if (was) done += 1;
      else {
        missing += 1;
        world.warn(`${nameOf(letter)}: no such dead letter\n`);
      }
    }
  } finally {
    // Each letter is a transaction of its own: also when one fails, those before it are done.
    tellDone();
  }
  return missing > 0 || chosen.failed ? 1 : 0;
}
