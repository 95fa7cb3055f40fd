import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere, fullRows, type OutboxRow } from '@waygraph/kit/outbox';
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
  const [row] = await sql<{ unknown: string[] }>(
    `with given as materialized (${toldRows(1)}), kept as (${intoTimeline} ${timelineOfGiven} on conflict do nothing)
     select ${unknownKeys} as unknown`,
    [toldOf(told)],
  );
  row?.unknown.forEach(assertNeverThere);
}

// Parts of statements.

/** What `toldRows` takes. */
export const toldOf = (told: readonly Told[]): string =>
  JSON.stringify(
    told.map(({ id, topic, key, seq, occurredUs, event }) => ({
      ...{ id, topic, key, seq, occurredUs, type: event.type, source: sourceOf(topic), detail: describe(event) },
    })),
  );

/** The events of a parameter that `toldOf` has made. */
export const toldRows = (parameter: number): string =>
  `select t.* from ${each(parameter)}, jsonb_to_record(it)
     as t(id uuid, key text, topic text, seq bigint, type text, source text, detail text, "occurredUs" bigint)`;

/** Of `given` events, those whose order is there. */
export const timelineOfGiven = `select o.id, t.id, t.topic, t.seq, t.type, t.source, t.detail, t."occurredUs"
  from given t join orders o on o.id = t.key`;

/** The keys of the others. */
export const unknownKeys = `array(
  select distinct key from given t where key is not null and not exists (select from orders o where o.id = t.key))`;

/** Own events as rows of the outbox, with what the timeline says of them. */
export const publishedRows = (events: readonly OutboxRow[]) =>
  fullRows(
    events.map(event => ({ ...event, detail: describe({ type: event.type, data: event.payload } as OrderFact) })),
  );

/** What was `published` of such rows, with the very time that the outbox gave it. */
export const timelineOfPublished = `select key, id, topic, seq, type, 'orders', own.detail, occurred_us
  from published join jsonb_to_recordset($1::jsonb) as own(id uuid, detail text) using (id)`;

export const intoTimeline = 'insert into timeline (order_id, event_id, topic, seq, type, source, detail, occurred_us)';

/**
 * The elements of a JSON parameter as rows `it`. Of these the planner expects ten, and of jsonb_to_recordset a hundred, for which it
 * would rather read a whole table than its index.
 */
export function each(parameter: number): string {
  return `unnest(array(select jsonb_array_elements($${String(parameter)}::jsonb))) as it`;
}
