import { tableTopic, type CapturedTable } from '@waygraph/schema/topics';
import { z } from 'zod';
import type { VersionedRow } from './fold.ts';

/** How rows of one captured table become rows of the read database. */
export type Table = {
  readonly source: CapturedTable;
  readonly topic: string;
  readonly target: string;
  /** Checks a row and takes from it what the target needs. */
  readonly row: z.ZodType<VersionedRow>;
  /** Columns of the key, by the same name in source and target. */
  readonly key: readonly string[];
  /** Takes rows as a JSON array; a row that is there is replaced by a newer version only. */
  readonly upsert: string;
  /** Takes keys as a JSON array. */
  readonly remove: string;
  /** Takes keys as a JSON array; marks them as seen by the newest rebuild. */
  readonly mark: string;
  /** Takes the number of a rebuild; removes what it has not seen. */
  readonly sweep: string;
};

const currentRebuild = '(select coalesce(max(id), 0) from sync.rebuilds)';

function table(definition: {
  source: CapturedTable;
  target: string;
  row: z.ZodType<VersionedRow>;
  key: readonly string[];
  /** Columns of the JSON rows with their types. */
  columns: Readonly<Record<string, string>>;
  /** Columns of the target with the expression that fills them, where it is not the column of the same name. */
  fills?: Readonly<Record<string, string>>;
  omit?: readonly string[];
}): Table {
  const { source, target, row, key, columns, fills = {}, omit = [] } = definition;
  const names = [
    ...Object.keys(columns).filter(name => !omit.includes(name)),
    ...Object.keys(fills).filter(name => !(name in columns)),
  ];
  const updates = [...names, 'last_rebuild'].filter(name => !key.includes(name));
  const record = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  const keyRecord = key.map(name => `${name} ${columns[name] ?? 'text'}`);
  const sameKey = key.map(name => `t.${name} = k.${name}`).join(' and ');
  const keys = `jsonb_to_recordset($1::jsonb) as k(${keyRecord.join(', ')})`;
  return {
    ...{ source, target, row, key, topic: tableTopic(source) },
    upsert: `
      insert into ${target} as t (${names.join(', ')}, last_rebuild)
      select ${names.map(name => fills[name] ?? name).join(', ')}, ${currentRebuild}
      from jsonb_to_recordset($1::jsonb) as r(${record.join(', ')})
      on conflict (${key.join(', ')}) do update set ${updates.map(name => `${name} = excluded.${name}`).join(', ')}
      where excluded.version > t.version`,
    remove: `delete from ${target} t using ${keys} where ${sameKey}`,
    mark: `update ${target} t set last_rebuild = ${currentRebuild} from ${keys} where ${sameKey} and t.last_rebuild < ${currentRebuild}`,
    sweep: `with gone as (delete from ${target} where last_rebuild < $1 returning 1) select count(*)::int as n from gone`,
  };
}

const text = z.string();
const whole = z.int();
const changing = { version: whole, updated_at: text };
const changingColumns = { version: 'bigint', updated_at: 'timestamptz' };

export const tables: readonly Table[] = [
  table({
    source: 'inventory.sellers',
    target: 'catalogue.sellers',
    row: z.object({
      id: text,
      name: text,
      city: text,
      state: text,
      lat: z.number(),
      lon: z.number(),
      status: text,
      ...changing,
    }),
    key: ['id'],
    columns: {
      id: 'text',
      name: 'text',
      city: 'text',
      state: 'text',
      lat: 'float8',
      lon: 'float8',
      status: 'text',
      ...changingColumns,
    },
    fills: { location: 'st_setsrid(st_makepoint(lon, lat), 4326)::geography' },
    omit: ['lat', 'lon'],
  }),
  table({
    source: 'inventory.products',
    target: 'catalogue.products',
    row: z.object({ id: text, name: text, category: text.nullable(), price_minor: whole, currency: text, ...changing }),
    key: ['id'],
    columns: {
      id: 'text',
      name: 'text',
      category: 'text',
      price_minor: 'bigint',
      currency: 'text',
      ...changingColumns,
    },
  }),
  table({
    source: 'inventory.stock',
    target: 'catalogue.offers',
    row: z.object({
      offer_id: text,
      product_id: text,
      seller_id: text,
      available: whole,
      reserved: whole,
      ...changing,
    }),
    key: ['product_id', 'seller_id'],
    columns: {
      offer_id: 'text',
      product_id: 'text',
      seller_id: 'text',
      available: 'int',
      reserved: 'int',
      ...changingColumns,
    },
    fills: { id: 'offer_id' },
    omit: ['offer_id'],
  }),
  table({
    source: 'routing.deliveries',
    target: 'stats.deliveries',
    row: z.object({
      id: text,
      order_id: text,
      seller_id: text,
      lane_id: text,
      status: text,
      started_at: text.nullable(),
      handover_due_at: text.nullable(),
      handed_over_at: text.nullable(),
      delivered_at: text.nullable(),
      ...changing,
    }),
    key: ['id'],
    columns: {
      id: 'text',
      order_id: 'text',
      seller_id: 'text',
      lane_id: 'text',
      status: 'text',
      started_at: 'timestamptz',
      handover_due_at: 'timestamptz',
      handed_over_at: 'timestamptz',
      delivered_at: 'timestamptz',
      ...changingColumns,
    },
  }),
];
