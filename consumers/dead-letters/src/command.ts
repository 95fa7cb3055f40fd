import { parseArgs } from 'node:util';
import { serviceNames, type ServiceName } from '@waygraph/schema/services';

/** What was typed does not fit; the text says what does. */
export class BadCommand extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadCommand';
  }
}

/** A letter's name: the service it waits in, and its position there. */
export type LetterName = { readonly service: ServiceName; readonly position: string };

export type Filter = {
  readonly service?: ServiceName;
  readonly type?: string;
  readonly key?: string;
  /** Part of the reason, whatever the case. */
  readonly reason?: string;
  readonly since?: Date;
};

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'list'; readonly filter: Filter; readonly limit: number; readonly json: boolean }
  | { readonly name: 'show'; readonly letter: LetterName; readonly json: boolean }
  | {
      readonly name: 'redrive';
      readonly letters: readonly LetterName[];
      readonly filter: Filter;
      readonly dryRun: boolean;
      readonly perSecond: number;
    }
  | { readonly name: 'edit'; readonly letter: LetterName; readonly file: string; readonly reason: string | undefined }
  | {
      readonly name: 'discard';
      readonly letters: readonly LetterName[];
      readonly filter: Filter;
      readonly dryRun: boolean;
      readonly why: string;
    };

export const usage = `Dead letters: events that a service could not handle, of all services.

  npm run dead -- list                        what waits, oldest first
  npm run dead -- show orders/12              everything about one, with its payload
  npm run dead -- redrive orders/12           gives it back to be handled
  npm run dead -- redrive --service orders    all that fit the filter
  npm run dead -- edit orders/12 --file new.json [--why TEXT]
                                              another payload, from a file or "-" for stdin
  npm run dead -- discard orders/12 --why TEXT
                                              it will never be handled; what waits behind it goes on

Filter (list, redrive, discard):
  --service NAME      ${serviceNames.join(', ')}
  --type TYPE         of the event: OrderPlaced
  --key KEY           of the event: an order's id, a lane's id
  --reason TEXT       the reason contains it
  --since TIME        died at or after: 2026-11-21, 2026-11-21T09:30Z, or ago: 30m, 2h, 1d
  --all               redrive and discard: without any filter

Other options:
  --dry-run           redrive, discard: only say what would be done
  --per-second N      redrive: at most so many, default 20
  --limit N           list: at most so many, default 100
  --json              list, show: for programs
`;

const options = {
  service: { type: 'string' },
  type: { type: 'string' },
  key: { type: 'string' },
  reason: { type: 'string' },
  since: { type: 'string' },
  why: { type: 'string' },
  file: { type: 'string' },
  'per-second': { type: 'string' },
  limit: { type: 'string' },
  all: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const allowed: Readonly<Record<string, readonly string[]>> = {
  list: ['service', 'type', 'key', 'reason', 'since', 'limit', 'json'],
  show: ['json'],
  redrive: ['service', 'type', 'key', 'reason', 'since', 'all', 'dry-run', 'per-second'],
  edit: ['file', 'why'],
  discard: ['service', 'type', 'key', 'reason', 'since', 'all', 'dry-run', 'why'],
};

/** Throws a BadCommand that says what was expected. `now` is what "2h ago" counts from. */
export function parseCommand(args: readonly string[], now: Date): Command {
  const { values, positionals } = parsed(args);
  const [name, ...names] = positionals;
  if (name === undefined || name === 'help' || values.help === true) return { name: 'help' };
  const fits = allowed[name];
  if (fits === undefined) throw new BadCommand(`"${name}" is none of ${Object.keys(allowed).join(', ')}`);
  const odd = Object.keys(values).find(option => !fits.includes(option));
  if (odd !== undefined) throw new BadCommand(`${name} takes no --${odd}`);
  const letters = names.map(letterName);
  const filter = filterOf(values, now);
  const one = (): LetterName => {
    const [letter, second] = letters;
    if (letter === undefined || second !== undefined) throw new BadCommand(`${name} takes one letter, like orders/12`);
    return letter;
  };
  const chosen = () => {
    const filters = Object.keys(filter).length;
    if (letters.length > 0 && (filters > 0 || values.all === true))
      throw new BadCommand(`${name} takes either letters or a filter`);
    if (letters.length === 0 && filters === 0 && values.all !== true)
      throw new BadCommand(`${name} needs letters like orders/12, a filter, or --all`);
    return { letters, filter, dryRun: values['dry-run'] === true };
  };
  switch (name) {
    case 'list':
      if (letters.length > 0) throw new BadCommand('list takes no letters; see show');
      return { name, filter, limit: number('limit', values.limit, 100, 10_000), json: values.json === true };
    case 'show':
      return { name, letter: one(), json: values.json === true };
    case 'redrive':
      return { name, ...chosen(), perSecond: number('per-second', values['per-second'], 20, 10_000) };
    case 'edit':
      return { name, letter: one(), file: needed('file', values.file), reason: values.why };
    default:
      return { name: 'discard', ...chosen(), why: needed('why', values.why) };
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new BadCommand(error instanceof Error ? error.message : String(error));
  }
}

function needed(option: string, value: string | undefined): string {
  if (value === undefined || value.trim() === '') throw new BadCommand(`--${option} is needed`);
  return value;
}

function number(option: string, value: string | undefined, fallback: number, max: number): number {
  if (value === undefined) return fallback;
  const given = /^\d+$/.test(value) ? Number(value) : 0;
  if (given < 1 || given > max)
    throw new BadCommand(`--${option}: expected a whole number from 1 to ${max}, got "${value}"`);
  return given;
}

function service(name: string): ServiceName {
  const found = serviceNames.find(known => known === name);
  if (found === undefined) throw new BadCommand(`"${name}" is none of the services ${serviceNames.join(', ')}`);
  return found;
}

function letterName(text: string): LetterName {
  const [, name = '', position = ''] = /^([^/]*)\/([1-9]\d{0,17})$/.exec(text) ?? [];
  if (position === '') throw new BadCommand(`"${text}" is no letter's name; expected one like orders/12`);
  return { service: service(name), position };
}

function filterOf(values: Readonly<Record<string, string | boolean | undefined>>, now: Date): Filter {
  const text = (name: string) => (typeof values[name] === 'string' ? { [name]: values[name] } : {});
  return {
    ...text('type'),
    ...text('key'),
    ...text('reason'),
    ...(typeof values['service'] === 'string' && { service: service(values['service']) }),
    ...(typeof values['since'] === 'string' && { since: instant(values['since'], now) }),
  };
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function instant(text: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const at =
    count === undefined
      ? new Date(/^\d{4}-\d{2}-\d{2}/.test(text) ? text : Number.NaN)
      : new Date(now.getTime() - Number(count) * unitMs[unit as keyof typeof unitMs]);
  if (Number.isNaN(at.getTime()))
    throw new BadCommand(`--since: expected 2026-11-21, 2026-11-21T09:30Z, 30m, 2h or 1d, got "${text}"`);
  return at;
}
