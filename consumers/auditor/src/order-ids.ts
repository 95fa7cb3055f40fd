import { serviceNames } from '@waygraph/schema/services';
import type { Databases } from './databases.ts';
import { statement } from './statements.ts';

const pageSize = 500;

/** The smallest UUIDv7 of an instant. */
export const firstIdOf = (since: Date): string => {
  const hex = since.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

/**
 * Every order that any service knows, or of which any has told something since an instant: page by page in the order of their
 * ids, each once, whoever knows it.
 */
export async function* orderIds(databases: Databases, since: Date | undefined): AsyncGenerator<string[]> {
  for (let after = ''; ;) {
    const pages = await Promise.all(
      serviceNames.map(async service => {
        const rows = await (since === undefined
          ? databases[service]<{ id: string }>(statement(`${service}/known-orders`), [after, pageSize])
          : databases[service]<{ id: string }>(statement('every/touched-orders'), [
              ...[after, since.toISOString().slice(0, 10), firstIdOf(since), pageSize],
            ]));
        return rows.map(({ id }) => id);
      }),
    );
    const { ids, last } = mergePages(pages, pageSize);
    if (ids.length > 0) yield ids;
    if (last === undefined) return;
    after = last;
  }
}

/**
 * What is known for certain of sorted pages that begin at the same place: ids up to the end of the full page that ends first, since
 * behind it something may be missing. `last` is where to go on; undefined: there is no more.
 */
export function mergePages(
  pages: readonly (readonly string[])[],
  size: number,
): { ids: string[]; last: string | undefined } {
  const ends = pages.flatMap(page => (page.length === size ? (page.at(-1) ?? []) : []));
  const last = ends.length === 0 ? undefined : ends.reduce((one, other) => (one < other ? one : other));
  const all = [...new Set(pages.flat())].filter(id => last === undefined || id <= last);
  return { ids: all.sort((one, other) => (one < other ? -1 : 1)), last };
}
