import { userError, type UserError } from '@waygraph/kit/errors';
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Viewer } from '@waygraph/kit/auth';
import type { LogPosition } from '@waygraph/kit/cursor';
import { sqlOf } from '@waygraph/kit/orm';
import { publish } from '@waygraph/kit/outbox';
import { Seller } from './seller.entity.ts';
import { changeStatus, mayManage, sellerChanged, type SellerStatus } from './seller.ts';

export type SetSellerStatusResult =
  { seller: Seller; position: LogPosition; refusals: [] } | { seller: null; position: null; refusals: UserError[] };

const refused = (...refusals: UserError[]): SetSellerStatusResult => ({ seller: null, position: null, refusals });

/** Pauses or reopens a seller; a status it already has changes nothing and succeeds. */
export async function setSellerStatus(
  deps: { em: EntityManager },
  viewer: Viewer | undefined,
  command: { sellerId: string; status: SellerStatus },
): Promise<SetSellerStatusResult> {
  const { sellerId, status } = command;
  if (!mayManage(viewer, sellerId)) {
    return refused(userError('FORBIDDEN', 'only the seller itself and operators may change its status'));
  }
  if (sellerId.includes('\0')) return refused(userError('NOT_FOUND', 'there is no such seller', 'sellerId'));

  return deps.em.transactional(async em => {
    const seller = await em.findOne(Seller, sellerId, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (seller === null) return refused(userError('NOT_FOUND', 'there is no such seller', 'sellerId'));

    const changed = changeStatus({ id: seller.id, status: seller.status, version: seller.version }, status);
    if (changed !== undefined) {
      seller.status = changed.seller.status;
      await em.flush();
      await publish(sqlOf(em), [changed.event]);
    }
    const { topic, key, seq } = sellerChanged(changed?.seller ?? seller);
    return { seller, position: { topic, key, seq, atMs: seller.updatedAt.getTime() }, refusals: [] };
  });
}
