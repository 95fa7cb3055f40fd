import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { createLifecycle } from './lifecycle.ts';
import { createLog } from './log.ts';

const log = createLog('test', 'silent');

/** Stands for the process: remembers the code it was ended with. */
function fakeHost() {
  const exited = Promise.withResolvers<number>();
  const host = Object.assign(new EventEmitter(), { exit: (code: number) => exited.resolve(code) });
  return {
    host: host as unknown as Pick<NodeJS.Process, 'on' | 'exit'>,
    signal: (name: string) => host.emit(name),
    exited: exited.promise,
  };
}

test('SIGTERM stops what was started, last first, and ends with 0', async () => {
  const { host, signal, exited } = fakeHost();
  const lifecycle = createLifecycle({ log, host });
  const order: string[] = [];
  for (const name of ['database', 'server', 'intake']) lifecycle.onStop(name, () => void order.push(name));
  signal('SIGTERM');
  signal('SIGINT');
  expect(lifecycle.stopping.aborted).toBe(true);
  expect(await exited).toBe(0);
  expect(order).toEqual(['intake', 'server', 'database']);
});

test('a part that fails to stop does not keep the others from stopping, and is told by the exit code', async () => {
  const { host, exited } = fakeHost();
  const lifecycle = createLifecycle({ log, host });
  const order: string[] = [];
  lifecycle.onStop('database', () => void order.push('database'));
  lifecycle.onStop('server', () => Promise.reject(new Error('stuck')));
  await lifecycle.stop('test');
  expect(await exited).toBe(1);
  expect(order).toEqual(['database']);
});

test('a stop that hangs is ended at the deadline', async () => {
  const { host, exited } = fakeHost();
  const lifecycle = createLifecycle({ log, host, deadlineMs: 20 });
  lifecycle.onStop('server', () => new Promise<void>(() => undefined));
  void lifecycle.stop('test');
  expect(await exited).toBe(1);
});
