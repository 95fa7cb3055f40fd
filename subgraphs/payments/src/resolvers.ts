import { readPage } from '@waygraph/kit/connection';
import { dateTime } from '@waygraph/kit/scalars';
import type { Context } from './context.ts';
import { createCoupon } from './create-coupon.ts';
import { currency, maySeeWallet, type Wallet } from './ledger.ts';
import { maySeePayment, paymentStatus, type Payment } from './order-payment.ts';
import { ledgerList, listEntries } from './read-wallets.ts';
import { topUpWallet } from './top-up-wallet.ts';
import type { Resolvers } from './types.generated.ts';

const money = (amountMinor: number) => ({ amountMinor, currency });

/** Null also for a wallet that is not the viewer's to see: nobody learns that it exists. */
const walletOf = async (customerId: string | undefined, { viewer, wallets }: Context): Promise<Wallet | null> =>
  customerId !== undefined && maySeeWallet(viewer, customerId) ? wallets.load(customerId) : null;

const seen = (payment: Payment | null, { viewer }: Context): Payment | null =>
  payment !== null && maySeePayment(viewer, payment) ? payment : null;

export const resolvers: Resolvers = {
  DateTime: dateTime,
  Query: {
    wallet: (_, { customerId }, context) => walletOf(customerId ?? context.viewer?.sub, context),
  },
  Mutation: {
    topUpWallet: async (_, command, context) => {
      const { wallet, position, refusals } = await topUpWallet(context, context.viewer, command);
      context.wallets.clearAll();
      return { wallet, cursor: position && context.cursorOf(position), userErrors: refusals };
    },
    createCoupon: async (_, given, context) => {
      const { code, refusals } = await createCoupon(context, context.viewer, given);
      return { code, userErrors: refusals };
    },
  },
  Wallet: {
    __resolveReference: ({ customerId }, context) => walletOf(customerId, context),
    balance: ({ balanceMinor }) => money(balanceMinor),
    entries: ({ customerId }, page, { sql }) => listEntries(sql, customerId, readPage(ledgerList, page)),
  },
  Order: {
    __resolveReference: ({ id }) => ({ id }),
    payment: async ({ id }, _, context) => seen(await context.paymentsOfOrders.load(id), context),
  },
  Payment: {
    __resolveReference: async ({ id }, context) => seen(await context.payments.load(id), context),
    status: paymentStatus,
    amount: ({ amountMinor }) => money(amountMinor),
    refunded: ({ refundedMinor }) => money(refundedMinor),
  },
  LedgerEntry: {
    amount: ({ amountMinor }) => money(amountMinor),
  },
};
