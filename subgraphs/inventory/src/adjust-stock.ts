import { userError, type UserError } from '@waygraph/kit/errors';
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Viewer } from '@waygraph/kit/auth';
import type { LogPosition } from '@waygraph/kit/cursor';
import { sqlOf } from '@waygraph/kit/orm';
import { once } from '@waygraph/kit/idempotency';
import { publish } from '@waygraph/kit/outbox';
import { mayManage } from './seller.ts';
import { Stock } from './stock.entity.ts';
import { adjustStock as adjust, checkAdjustment, type Offer } from './stock.ts';

export type AdjustStock = { productId: string; sellerId: string; delta: number; idempotencyKey: string };
export type AdjustStockResult =
  { offer: Offer; position: LogPosition; refusals: [] } | { offer: null; position: null; refusals: UserError[] };

const refused = (...refusals: UserError[]): AdjustStockResult => ({ offer: null, position: null, refusals });

/** A seller counted or received goods: its free stock changes by `delta`. */
export async function adjustStock(
  deps: { em: EntityManager },
  viewer: Viewer | undefined,
  command: AdjustStock,
): Promise<AdjustStockResult> {
  if (viewer === undefined || !mayManage(viewer, command.sellerId)) {
    return refused(userError('FORBIDDEN', 'only the seller itself and operators may adjust its stock'));
  }
  const faults = checkAdjustment(command);
  if (faults.length > 0) return refused(...faults);

  const { idempotencyKey: key, ...request } = command;
  return deps.em.transactional(async em => {
    const first = { subject: `${viewer.role}:${viewer.sub}`, operation: 'adjustStock', key, request };
    const outcome = await once(
      sqlOf(em),
      first,
      () => apply(em, command),
      ({ refusals }) => refusals.length === 0,
    );
    return outcome.kind === 'done'
      ? outcome.response
      : refused(userError('IDEMPOTENCY_CONFLICT', 'this key was used with other arguments', 'idempotencyKey'));
  });
}

async function apply(em: EntityManager, { productId, sellerId, delta }: AdjustStock): Promise<AdjustStockResult> {
  const known = !`${productId}${sellerId}`.includes('\0');
  const stock = known && (await em.findOne(Stock, { productId, sellerId }, { lockMode: LockMode.PESSIMISTIC_WRITE }));
  if (!stock) return refused(userError('NOT_FOUND', 'this seller does not offer this product', 'productId'));

  const decided = adjust(offerOf(stock), delta);
  if ('code' in decided) return refused(decided);
  const { offer, event } = decided;
  stock.available = offer.available;
  stock.received = offer.received;
  stock.adjustments = offer.adjustments;
  await em.flush();
  await publish(sqlOf(em), [event]);
  const { topic, key, seq } = event;
  return { offer, position: { topic, key, seq, atMs: stock.updatedAt.getTime() }, refusals: [] };
}

export function offerOf(stock: Stock): Offer {
  const { offerId, productId, sellerId, available, reserved, sold, received, version, adjustments } = stock;
  return { offerId, productId, sellerId, available, reserved, sold, received, version, adjustments };
}
