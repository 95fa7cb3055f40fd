// Loads the sample shop once, through the services' own use cases. `--check` only says what would be done.
import { parseArgs } from 'node:util';
import { readEnv } from './env.ts';
import { loadSampleShop } from './load.ts';
import { createParts, createReadParts } from './parts.ts';
import { currentShop, sampleShop } from './sample-shop.ts';

const env = readEnv();
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

try {
  await loadSampleShop({
    version: currentShop.version,
    // Imported late: the usual run finds everything there and is over before this has been read.
    shop: async () => sampleShop({ ...currentShop, streets: await (await import('./streets.ts')).readStreets() }),
    parts: [...createParts(env), ...createReadParts(env.READ_SYNC_DATABASE_URL, currentShop.seed)],
    say,
    checkOnly: values.check,
  });
} catch (error) {
  const reasons = error instanceof AggregateError ? error.errors : [error];
  for (const reason of reasons)
    process.stderr.write(`sample shop: ${reason instanceof Error ? reason.message : String(reason)}\n`);
  process.exitCode = 1;
}
