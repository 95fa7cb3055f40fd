import DataLoader from 'dataloader';
import type { Viewer } from '@waygraph/kit/auth';
import type { Connection } from '@waygraph/kit/connection';
import { mutationCursor, type LogPosition } from '@waygraph/kit/cursor';
import { sqlOfPool, type Pool, type Sql } from '@waygraph/kit/database';
import { seenBy, type Order } from './order.ts';
import { readOrders } from './read-orders.ts';
import { readSagas } from './read-sagas.ts';
import type { ReadServedStates } from './read-served-states.ts';
import { readTimelines, type Entry, type TimelinePage } from './read-timelines.ts';
import type { Saga } from './types.generated.ts';

/** What the resolvers of one request share. */
export type Context = {
  readonly viewer: Viewer | undefined;
  readonly pool: Pool;
  readonly sql: Sql;
  readonly servedStates: ReadServedStates;
  readonly isOverloaded: (() => boolean) | undefined;
  readonly stepTimeoutMs: number | undefined;
  /** As the viewer may see them; null: there is nothing to see. */
  readonly orders: DataLoader<string, Order | null>;
  readonly sagas: DataLoader<string, Saga | null>;
  readonly timelines: DataLoader<TimelinePage, Connection<Entry>, string>;
  /** What the request has read so far is out of date after a mutation of it. */
  forget(): void;
  cursorOf(position: LogPosition): string;
};

export function createContextFactory(deps: {
  pool: Pool;
  servedStates: ReadServedStates;
  cursorSecret: string;
  /** Whether no new orders are taken now. Default: they always are. */
  isOverloaded?: () => boolean;
  /** How long a step that begins here may take. */
  stepTimeoutMs?: number;
}) {
  const { pool, servedStates, cursorSecret, isOverloaded, stepTimeoutMs } = deps;
  const sql = sqlOfPool(pool);
  return (viewer: Viewer | undefined): Context => {
    const orders = new DataLoader(async (ids: readonly string[]) =>
      (await readOrders(sql, ids)).map(order => order && seenBy(viewer, order)),
    );
    const sagas = new DataLoader((ids: readonly string[]) => readSagas(sql, ids));
    const timelines = new DataLoader((pages: readonly TimelinePage[]) => readTimelines(sql, pages), {
      cacheKeyFn: ({ orderId, page }) => JSON.stringify([orderId, page.first, page.after]),
    });
    return {
      ...{ viewer, pool, sql, servedStates, isOverloaded, stepTimeoutMs, orders, sagas, timelines },
      forget: () => {
        orders.clearAll();
        sagas.clearAll();
        timelines.clearAll();
      },
      cursorOf: position => mutationCursor(position, viewer, cursorSecret),
    };
  };
}
