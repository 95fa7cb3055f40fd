import type { Source } from './begin-proof.ts';

const rowsAtOnce = 5_000;
/** So many rows a turn may go beyond their bound. */
const mostBeyond = 20_000;

/**
 * Reads outboxes as one, the oldest transactions first, as far as there is room for rows. When there is none on either side it goes on
 * all the same, for a turn: the records that wait have their rows further on, and nothing else gives them room.
 */
export async function readSources(options: {
  readonly sources: readonly Source[];
  /** Transactions below it have ended. */
  readonly over: number;
  readonly room: () => { readonly rows: number; readonly records: number };
  /** Moves the source on by at most about `most` rows. */
  readonly read: (source: Source, most: number) => Promise<void>;
}): Promise<void> {
  const { sources, over, room, read } = options;
  for (let beyond = 0; ;) {
    const [oldest] = sources.filter(({ tx }) => tx < over).toSorted((one, other) => one.tx - other.tx);
    const { rows, records } = room();
    if (oldest === undefined || (rows <= 0 && (records > 0 || beyond >= mostBeyond))) return;
    if (rows <= 0) beyond += rowsAtOnce;
    await read(oldest, rows > 0 ? Math.min(rowsAtOnce, rows) : rowsAtOnce);
  }
}
