// Refuses a change of an event that its readers would not survive: `node schema/scripts/check-events.ts [--base <folder or git ref>]`.
import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { eventCatalogue } from '../events/catalogue.ts';
import { incompatibilities } from './event-compatibility.ts';
import { eventSchema, eventSchemaFolder, eventSchemaPath, type EventSchema } from './event-schemas.ts';

const schemaFolder = new URL('..', import.meta.url).pathname;
const committedFolder = 'events/json';

/** What is wrong, one line each; nothing when all committed events can still be read. */
export async function checkEvents(base?: string): Promise<string[]> {
  const current = eventCatalogue.map(eventSchema);
  const bases = base === undefined ? lastCommitted() : [await readBase(base)];
  const faults = bases.flatMap(committed => incompatibilities(committed, current));
  const lines = faults.map(({ event, field, reason }) => `${event}${field === '' ? '' : ` ${field}`}: ${reason}`);
  return [...new Set(lines), ...(await strayFiles())];
}

/** Files of events that are not defined any more would go on to look valid. */
async function strayFiles(): Promise<string[]> {
  const known = new Set(eventCatalogue.map(eventSchemaPath));
  const present = await readdir(eventSchemaFolder, { recursive: true }).catch(() => []);
  return present
    .filter(path => path.endsWith('.json') && !known.has(path))
    .map(path => `schema/${committedFolder}/${path} belongs to no event: delete it`);
}

/**
 * The last commit, and the state before the last commit that touched these files: in CI the working tree is the last commit itself.
 * Empty where there is nothing yet (no repository, no commit, a shallow clone).
 */
function lastCommitted(): EventSchema[][] {
  const touched = git(['log', '-1', '--format=%H', '--', committedFolder])?.trim();
  const refs = touched === undefined || touched === '' ? ['HEAD'] : ['HEAD', `${touched}^`];
  return refs.map(ref => readRef(ref) ?? []);
}

async function readBase(base: string): Promise<EventSchema[]> {
  const isFolder = await stat(base).then(
    entry => entry.isDirectory(),
    () => false,
  );
  const schemas = isFolder ? await readFolder(base) : readRef(base);
  if (schemas === undefined) throw new Error(`--base ${base}: neither a folder nor a git revision`);
  return schemas;
}

async function readFolder(folder: string): Promise<EventSchema[]> {
  const paths = (await readdir(folder, { recursive: true })).filter(path => path.endsWith('.json'));
  return Promise.all(paths.map(async path => JSON.parse(await readFile(`${folder}/${path}`, 'utf8')) as EventSchema));
}

function readRef(ref: string): EventSchema[] | undefined {
  if (git(['rev-parse', '--quiet', '--verify', `${ref}^{commit}`]) === undefined) return undefined;
  const paths = git(['ls-tree', '-r', '-z', '--name-only', ref, '--', committedFolder])?.split('\0') ?? [];
  return paths
    .filter(path => path.endsWith('.json'))
    .map(path => JSON.parse(git(['show', `${ref}:./${path}`]) ?? '') as EventSchema);
}

function git(args: string[]): string | undefined {
  try {
    return execFileSync('git', ['-C', schemaFolder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { base: { type: 'string' } } });
  const faults = await checkEvents(values.base);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
  else process.stdout.write(`${String(eventCatalogue.length)} events: all that is committed can still be read\n`);
}
