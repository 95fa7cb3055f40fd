import { userError, type UserError } from '@waygraph/kit/errors';
import { WalletToppedUp } from '@waygraph/schema/events/wallet';
import type { Viewer } from '@waygraph/kit/auth';
import type { LogPosition } from '@waygraph/kit/cursor';
import { withTransaction, type Pool, type Sql } from '@waygraph/kit/database';
import { once } from '@waygraph/kit/idempotency';
import { bookTopUps, type BookedTopUp } from './book-transfers.ts';
import { checkTopUp, walletIsFull, type TopUp, type Wallet } from './ledger.ts';

export type TopUpResult =
  { wallet: Wallet; position: LogPosition; refusals: [] } | { wallet: null; position: null; refusals: UserError[] };

const refused = (...refusals: UserError[]): TopUpResult => ({ wallet: null, position: null, refusals });

export const toppedUp = ({ wallet, atMs }: BookedTopUp): TopUpResult => ({
  wallet,
  position: { topic: WalletToppedUp.topic, key: wallet.customerId, seq: wallet.told, atMs },
  refusals: [],
});

/** An operator puts money into a customer's wallet; the first time opens it. */
export async function topUpWallet(
  deps: { pool: Pool },
  viewer: Viewer | undefined,
  command: TopUp,
): Promise<TopUpResult> {
  if (viewer?.role !== 'operator') return refused(userError('FORBIDDEN', 'only operators may top up wallets'));
  const faults = checkTopUp(command);
  if (faults.length > 0) return refused(...faults);

  const { idempotencyKey: key, ...request } = command;
  return withTransaction(deps.pool, async sql => {
    const first = { subject: `operator:${viewer.sub}`, operation: 'topUpWallet', key, request };
    const outcome = await once(
      sql,
      first,
      () => apply(sql, command),
      ({ refusals }) => refusals.length === 0,
    );
    return outcome.kind === 'done'
      ? outcome.response
      : refused(userError('IDEMPOTENCY_CONFLICT', 'this key was used with other arguments', 'idempotencyKey'));
  });
}

async function apply(sql: Sql, { customerId, amountMinor }: TopUp): Promise<TopUpResult> {
  const booked = (await bookTopUps(sql, [{ customerId, amountMinor }])).get(customerId);
  return booked === undefined ? refused(walletIsFull()) : toppedUp(booked);
}
