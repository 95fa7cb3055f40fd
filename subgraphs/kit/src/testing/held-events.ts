import type { z } from 'zod';
import type { EventDefinition } from '@waygraph/schema/events/define';
import { sqlOfPool, type Pool } from '../database.ts';
import { createEventConsumer } from '../event-consumer.ts';
import type { EventHandler } from '../event-handler.ts';
import { createLog } from '../log.ts';
import { uuidv7 } from '../outbox.ts';
import type { RetryPlan } from '../retry-delay.ts';
import { createFakeKafka } from './fake-kafka.ts';
import { uniqueId } from './test-env.ts';

type Given = { key: string; seq: number; id?: string; value?: string; headers?: Record<string, string> };

/** A group of one definition's events on a fake broker and a real database, and what is held of them. */
export function groupOn<Type extends string, Schema extends z.ZodType>(
  pool: Pool,
  definition: EventDefinition<Type, Schema>,
  dataOf: (event: { key: string; seq: number }) => z.input<Schema>,
) {
  const group = uniqueId('group');
  const fake = createFakeKafka({ partitions: 6 });
  const sql = sqlOfPool(pool);
  const dead = `${group}.dead`;
  const plan: RetryPlan = { firstMs: 20, longestMs: 40, tries: 4 };
  const started: { stop(): Promise<void> }[] = [];
  return {
    group,
    fake,
    dead,
    async start(handlers: readonly EventHandler[], more: { retries?: RetryPlan } = {}) {
      const consumer = createEventConsumer({
        ...{ group, pool, handlers, brokers: [], concurrency: 6, retries: plan, deadTopic: dead, commitEveryMs: 5 },
        log: createLog('held-events', 'silent'),
        onCrash: error => {
          throw error;
        },
        consumerOf: fake.createConsumer,
        ...more,
      });
      started.push(consumer);
      await consumer.start();
      return consumer;
    },
    /** Sends what the outbox would, unless told otherwise. */
    send(...events: readonly Given[]): string[] {
      return events.map(({ key, seq, id = uuidv7(), value, headers }) => {
        const { type, topic } = definition;
        fake.send(topic, {
          key,
          value: value ?? JSON.stringify(dataOf({ key, seq })),
          headers: headers ?? { id, eventType: type, v: '1', seq: String(seq), occurredUs: '1' },
        });
        return id;
      });
    },
    parked: () =>
      sql<{ key: string; event_id: string; attempts: number; reason: string | null }>(
        'select key, event_id, attempts, reason from parked where consumer_group = $1 order by position',
        [group],
      ),
    letters: () =>
      sql<{ key: string; event_id: string; position: string; reason: string; handler: string; attempts: number }>(
        'select key, event_id, position, reason, handler, attempts from dead_letters where consumer_group = $1 order by position',
        [group],
      ),
    /** In how many transactions all of them were written. */
    burials: async () => {
      const rows = await sql('select distinct xmin::text from dead_letters where consumer_group = $1', [group]);
      return rows.length;
    },
    told: () =>
      sql<{ key: string; seq: string; payload: Record<string, unknown> }>(
        'select key, seq, payload from outbox where topic = $1 order by key, seq',
        [dead],
      ),
    keys: () =>
      sql<{ key: string; due_at: string | null }>('select key, due_at from parked_keys where consumer_group = $1', [
        group,
      ]),
    behind: () => fake.behind(group, definition.topic),
    stop: () => Promise.all(started.splice(0).map(consumer => consumer.stop())),
  };
}
