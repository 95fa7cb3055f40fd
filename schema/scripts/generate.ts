import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { checkEvents } from './check-events.ts';
import * as codegen from './codegen.ts';
import * as compose from './compose.ts';
import * as eventSchemas from './event-schemas.ts';

// `npm run generate` writes everything that is generated and committed; with `--check` it only compares, so that
// `npm run check` fails when somebody forgot to, or edited a generated file by hand.
const checking = process.argv.includes('--check');
const root = new URL('../..', import.meta.url).pathname;
const onDisk = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

const generators = [compose, codegen, eventSchemas];
const files = (await Promise.all(generators.map(async generator => await generator.generatedFiles()))).flat();
const faults: string[] = [];
for (const { path, content } of files) {
  if ((await onDisk(path)) === content) continue;
  if (checking) faults.push(`${relative(root, path)} is not what its sources generate: run "npm run generate"`);
  else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    process.stdout.write(`wrote ${relative(root, path)}\n`);
  }
}
if (checking) faults.push(...(await checkEvents()));
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length === 0) process.stdout.write(`${files.length} generated files are up to date\n`);
else process.exitCode = 1;
