import { z } from 'zod';
import { defineEvent, type EventOf } from './define.ts';
import { id, version } from './fields.ts';

const topic = 'inventory.events';

/** A seller counted or received goods; what orders take and give back is told on `stock.events`. */
export const StockAdjusted = defineEvent({
  type: 'StockAdjusted',
  topic,
  key: offer => offer.offerId,
  data: z.object({
    offerId: id,
    productId: id,
    sellerId: id,
    delta: z.int(),
    available: z.int().min(0),
    reserved: z.int().min(0),
    version,
  }),
});

export const SellerStatusChanged = defineEvent({
  type: 'SellerStatusChanged',
  topic,
  key: seller => seller.sellerId,
  data: z.object({ sellerId: id, status: z.enum(['ACTIVE', 'PAUSED']), version }),
});

export const inventoryEvents = [StockAdjusted, SellerStatusChanged] as const;

export type InventoryEvent = EventOf<typeof inventoryEvents>;
