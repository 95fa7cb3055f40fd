import type { TableChange } from '@waygraph/kit/table-change';

export type VersionedRow = Readonly<Record<string, unknown>> & { readonly version: number };

/** What is left to do for one table after many changes, each key at most once in each list. */
export type Folded<Row extends VersionedRow> = {
  /** To be deleted before anything is upserted: a row made again starts at version 1, which the old row would refuse. */
  readonly deletes: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly upserts: readonly Row[];
  /** Keys that a snapshot has read: they are there in the source. */
  readonly seen: ReadonlyArray<Readonly<Record<string, unknown>>>;
};

export type Change<Row extends VersionedRow> = TableChange & { readonly parsed?: Row };

/** Folds changes of one table, in the order of their topic, into the newest row per key. Repeats and old versions fall away. */
export function fold<Row extends VersionedRow>(changes: ReadonlyArray<Change<Row>>): Folded<Row> {
  type State = { key: Readonly<Record<string, unknown>>; deleted: boolean; seen: boolean; row: Row | undefined };
  const states = new Map<string, State>();
  for (const change of changes) {
    const id = JSON.stringify(Object.entries(change.key).sort(([a], [b]) => (a < b ? -1 : 1)));
    const state = states.get(id) ?? { key: change.key, deleted: false, seen: false, row: undefined };
    states.set(id, state);
    if (change.kind === 'deleted') Object.assign(state, { deleted: true, seen: false, row: undefined });
    else {
      if (change.parsed !== undefined && (state.row === undefined || change.parsed.version > state.row.version))
        state.row = change.parsed;
      state.seen ||= change.snapshot;
    }
  }
  const all = [...states.values()];
  return {
    deletes: all.flatMap(({ key, deleted }) => (deleted ? [key] : [])),
    upserts: all.flatMap(({ row }) => (row === undefined ? [] : [row])),
    seen: all.flatMap(({ key, seen }) => (seen ? [key] : [])),
  };
}
