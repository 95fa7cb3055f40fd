import { badUserInput } from './graphql-errors.ts';

export type PageInfo = {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
};
export type Connection<Node> = { nodes: Node[]; edges: { cursor: string; node: Node }[]; pageInfo: PageInfo };
export type Page = { readonly first: number; readonly after: string | undefined };

const largestPage = 100;

/** Page cursors name their list, so that one of another list is refused instead of read as nonsense. */
const encode = (list: string, key: string): string => Buffer.from(`${list}:${key}`).toString('base64url');

function decode(list: string, cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  // A NUL is in no key, and PostgreSQL takes none.
  return text.startsWith(`${list}:`) && !text.includes('\0') && encode(list, text.slice(list.length + 1)) === cursor
    ? text.slice(list.length + 1)
    : undefined;
}

/** Reads `first` (1..100) and `after` of a list's arguments; throws BAD_USER_INPUT. `after` becomes the key it was made of. */
export function readPage(list: string, args: { first: number; after?: string | null | undefined }): Page {
  if (!(args.first >= 1 && args.first <= largestPage)) {
    throw badUserInput(`first: expected 1..${String(largestPage)}, got ${String(args.first)}`, 'first');
  }
  if (args.after === undefined || args.after === null) return { first: args.first, after: undefined };
  const after = decode(list, args.after);
  if (after === undefined) throw badUserInput('after: expected a cursor of this list', 'after');
  return { first: args.first, after };
}

/**
 * A Relay connection of rows in list order: up to `page.first + 1` of them, the one too many telling that there is a next page.
 * `hasPrevious` says whether anything stands before the page.
 */
export function connection<Row>(
  list: string,
  rows: readonly Row[],
  page: Page,
  options: { key: (row: Row) => string; hasPrevious: boolean },
): Connection<Row> {
  const edges = rows.slice(0, page.first).map(node => ({ cursor: encode(list, options.key(node)), node }));
  return {
    nodes: edges.map(edge => edge.node),
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      hasPreviousPage: options.hasPrevious,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
