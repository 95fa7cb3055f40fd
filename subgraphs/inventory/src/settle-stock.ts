import type { Sql } from '@waygraph/kit/database';
import { changeOrderStock } from './change-order-stock.ts';
import type { Change } from './order-stock.ts';
import { concernsStock, decide, wantedLines, type StockFact } from './stock-fact.ts';

export type StockTerms = {
  /** How long stock is held for an order that is not paid. */
  readonly reservationTtlMinutes: number;
};

/** What others told about orders, in the order in which it came: their stock is held, sold or given back. In the caller's transaction. */
export function settleStock(
  sql: Sql,
  facts: readonly (StockFact & { readonly traceparent?: string | undefined })[],
  { reservationTtlMinutes }: StockTerms,
): Promise<Change[]> {
  const holdMs = reservationTtlMinutes * 60_000;
  return changeOrderStock(
    sql,
    facts.filter(concernsStock).map(fact => ({
      parties: fact.data,
      wanted: wantedLines(fact),
      traceparent: fact.traceparent,
      decide: (order, shelves, nowMs) => decide(order, fact, shelves, { nowMs, holdMs }),
    })),
  );
}
