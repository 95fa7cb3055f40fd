import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { processEnv } from './application.ts';
import { processes, sampleShop } from './processes.ts';
import { repository, settingsFrom } from './settings.ts';

const known = { ...settingsFrom({ HOME: '/root' }).env, GATEWAY_SECRET: 'g', CURSOR_SECRET: 'c' };
/** Variables that people may set and that nobody has to hand over. */
const ownDefaults = [
  'FACTOR_SWEEP_MS',
  'RESERVATION_TTL_MINUTES',
  'PSP_TIMEOUT_MS',
  'SAGA_STEP_TIMEOUT_MS',
  'OUTBOX_RETENTION_DAYS',
  'AUDIT_EVERY_MS',
  'AUDIT_EVERYTHING_EVERY_MS',
  'AUDIT_QUIET_MS',
  'AUDIT_GRACE_MS',
  'AUDIT_LATE_MS',
  'SUPERGRAPH',
  'CORS_ORIGINS',
  'SUBGRAPH_TIMEOUT_MS',
  'LISTEN_HOST',
];

test.each([...processes, sampleShop].map(process => [process.name, process] as const))(
  '%s gets every variable its env.ts reads',
  (_, process) => {
    const file = join(repository, dirname(process.entry), 'env.ts');
    expect(existsSync(file)).toBe(true);
    // The first model in the file is the process's; others belong to its command-line tools.
    const model = /= \{\n([\s\S]*?)\n\};/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    const read = [...model.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].flatMap(([, name]) => name ?? []);
    const given = Object.keys(processEnv(known, process));
    expect(read.filter(name => !given.includes(name) && !ownDefaults.includes(name))).toEqual([]);
  },
);

test('no process gets the superuser of the database', () => {
  for (const process of [...processes, sampleShop])
    expect(Object.keys(processEnv(known, process)).filter(name => name.startsWith('POSTGRES_ADMIN'))).toEqual([]);
});
