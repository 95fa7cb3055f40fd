import { canaryEvents } from './canary.ts';
import type { EventDefinition } from './define.ts';
import { deliveryEvents } from './delivery.ts';
import { inventoryEvents } from './inventory.ts';
import { laneEvents } from './lane.ts';
import { orderEvents } from './orders.ts';
import { paymentEvents } from './payment.ts';
import { riskEvents } from './risk.ts';
import { stockEvents } from './stock.ts';
import { walletEvents } from './wallet.ts';

/** Every event there is; a type's name is unique in the whole system. */
export const eventCatalogue: readonly EventDefinition[] = [
  ...orderEvents,
  ...deliveryEvents,
  ...stockEvents,
  ...paymentEvents,
  ...riskEvents,
  ...laneEvents,
  ...inventoryEvents,
  ...walletEvents,
  ...canaryEvents,
];
