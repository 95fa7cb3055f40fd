import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere } from '@waygraph/kit/outbox';
import { lockOrder } from './load-order.ts';
import type { Fact } from './saga-table.ts';
import { decide } from './saga.ts';
import { saveOrder } from './save-order.ts';

/**
 * Brings an order on by what another service tells: the one use case behind every fact. A repeat and a fact about an order that is
 * never was there do nothing. Runs in the transaction that remembers the event. `stepTimeoutMs`: how long the steps that begin may take.
 */
export async function advanceOrder(sql: Sql, fact: Fact, stepTimeoutMs?: number): Promise<void> {
  const locked = await lockOrder(sql, fact.data.orderId);
  if (locked === undefined) {
    assertNeverThere(fact.data.orderId);
    return;
  }
  const { order, events } = decide(locked.order, fact, locked.nowMs, stepTimeoutMs);
  if (order !== locked.order) await saveOrder(sql, locked.order, order, events);
}
