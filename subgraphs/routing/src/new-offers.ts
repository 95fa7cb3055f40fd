import type { Sql } from '@waygraph/kit/database';
import { NotYet } from '@waygraph/kit/errors';
import type { Line } from './choose-sellers.ts';

/** The read database follows the services: what is for sale since a moment is seen there so late at most, as a rule. */
const followsWithinMs = 3_000;

/**
 * To be called when nobody was found for lines of an order. Rejects, so that it is asked again soon, when the order is young and nothing
 * is known yet of who offers one of their products: what is sold out has its offers.
 */
export async function assertOffersKnown(
  read: Sql,
  lines: readonly Line[],
  { placedAt, now = Date.now() }: { readonly placedAt: number; readonly now?: number },
): Promise<void> {
  if (lines.length === 0 || Math.abs(now - placedAt) > followsWithinMs) return;
  const ids = [...new Set(lines.map(({ productId }) => productId))];
  const rows = await read(
    `select distinct o.product_id from catalogue.offers o join catalogue.sellers s on s.id = o.seller_id
     where o.product_id = any ($1)`,
    [ids],
  );
  if (rows.length < ids.length) throw new NotYet('who offers a product is not known yet');
}
