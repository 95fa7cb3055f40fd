import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createFollower, logTail, readable } from './logs.ts';

test('a process’s JSON line is shown as a person reads it, anything else as it is', () => {
  expect(
    readable('{"level":40,"time":"2026-11-21T09:30:00.125Z","name":"canary","lagMs":17,"msg":"a path is silent"}'),
  ).toBe('09:30:00.125 WARN a path is silent lagMs=17');
  expect(readable('FATAL:  no space')).toBe('FATAL:  no space');
  expect(readable('{"cut')).toBe('{"cut');
});

test('whole lines only, also across a rotation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waygraph-logs-'));
  try {
    const file = join(folder, 'a.log');
    writeFileSync(file, 'old\n');
    const follow = createFollower(file);
    expect(follow()).toEqual([]);
    appendFileSync(file, 'one\ntw');
    expect(follow()).toEqual(['one']);
    appendFileSync(file, 'o\n');
    expect(follow()).toEqual(['two']);
    truncateSync(file, 0);
    appendFileSync(file, 'new\n');
    expect(follow()).toEqual(['new']);
    expect(logTail(file, 5)).toEqual(['new']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
