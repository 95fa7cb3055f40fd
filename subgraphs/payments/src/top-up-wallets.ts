import { type UserError } from '@waygraph/kit/errors';
import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { requestHash } from '@waygraph/kit/idempotency';
import { bookTopUps } from './book-transfers.ts';
import { checkTopUp, walletIsFull, type TopUp } from './ledger.ts';
import { toppedUp } from './top-up-wallet.ts';

export type TopUpFault = { idempotencyKey: string; refusal: UserError };

const chunkSize = 1_000;
const subject = 'operator:bulk';

/**
 * Tops up many wallets: what `topUpWallet` does, a thousand at a time, each thousand in one transaction. A key that was used before
 * is passed over, so that a repeat, or a second try after a crash, finishes what is missing. Nothing is written when a top-up is
 * malformed. `booked` counts what was new.
 */
export async function topUpWallets(
  deps: { pool: Pool },
  topUps: readonly TopUp[],
): Promise<{ booked: number; faults: TopUpFault[] }> {
  const faults: TopUpFault[] = topUps.flatMap(topUp =>
    checkTopUp(topUp).map(refusal => ({ idempotencyKey: topUp.idempotencyKey, refusal })),
  );
  if (faults.length > 0) return { booked: 0, faults };

  let booked = 0;
  for (const chunk of chunksOf(topUps)) {
    const done = await withTransaction(deps.pool, sql => bookNew(sql, chunk));
    booked += done.booked;
    faults.push(...done.faults);
  }
  return { booked, faults };
}

/** Chunks in which no customer stands twice: one statement cannot change a row twice. */
function chunksOf(topUps: readonly TopUp[]): TopUp[][] {
  const chunks: TopUp[][] = [];
  let customers = new Set<string>();
  for (const topUp of topUps) {
    const chunk = chunks.at(-1);
    if (chunk === undefined || chunk.length === chunkSize || customers.has(topUp.customerId)) {
      chunks.push([topUp]);
      customers = new Set([topUp.customerId]);
    } else {
      chunk.push(topUp);
      customers.add(topUp.customerId);
    }
  }
  return chunks;
}

async function bookNew(sql: Sql, chunk: readonly TopUp[]): Promise<{ booked: number; faults: TopUpFault[] }> {
  const hashed = chunk.map(({ idempotencyKey: key, ...request }) => ({ key, request_hash: requestHash(request) }));
  const fresh = await sql<{ key: string }>(
    `insert into idempotency (subject, operation, key, request_hash)
     select $2, 'topUpWallet', key, request_hash from jsonb_to_recordset($1::jsonb) as given(key text, request_hash text)
     order by key
     on conflict do nothing
     returning key`,
    [JSON.stringify(hashed), subject],
  );
  const isFresh = new Set(fresh.map(({ key }) => key));
  const wanted = chunk.filter(({ idempotencyKey }) => isFresh.has(idempotencyKey));
  if (wanted.length === 0) return { booked: 0, faults: [] };

  const wallets = await bookTopUps(sql, wanted);
  const responses = wanted.flatMap(({ customerId, idempotencyKey: key }) => {
    const booked = wallets.get(customerId);
    return booked === undefined ? [] : [{ key, response: toppedUp(booked) }];
  });
  await sql(
    `update idempotency i set response = given.response
     from jsonb_to_recordset($1::jsonb) as given(key text, response jsonb)
     where i.subject = $2 and i.operation = 'topUpWallet' and i.key = given.key`,
    [JSON.stringify(responses), subject],
  );
  const refused = wanted
    .filter(({ customerId }) => !wallets.has(customerId))
    .map(({ idempotencyKey }) => idempotencyKey);
  if (refused.length > 0) {
    await sql(`delete from idempotency where subject = $2 and operation = 'topUpWallet' and key = any ($1)`, [
      refused,
      subject,
    ]);
  }
  return {
    booked: responses.length,
    faults: refused.map(idempotencyKey => ({ idempotencyKey, refusal: walletIsFull() })),
  };
}
