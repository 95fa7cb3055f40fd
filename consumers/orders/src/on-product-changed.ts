import type { Sql } from '@waygraph/kit/database';
import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { parseTableChange } from '@waygraph/kit/table-change';
import { copyProduct, forgetProduct } from '@waygraph/orders/copy-product';
import { z } from 'zod';

const productKey = z.object({ id: z.string() });

/** A row of inventory's products was read or has changed. */
export const onProductChanged =
  (sql: Sql) =>
  async (message: RawMessage): Promise<void> => {
    const change = parseTableChange(message);
    if (change?.kind === 'row') await copyProduct(sql, change.row);
    if (change?.kind === 'deleted') await forgetProduct(sql, productKey.parse(change.key).id);
  };
