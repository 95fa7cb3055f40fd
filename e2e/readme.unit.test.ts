import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue, userErrorCatalogue } from '@waygraph/kit/errors';
import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { stateDiagram } from '@waygraph/orders/state-diagram';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Rows of the table under a heading, cells trimmed, backquotes taken off. */
function tableUnder(heading: string): string[][] {
  const section = readme.split(`\n${heading}\n`)[1]?.split(/\n##/)[0] ?? '';
  const rows = section.split('\n').filter(line => line.startsWith('|'));
  const cells = rows.map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim().replaceAll('`', '')),
  );
  return cells.slice(2);
}

type Model = Record<string, z.ZodType>;
const isModel = (value: unknown): value is Model =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).length > 0 &&
  Object.values(value).every(one => typeof one === 'object' && one !== null && 'safeParse' in one);

type Manifest = { dependencies?: Record<string, string>; devDependencies?: Record<string, string> };
const manifestOf = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;

test('every variable that a process or the stack reads stands in the table, with its default, and no other', async () => {
  const defaults = new Map<string, string>();
  const files = globSync('{gateway,subgraphs/*,consumers/*,sql,docker/fake-psp}/src/env.ts', { cwd: root }).filter(
    file => !file.includes('kit/'),
  );
  const modules = [...files.map(file => join(root, file)), join(root, 'docker/src/settings.ts')];
  const exported = await Promise.all(
    modules.map(async path => Object.values((await import(path)) as Record<string, unknown>)),
  );
  for (const model of exported.flat().filter(isModel)) {
    for (const [name, schema] of Object.entries(model)) {
      const parsed = schema.safeParse(undefined);
      // Optional for one process; another one that reads it says what it is.
      if (parsed.success && parsed.data === undefined) continue;
      const value = !parsed.success
        ? 'made at the first start'
        : Array.isArray(parsed.data)
          ? parsed.data.join(',')
          : String(parsed.data);
      defaults.set(name, value.replace(root, '.').replace(process.env['HOME'] ?? '~', '~') || 'empty');
    }
  }
  const table = new Map(tableUnder('## Variables').map(([name = '', value = '']) => [name, value]));
  expect([...table.keys()].sort()).toEqual([...defaults.keys()].sort());
  for (const [name, value] of defaults) {
    // A variable whose default differs between processes says so in words.
    if (!table.get(name)?.startsWith('see ')) expect([name, table.get(name)]).toEqual([name, value]);
  }
});

test('the error tables are the catalogues', () => {
  const thrown = Object.entries(errorCatalogue).map(([code, error]) => [
    code,
    error.retryable ? 'yes' : 'no',
    error.meaning,
  ]);
  expect(tableUnder('### Errors that are thrown')).toEqual(thrown);
  expect(tableUnder('### Errors in a payload')).toEqual(Object.entries(userErrorCatalogue));
});

test('every dependency is explained, and nothing is explained that is not there', () => {
  const manifests = [
    'package.json',
    ...globSync('{gateway,schema,sql,docker,subgraphs/*,consumers/*}/package.json', { cwd: root }),
  ];
  const used = manifests
    .map(manifestOf)
    .flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies }));
  const expected = new Set(used.filter(name => !name.startsWith('@waygraph/')));
  const explained = tableUnder('## Dependencies').flatMap(([names = '']) => names.split(', '));
  expect(explained.sort()).toEqual([...expected].sort());
});

test('versions are pinned', () => {
  for (const path of [
    'package.json',
    ...globSync('{gateway,schema,sql,docker,subgraphs/*,consumers/*}/package.json', { cwd: root }),
  ]) {
    const { dependencies, devDependencies } = manifestOf(path);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect([path, name, version]).toEqual([
        path,
        name,
        name.startsWith('@waygraph/') ? '*' : expect.stringMatching(/^\d+\.\d+\.\d+$/),
      ]);
    }
  }
});

describe('links', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map(match => match[1] ?? '')
    .filter(link => !/^https?:/.test(link));
  test.each(links)('%s exists', link => {
    expect(existsSync(join(root, link))).toBe(true);
  });

  test('one event can be followed through at most seven files, which are there', () => {
    const [, section = ''] =
      /^(?:## Follow one event\n|\*\*Follow one event[.:]?\*\*)([\s\S]*?)\n(?=\n\*\*|#)/m.exec(readme) ?? [];
    const files = [...section.matchAll(/\]\(([^)#]+\.ts)\)/g)].map(match => match[1] ?? '');
    expect(files).toContain('subgraphs/orders/src/place-order.ts');
    expect(files.length).toBeLessThanOrEqual(7);
    expect(files.filter(file => !existsSync(join(root, file)))).toEqual([]);
  });

  const scripts = Object.keys((manifestOf('package.json') as { scripts: Record<string, string> }).scripts);
  const commands = new Set([...readme.matchAll(/npm run (?:--silent )?([a-z:-]+)/g)].map(match => match[1] ?? ''));
  test.each([...commands])('npm run %s is a script', command => {
    expect(scripts).toContain(command);
  });
});

test('the picture of the saga is the one that its table draws', () => {
  expect(readme).toContain(`\`\`\`mermaid\n${stateDiagram().trimEnd()}\n\`\`\``);
});
