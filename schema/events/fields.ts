import { z } from 'zod';

/** Fields that events share. Payloads are open: a reader ignores what it does not know, so that fields can be added. */
export const id = z.string().min(1).max(64);
export const instant = z.iso.datetime({ precision: 3 });
export const reason = z.string().min(1).max(500);
/** Integer minor units; one currency in the whole system, so it is not repeated on each amount. */
export const amountMinor = z.int();
export const quantity = z.int().min(1);
export const attempt = z.int().min(1);
/** 1 at creation, +1 with each change of the aggregate. */
export const version = z.int().min(1);

/** Every event about an order says whose it is, so that a reader can decide who may see it without asking anybody. */
export const orderParties = { orderId: id, customerId: id, sellerIds: z.array(id) };

/** A step of the saga also says which attempt it belongs to. */
export const sagaStep = { ...orderParties, attempt };

export const orderLine = z.object({ lineNo: z.int().min(1), productId: id, quantity });
export const assignedLine = orderLine.extend({ sellerId: id });
export const pricedLine = orderLine.extend({ unitPriceMinor: amountMinor });

export const address = z.object({
  point: z.object({ lat: z.number().min(-90).max(90), lon: z.number().min(-180).max(180) }).optional(),
  postalCode: z.string(),
  city: z.string(),
  state: z.string(),
});

/** Every time of an estimate, so that a frame needs no fetch; `etaId` is its row in the ledger. */
export const estimate = z.object({
  etaId: id,
  version,
  expectedAt: instant,
  earliestAt: instant,
  latestAt: instant,
  promisedAt: instant.optional(),
  computedAt: instant,
  reason,
});
