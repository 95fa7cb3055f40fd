import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseLock, wrongFiles } from './artifacts.ts';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

test('the committed lock holds Kafka, Connect, Debezium and the binding their logs need', () => {
  const paths = parseLock(readFileSync(join(import.meta.dirname, '../kafka/artifacts.sha256'), 'utf8')).map(
    ({ path }) => path,
  );
  for (const name of [
    'libs/kafka_2.13-4.3.1.jar',
    'libs/connect-runtime-4.3.1.jar',
    'libs/log4j-slf4j-impl-',
    'plugins/debezium-connector-postgres/debezium-connector-postgres-3.7.0.Final.jar',
  ])
    expect(paths.some(path => path.startsWith(name))).toBe(true);
});

test('a file that is missing, truncated or changed is found, a right one is not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waygraph-artifacts-'));
  try {
    mkdirSync(join(folder, 'libs'));
    writeFileSync(join(folder, 'libs/right.jar'), 'right');
    writeFileSync(join(folder, 'libs/cut.jar'), 'ri');
    const entries = ['right', 'cut', 'absent'].map(name => ({ hash: hashOf('right'), path: `libs/${name}.jar` }));
    expect(wrongFiles(folder, entries).map(({ path }) => path)).toEqual(['libs/cut.jar', 'libs/absent.jar']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
