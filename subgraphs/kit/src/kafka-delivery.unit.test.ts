import { describe, expect, test } from '@jest/globals';
import { BadMessage, createFaults, deliver, pauseMs, type Fault, type RawMessage } from './kafka-delivery.ts';
import { createLog } from './log.ts';

const message = (offset: string): RawMessage => ({
  topic: 't',
  partition: 3,
  offset,
  key: 'k',
  value: '{}',
  headers: {},
  timestampMs: 0,
});

const setting = () => {
  const faults: Fault[] = [];
  const pauses: number[] = [];
  return {
    faults,
    pauses,
    options: {
      messages: [message('7'), message('8')],
      isPassing: (error: unknown) => error instanceof Error && error.message === 'away',
      isOurs: () => true,
      beat: () => Promise.resolve(),
      onFault: (fault: Fault) => faults.push(fault),
      pause: (ms: number) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    },
  };
};

describe('deliver', () => {
  test('tries again for as long as a part is away, with growing pauses', async () => {
    const { options, faults, pauses } = setting();
    let calls = 0;
    const work = () => ((calls += 1) < 8 ? Promise.reject(new Error('away')) : Promise.resolve());
    expect(await deliver({ ...options, work })).toBe('done');
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
    expect(faults[0]).toEqual({ place: 't[3]', offset: '7', reason: 'away', stuck: false });
  });

  test('stops at the record that cannot be applied and says which it is', async () => {
    const { options, faults } = setting();
    const bad = new BadMessage(message('8'), new Error('no such column'));
    expect(await deliver({ ...options, work: () => Promise.reject(bad) })).toBe(bad);
    expect(faults).toEqual([{ place: 't[3]', offset: '8', reason: 'no such column', stuck: true }]);
  });

  test('leaves the partition when it is no longer ours', async () => {
    const { options } = setting();
    let ours = true;
    const work = () => {
      ours = false;
      return Promise.reject(new Error('away'));
    };
    expect(await deliver({ ...options, isOurs: () => ours, work })).toBe('left');
  });
});

test('the pause never exceeds a second', () => {
  expect(pauseMs(1_000)).toBe(1_000);
});

test('readiness names partition, offset and reason until the partition goes on', () => {
  const faults = createFaults(createLog('test', 'silent'));
  faults.set({ place: 't[3]', offset: '8', reason: 'no such column', stuck: true });
  expect(() => {
    faults.check();
  }).toThrow('t[3] stopped at offset 8: no such column');
  faults.clear('t[3]');
  faults.check();
});
