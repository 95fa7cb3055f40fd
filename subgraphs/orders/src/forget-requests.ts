import type { Sql } from '@waygraph/kit/database';

/** Deletes in small pieces, so that nobody waits for it long. */
const mostAtOnce = 1_000;

/** Forgets the answers to requests that carried a key and are older than a week; gives their number. */
export async function forgetRequests(sql: Sql): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const rows = await sql(
      `delete from idempotency where ctid = any (array(
         select ctid from idempotency where created_at < now() - interval '7 days' limit $1 for update skip locked))
       returning 1`,
      [mostAtOnce],
    );
    forgotten += rows.length;
    if (rows.length < mostAtOnce) return forgotten;
  }
}
