import { createHash } from 'node:crypto';
import type { Sql } from './database.ts';

export type Request = {
  /** Whose key it is: keys of two subjects never meet. */
  readonly subject: string;
  readonly operation: string;
  readonly key: string;
  /** What was asked, as JSON; the order of an object's fields does not matter. */
  readonly request: unknown;
};

export type Outcome<Response> =
  { readonly kind: 'done'; readonly response: Response; readonly replayed: boolean } | { readonly kind: 'conflict' };

/**
 * Runs `run` once per (subject, operation, key). A repeat of the same request gets the stored response; another request under the
 * same key is a conflict. A second call at the same moment waits until the first one's transaction ends. Nothing is remembered when
 * `run` rejects or when `keep` says no (a refusal the caller may correct and send again under the same key). The response must
 * be JSON. Everything happens in the caller's transaction.
 */
export async function once<Response>(
  sql: Sql,
  { subject, operation, key, request }: Request,
  run: () => Promise<Response>,
  keep: (response: Response) => boolean = () => true,
): Promise<Outcome<Response>> {
  const id = [subject, operation, key];
  const hash = requestHash(request);
  // The row's key is the lock: a concurrent insert of the same key waits here for our commit or rollback.
  const mine = await sql(
    `insert into idempotency (subject, operation, key, request_hash) values ($1, $2, $3, $4)
     on conflict do nothing returning key`,
    [...id, hash],
  );
  if (mine.length === 0) {
    const [stored] = await sql<{ same: boolean; response: Response }>(
      'select request_hash = $4 as same, response from idempotency where subject = $1 and operation = $2 and key = $3',
      [...id, hash],
    );
    // Removed between the two statements: the first call was not worth remembering, so this one is the first.
    if (stored === undefined) return await once(sql, { subject, operation, key, request }, run, keep);
    return stored.same ? { kind: 'done', response: stored.response, replayed: true } : { kind: 'conflict' };
  }
  const response = await run();
  if (keep(response))
    await sql('update idempotency set response = $4 where subject = $1 and operation = $2 and key = $3', [
      ...id,
      JSON.stringify(response),
    ]);
  else await sql('delete from idempotency where subject = $1 and operation = $2 and key = $3', id);
  return { kind: 'done', response, replayed: false };
}

/** What is remembered under a key; the request was the same or another one. */
export type Remembered<Response> = { readonly same: boolean; readonly response: Response };

// For a request that reads once and writes by one statement, these parts of its statements do what `once` does in several: first
// `remembered`, and when that is null `remembering` beside the deed.

/** The parameters that the parts take, one after the other. */
export const requestParameters = ({ subject, operation, key, request }: Request): readonly string[] => [
  ...[subject, operation, key, requestHash(request)],
];

/** A value: what is remembered, as `Remembered`, or null. Takes `requestParameters`, the first at `$<first>`. */
export const remembered = (first: number): string =>
  `(select jsonb_build_object('same', request_hash = $${first + 3}, 'response', response) from idempotency
    where subject = $${first} and operation = $${first + 1} and key = $${first + 2})`;

/**
 * An insert up to its select's `from`, to be followed by `on conflict do nothing`: it gives no row when something is remembered by now,
 * and nothing must be done then. Waits for whoever writes the same key. Takes the response as JSON behind `requestParameters`.
 */
export const remembering = (first: number): string =>
  `insert into idempotency (subject, operation, key, request_hash, response)
   select $${first}, $${first + 1}, $${first + 2}, $${first + 3}, $${first + 4}::jsonb`;

/** SHA-256 of the request's JSON with the fields of every object in one order. */
export function requestHash(request: unknown): string {
  const text = JSON.stringify(request, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(text).digest('hex');
}
