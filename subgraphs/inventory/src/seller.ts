import type { OutboxEvent } from '@waygraph/schema/events/define';
import { SellerStatusChanged } from '@waygraph/schema/events/inventory';

export type SellerStatus = 'ACTIVE' | 'PAUSED';
export type SellerState = { readonly id: string; readonly status: SellerStatus; readonly version: number };
type Actor = { readonly sub: string; readonly role: string } | undefined;

/** A seller acts for itself; operators act for everybody. */
export const mayManage = (actor: Actor, sellerId: string): boolean =>
  actor?.role === 'operator' || (actor?.role === 'seller' && actor.sub === sellerId);

/** The seller with its new status, or undefined when it has it already. */
export function changeStatus<Seller extends SellerState>(
  seller: Seller,
  status: SellerStatus,
): { seller: Seller; event: OutboxEvent } | undefined {
  if (seller.status === status) return undefined;
  const next = { ...seller, status, version: seller.version + 1 };
  return { seller: next, event: sellerChanged(next) };
}

/** Each version of a seller has its event, so that the topic has no gap per seller; a repeated status is news to nobody. */
export const sellerChanged = ({ id, status, version }: SellerState): OutboxEvent =>
  SellerStatusChanged.outboxEvent({ sellerId: id, status, version }, { seq: version });
