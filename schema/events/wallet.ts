import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { amountMinor, id, version } from './fields.ts';

export const WalletToppedUp = defineEvent({
  type: 'WalletToppedUp',
  topic: 'wallet.events',
  key: wallet => wallet.customerId,
  data: z.object({
    customerId: id,
    transferId: id,
    amountMinor: amountMinor.min(1),
    balanceMinor: amountMinor.min(0),
    version,
  }),
});

export const walletEvents = [WalletToppedUp] as const;

export type WalletEvent = EventOf<typeof walletEvents>;
