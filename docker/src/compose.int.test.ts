import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findComposeProgram, type ComposeProgram } from './compose-program.ts';
import { run } from './proc.ts';

const file = join(import.meta.dirname, '../compose.yaml');
const folder = mkdtempSync(join(tmpdir(), 'waygraph-compose-'));
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder };
let program: ComposeProgram | undefined;

beforeAll(async () => {
  program = await findComposeProgram(env);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Compose itself reads the model; it needs no engine for that. */
function validate(text: string) {
  if (!program) throw new Error('neither "docker compose" nor docker-compose is here: install docker-compose');
  const changed = join(folder, 'compose.yaml');
  writeFileSync(changed, text);
  const args = [...program.args, '-p', 'waygraph', '-f', changed, '--project-directory', dirname(file), 'config', '-q'];
  return run(program.command, args, { cwd: dirname(file), env });
}

const model = readFileSync(file, 'utf8');

test('the compose model is valid', async () => {
  expect(await validate(model)).toMatchObject({ code: 0 });
}, 30_000);

test.each([
  [
    'a part that waits for one that does not exist',
    model.replace('kafka: { condition: service_healthy }', 'kafak: { condition: service_healthy }'),
  ],
  ['a key that Compose does not know', model.replace('stop_grace_period: 30s', 'stop_grace: 30s')],
])(
  'and the check finds %s',
  async (_, broken) => {
    expect(broken).not.toBe(model);
    expect((await validate(broken)).code).not.toBe(0);
  },
  30_000,
);
