import { expect, test } from '@jest/globals';
import type { Fetched, kafkaCluster } from '@waygraph/kit/kafka-cluster';
import { createLog } from '@waygraph/kit/log';
import { createEventLog } from './event-log.ts';
import { LogCut } from './log-cut.ts';

const topic = 't';
const recordOf = (id: string): Fetched => {
  const place = { topic, partition: 0, offset: '0' };
  const message = { ...place, key: 'k', value: '{}', timestampMs: 0, headers: { id } };
  return { topic, partition: 0, next: 1, messages: [message] };
};

/** A log of one record, whose broker gives these answers one after the other, then nothing. */
function given(...answers: (Fetched | Error | 'nothing')[]) {
  const cluster: ReturnType<typeof kafkaCluster> = {
    ...{ open: () => Promise.resolve(), refresh: () => Promise.resolve(), close: () => Promise.resolve() },
    partitionCount: () => 1,
    leadersOf: () => new Map([['1', [0]]]),
    offsets: (_, at) => Promise.resolve([at === 'start' ? 0 : 1]),
    fetch: () => {
      const answer = answers.shift() ?? 'nothing';
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve(answer === 'nothing' ? [] : [answer]);
    },
  };
  return createEventLog({ brokers: [], topics: [topic], log: createLog('test', 'silent'), cluster });
}
const known = { [topic]: [{ offset: 0, mark: 'a' }] };

test('whether the last record is still there has to be told: no answer is none', async () => {
  const eventLog = given('nothing', recordOf('a'));
  const start = () => eventLog.startAt({ [topic]: [1] }, known);
  await expect(start()).rejects.toThrow('nobody answers');
  await start();
});

test('it is asked for after a fault, until somebody answers', async () => {
  const eventLog = given(recordOf('a'), new Error('a fault'), 'nothing', recordOf('b'));
  await eventLog.startAt({ [topic]: [1] }, known);
  const readOn = () => eventLog.readOn(() => undefined, 10);
  await expect(readOn()).rejects.toThrow('a fault');
  await expect(readOn()).rejects.toThrow('nobody answers');
  await expect(readOn()).rejects.toThrow(LogCut);
});
