import type { Change, OrderStock } from '@waygraph/inventory/order-stock';
import type { AssignedLine } from '@waygraph/inventory/shelf';
import type { StockFact } from '@waygraph/inventory/stock-fact';
import type { EventDefinition } from '@waygraph/schema/events/define';
import { DeliveryLost, SellerAssigned } from '@waygraph/schema/events/delivery';
import { OrderCancelled, OrderCancelling, OrderLinesDropped, StepRetryRequested } from '@waygraph/schema/events/orders';
import { PaymentCaptured } from '@waygraph/schema/events/payment';
import type { Broker } from './broker.ts';
import type { Decisions } from './decisions.ts';
import type { Handler } from './handlers.ts';
import { shelfOf, type Market, type StockShelf } from './market.ts';
import { backAt, note, Violation, type Run } from './run.ts';

export type Inventory = { readonly orders: ReadonlyMap<string, OrderStock> };

/** Inventory's use cases in memory: the row locks are that nothing else happens meanwhile. */
export function createInventory(
  run: Run,
  broker: Broker,
  market: Market,
  decisions: Decisions['inventory'],
): Inventory {
  const { agenda, random, faults } = run;
  const orders = new Map<string, OrderStock>();
  /** Orders that somebody was told to cancel here: nothing is taken for them any more. */
  const over = new Set<string>();

  function shelvesOf(order: OrderStock, wanted: readonly AssignedLine[]): StockShelf[] {
    const found = new Set<StockShelf>();
    for (const { productId, sellerId } of [...wanted, ...order.reservations.flatMap(({ lines }) => lines)]) {
      const shelf = shelfOf(market, productId, sellerId);
      if (shelf !== undefined) found.add(shelf);
    }
    return [...found];
  }

  function handle(fact: StockFact): void {
    const { orderId } = fact.data;
    if (fact.type === 'OrderCancelling' || fact.type === 'OrderCancelled') over.add(orderId);
    const order = orders.get(orderId) ?? decisions.unheardOf(fact.data);
    const holdMs = faults.shortReservations ? random.between(10, 5_000) : 15 * 60_000;
    const time = { nowMs: agenda.now(), holdMs };
    save(decisions.decide(order, fact, shelvesOf(order, decisions.wantedLines(fact)), time));
  }

  function save(change: Change | undefined): void {
    if (change === undefined) return;
    const { order, moves, events, reservations } = change;
    for (const move of moves) moveShelf(order.orderId, move);
    orders.set(order.orderId, order);
    broker.tell(events);
    for (const { state, expiresAt } of reservations)
      if (state === 'HELD' && expiresAt !== null) expireAt(order.orderId, Date.parse(expiresAt));
  }

  function moveShelf(
    orderId: string,
    { productId, sellerId, available, reserved, sold }: Change['moves'][number],
  ): void {
    const shelf = shelfOf(market, productId, sellerId);
    if (shelf === undefined) throw new Violation(orderId, `there is no shelf of ${productId} at ${sellerId}`);
    shelf.available += available;
    shelf.reserved += reserved;
    shelf.sold += sold;
    if (shelf.available < 0 || shelf.reserved < 0 || shelf.sold < 0)
      throw new Violation(orderId, `a shelf falls below nothing: ${JSON.stringify(shelf)}`);
    if (available < 0 && over.has(orderId)) throw new Violation(orderId, 'stock is taken for a cancelled order');
  }

  /** The sweep, which comes a little late, or much. */
  function expireAt(orderId: string, dueMs: number): void {
    agenda.at(dueMs + random.int(1_000), () => {
      const back = backAt(run, 'sweeps');
      if (back > agenda.now()) {
        expireAt(orderId, back);
        return;
      }
      const order = orders.get(orderId);
      const change = order && decisions.expire(order, agenda.now());
      if (change !== undefined) note(run, 'reservation expired');
      save(change);
      const left = orders
        .get(orderId)
        ?.reservations.find(
          ({ state, expiresAt }) => state === 'HELD' && expiresAt !== null && Date.parse(expiresAt) <= dueMs,
        );
      if (left !== undefined) throw new Violation(orderId, `attempt ${left.attempt} is held beyond its time`);
    });
  }

  const facts: readonly EventDefinition[] = [
    ...[SellerAssigned, DeliveryLost, PaymentCaptured, OrderCancelling],
    ...[OrderCancelled, OrderLinesDropped, StepRetryRequested],
  ];
  broker.subscribe(
    'inventory',
    facts.map(({ type, topic }): Handler => ({ type, topic, effect: data => handle({ type, data } as StockFact) })),
  );
  return { orders };
}
