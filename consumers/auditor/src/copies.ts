import type { Databases } from './databases.ts';
import type { Tally } from './finding.ts';
import { statement } from './statements.ts';

const pageSize = 1_000;
const copies = [
  { of: 'inventory', name: 'copied-offers' },
  { of: 'inventory', name: 'copied-products' },
  { of: 'inventory', name: 'copied-sellers' },
  { of: 'routing', name: 'copied-deliveries' },
] as const;

type Row = { readonly id: string; readonly value: string; readonly ageS: number };

/** The read model is what its sources are, row by row, as soon as a row has rested for `graceS`. */
export async function checkCopies(
  databases: Databases,
  { since, graceS }: { since: string | null; graceS: number },
  tally: Tally,
): Promise<void> {
  for (const { of, name } of copies) {
    const invariant = `read/${name}`;
    for (let after = '', full = true; full;) {
      const rows = await databases[of]<Row>(statement(`${of}/${name}`), [after, pageSize, since]);
      full = rows.length === pageSize;
      after = rows.at(-1)?.id ?? after;
      const found = await databases.read<Row>(statement(`read/${name}`), [rows.map(({ id }) => id)]);
      const copied = new Map(found.map(({ id, value }) => [id, value]));
      const other = rows.filter(({ id, value }) => copied.get(id) !== value);
      const late = other.filter(({ ageS }) => ageS >= graceS);
      tally.count(invariant, rows.length);
      tally.leave(other.length - late.length);
      tally.find(
        ...late.map(({ id, value }) => ({ invariant, id, detail: `${value}; the copy: ${copied.get(id) ?? 'none'}` })),
      );
    }
  }
}
