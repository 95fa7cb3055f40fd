import type { Sql } from '@waygraph/kit/database';
import { assertNeverThere, followingFrom } from '@waygraph/kit/outbox';
import { lockOrders } from './load-order.ts';
import { factTypes, type Fact } from './saga-table.ts';
import { decide } from './saga.ts';
import { saveOrders, type Change } from './save-order.ts';
import { tellTimeline, type Told } from './tell-timeline.ts';
import type { OrderFact } from './timeline.ts';

/** An event of another service, and the trace it belongs to. */
export type Heard = Told & { readonly traceparent?: string | undefined };

/**
 * Brings orders on by what other services tell, and keeps all of it in their timelines: the one use case behind every event about an
 * order. Facts are decided one after the other, so that those of the same order see each other's result; everything is loaded
 * and saved at once. A repeat and a fact about an order that never was there change nothing. Runs in the transaction that remembers the
 * events. `stepTimeoutMs`: how long the steps that begin may take.
 */
export async function advanceOrders(sql: Sql, heard: readonly Heard[], stepTimeoutMs?: number): Promise<void> {
  const facts = heard.flatMap(({ event, traceparent }) => (isFact(event) ? [{ fact: event, traceparent }] : []));
  const ids = [...new Set(facts.map(({ fact }) => fact.data.orderId))];
  const orders = await (ids.length === 0 ? new Map<string, never>() : lockOrders(sql, ids));
  const changes = new Map<string, Change>();
  for (const { fact, traceparent } of facts) {
    const { orderId } = fact.data;
    const locked = orders.get(orderId);
    if (locked === undefined) {
      assertNeverThere(orderId);
      continue;
    }
    const { order: before = locked.order, events = [], decisions = 0 } = changes.get(orderId) ?? {};
    const decision = decide(before, fact, locked.nowMs, stepTimeoutMs);
    if (decision.order === before) continue;
    changes.set(orderId, {
      before: locked.order,
      order: decision.order,
      events: [...events, ...followingFrom({ traceparent }, decision.events)],
      decisions: decisions + 1,
    });
  }
  await (changes.size === 0 ? tellTimeline(sql, heard) : saveOrders(sql, [...changes.values()], heard));
}

const bringsOn: ReadonlySet<string> = new Set(factTypes);
const isFact = (event: OrderFact): event is Fact => bringsOn.has(event.type);
