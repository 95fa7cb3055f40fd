import type { Sql } from '@waygraph/kit/database';
import { badUserInput } from '@waygraph/kit/graphql-errors';
import type { Page } from '@waygraph/kit/connection';

export type ProductFilter = { search: string | undefined; category: string | undefined };

const longestSearch = 200;
const mostWords = 8;

/** The words to look for; throws BAD_USER_INPUT when the search is too long to mean something. */
export function searchWords(search: string): string[] {
  if (search.length > longestSearch)
    throw badUserInput(`search: expected at most ${String(longestSearch)} characters`, 'search');
  return search
    .split(/[\s\0]+/)
    .filter(word => word !== '')
    .slice(0, mostWords);
}

const escapeLike = (word: string): string => word.replace(/[\\%_]/g, '\\$&');

/**
 * Ids of matching products in id order, up to one more than the page holds, out of the read database. Every word must be like a part
 * of the name, contain in it, or match as a Portuguese word of name or category.
 */
export async function searchProductIds(
  read: Sql,
  filter: ProductFilter,
  page: Page,
): Promise<{ ids: string[]; hasPrevious: boolean }> {
  const params: unknown[] = [];
  const param = (value: unknown): string => `$${String(params.push(value))}`;
  const conditions = searchWords(filter.search ?? '').map(word => {
    const plain = `catalogue.plain(${param(word)})`;
    return `(catalogue.plain(name) %> ${plain}
      or catalogue.plain(name) like '%' || catalogue.plain(${param(escapeLike(word))}) || '%'
      or search @@ plainto_tsquery('pg_catalog.portuguese', ${plain}))`;
  });
  if (filter.category !== undefined) conditions.push(`category = ${param(filter.category.replaceAll('\0', ''))}`);
  const matches = conditions.length > 0 ? conditions.join(' and ') : 'true';

  const after = page.after === undefined ? undefined : param(page.after);
  const rows = await read<{ id: string | null; has_previous: boolean }>(
    `select page.id, ${after === undefined ? 'false' : `exists (select from catalogue.products where id <= ${after} and ${matches})`} as has_previous
     from (values (1)) as one
     left join lateral (
       select id from catalogue.products where ${after === undefined ? '' : `id > ${after} and`} ${matches}
       order by id limit ${param(page.first + 1)}
     ) as page on true`,
    params,
  );
  return { ids: rows.flatMap(({ id }) => (id === null ? [] : [id])), hasPrevious: rows[0]?.has_previous ?? false };
}
