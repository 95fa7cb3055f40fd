import { connection, type Connection, type Page } from '@waygraph/kit/connection';
import type { Sql } from '@waygraph/kit/database';
import { badUserInput } from '@waygraph/kit/graphql-errors';

/** Page cursors of timeline entries say that they are. */
export const timelineList = 'timeline';

export type Entry = {
  readonly eventId: string;
  readonly orderId: string;
  readonly topic: string;
  readonly seq: number;
  readonly occurredUs: string;
  readonly type: string;
  readonly source: string;
  readonly detail: string | null;
};
export type TimelinePage = { readonly orderId: string; readonly page: Page };

type Row = Omit<Entry, 'seq'> & { ordinal: number; seq: string; has_previous: boolean };

const keyOf = ({ occurredUs, seq, eventId }: Entry): string => `${occurredUs}_${seq}_${eventId}`;

function placeOf(after: string | undefined): readonly (string | null)[] {
  if (after === undefined) return [null, null, null];
  const place = /^(\d{1,18})_(\d{1,18})_([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(after);
  if (place === null) throw badUserInput('after: expected a cursor of this list', 'after');
  return place.slice(1);
}

/** Pages of timelines, each in the order things happened, by one statement. */
export async function readTimelines(sql: Sql, asked: readonly TimelinePage[]): Promise<Connection<Entry>[]> {
  const places = asked.map(({ page }) => placeOf(page.after));
  const column = (index: number) => places.map(place => place[index]);
  const rows = await sql<Row>(
    `select asked.ordinal::int, t.event_id as "eventId", t.order_id as "orderId", t.topic, t.seq, t.occurred_us as "occurredUs", t.type,
       t.source, t.detail,
       asked.after_us is not null and exists (
         select from timeline p where p.order_id = asked.order_id
           and (p.occurred_us, p.seq, p.event_id) <= (asked.after_us, asked.after_seq, asked.after_id)) as has_previous
     from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::uuid[])
       with ordinality as asked(order_id, most, after_us, after_seq, after_id, ordinal)
     cross join lateral (
       select * from timeline t
       where t.order_id = asked.order_id and (asked.after_us is null
         or (t.occurred_us, t.seq, t.event_id) > (asked.after_us, asked.after_seq, asked.after_id))
       order by t.occurred_us, t.seq, t.event_id
       limit asked.most
     ) as t
     order by asked.ordinal, t.occurred_us, t.seq, t.event_id`,
    [asked.map(({ orderId }) => orderId), asked.map(({ page }) => page.first + 1), column(0), column(1), column(2)],
  );
  const byOrdinal = Map.groupBy(rows, ({ ordinal }) => ordinal);
  return asked.map(({ page }, index) => {
    const found = byOrdinal.get(index + 1) ?? [];
    const entries = found.map(row => ({ ...row, seq: Number(row.seq) }));
    return connection(timelineList, entries, page, {
      key: keyOf,
      hasPrevious: found[0]?.has_previous ?? page.after !== undefined,
    });
  });
}
