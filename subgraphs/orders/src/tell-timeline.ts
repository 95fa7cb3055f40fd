import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere } from '@waygraph/kit/outbox';
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

/** Adds events to their orders' timelines, each once; those of orders that never were there are left out. */
export async function tellTimeline(sql: Sql, told: readonly Told[]): Promise<void> {
  const unknown = await sql<{ key: string }>(
    `with given as (
       select * from jsonb_to_recordset($1::jsonb)
         as t(id uuid, key text, topic text, seq bigint, type text, source text, detail text, "occurredUs" bigint)
     ),
     kept as (
       insert into timeline (order_id, event_id, topic, seq, type, source, detail, occurred_us)
       select o.id, t.id, t.topic, t.seq, t.type, t.source, t.detail, t."occurredUs"
       from given t join orders o on o.id = t.key
       order by o.id, t.id
       on conflict do nothing
     )
     select distinct key from given t where key is not null and not exists (select from orders o where o.id = t.key)`,
    [
      JSON.stringify(
        told.map(({ event, ...place }) => ({
          ...place,
          ...{ type: event.type, source: sourceOf(place.topic), detail: describe(event) },
        })),
      ),
    ],
  );
  for (const { key } of unknown) assertNeverThere(key);
}
