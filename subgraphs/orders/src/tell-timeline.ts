import type { Sql } from '@waygraph/kit/database';
import { describe, sourceOf, type OrderFact } from './timeline.ts';

/** An event of another service as it came from the log. */
export type Told = {
  readonly id: string;
  readonly topic: string;
  readonly key: string | null;
  readonly seq: number;
  readonly occurredUs: number;
  readonly event: OrderFact;
};

/** Adds an event to its order's timeline, once; nothing when there is no such order. */
export async function tellTimeline(sql: Sql, { id, topic, key, seq, occurredUs, event }: Told): Promise<void> {
  await sql(
    `insert into timeline (order_id, event_id, topic, seq, type, source, detail, occurred_us)
     select id, $2, $3, $4, $5, $6, $7, $8 from orders where id = $1
     on conflict do nothing`,
    [key, id, topic, seq, event.type, sourceOf(topic), describe(event), occurredUs],
  );
}
