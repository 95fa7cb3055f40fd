import { sqlOfPool, type Pool } from '@waygraph/kit/database';
import { createEventConsumer, on } from '@waygraph/kit/event-consumer';
import { createLog } from '@waygraph/kit/log';
import type { createTestProducer } from '@waygraph/kit/testing/producer';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { defineEvent } from '@waygraph/schema/events/define';
import type { EventTopic } from '@waygraph/schema/topics';
import { z } from 'zod';
import { summarize, type Summary } from './percentiles.ts';

export type Poison = 'none' | 'unreadable' | 'refused';

export type PoisonFigures = {
  poison: Poison;
  /** From the moment the last record was on the topic until each record of another key was handled. */
  delayMs: Summary;
  letters: number;
  /** Until the last dead letter was kept. */
  allBuriedMs: number;
};

const log = createLog('bench', 'silent');

/** A group of its own that waits for records; then so many bad ones, each of a key of its own, and behind them the others. */
export async function measurePoison(options: {
  brokers: readonly string[];
  producer: Awaited<ReturnType<typeof createTestProducer>>;
  topic: string;
  pool: Pool;
  poison: Poison;
  records: number;
  others: number;
}): Promise<PoisonFigures> {
  const { brokers, producer, topic, pool, poison, records, others } = options;
  const group = uniqueId('poison');
  const Beat = defineEvent({
    type: 'Beat',
    topic: topic as EventTopic,
    key: beat => beat.key,
    data: z.object({ key: z.string(), isBad: z.boolean() }),
  });
  const handledAt = new Map<string, number>();
  const consumer = createEventConsumer({
    ...{ brokers: [...brokers], group, pool, concurrency: 6, log, deadTopic: `${group}.dead` },
    handlers: [
      on(Beat, async ({ key, isBad }, sql) => {
        await sql('select $1::text', [key]);
        if (isBad) throw new Error('no such seller');
        handledAt.set(key, performance.now());
      }),
    ],
    onCrash: error => {
      throw error;
    },
  });
  const send = (keys: readonly string[], payload: (key: string) => unknown) =>
    producer.send(topic, ...keys.map(key => ({ key, type: 'Beat', seq: 1, payload: payload(key) })));
  const keys = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `${group}-${kind}${String(n)}`);
  const wait = { timeoutMs: 120_000, intervalMs: 5 };
  try {
    await consumer.start();
    const [first = ''] = keys('first', 1);
    await send([first], key => ({ key, isBad: false }));
    await waitFor(() => handledAt.has(first), { ...wait, what: 'the group to have its partitions' });

    const bad = keys('bad', poison === 'none' ? 0 : records);
    for (let from = 0; from < bad.length; from += 1_000)
      await send(bad.slice(from, from + 1_000), key => (poison === 'unreadable' ? { key } : { key, isBad: true }));
    const good = keys('good', others);
    await send(good, key => ({ key, isBad: false }));
    const sentAt = performance.now();
    await waitFor(() => good.every(key => handledAt.has(key)), { ...wait, what: 'the others to be handled' });
    const letters = await waitFor(
      async () => {
        const [row] = await sqlOfPool(pool)<{ n: number }>(
          'select count(*)::int as n from dead_letters where consumer_group = $1',
          [group],
        );
        return row?.n === bad.length ? row : undefined;
      },
      { ...wait, what: 'every bad record to be a dead letter' },
    );
    return {
      poison,
      delayMs: summarize(good.map(key => Math.max(0, (handledAt.get(key) ?? Number.NaN) - sentAt))),
      ...{ letters: letters.n, allBuriedMs: performance.now() - sentAt },
    };
  } finally {
    await consumer.stop();
  }
}
