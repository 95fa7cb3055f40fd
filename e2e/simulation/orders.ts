import type { OrderLine, PaymentMethod } from '@waygraph/orders/order';
import type { Decision } from '@waygraph/orders/saga';
import type { Resolution } from '@waygraph/orders/saga-settle';
import { deadlineOf, newSaga, stuckSteps, type SagaOrder } from '@waygraph/orders/saga-state';
import type { Fact, StepName } from '@waygraph/orders/saga-table';
import { answers } from '@waygraph/orders/saga-table';
import type { EventDefinition } from '@waygraph/schema/events/define';
import { deliveryEvents } from '@waygraph/schema/events/delivery';
import { paymentEvents } from '@waygraph/schema/events/payment';
import { stockEvents } from '@waygraph/schema/events/stock';
import type { Broker } from './broker.ts';
import type { Decisions } from './decisions.ts';
import type { Handler } from './handlers.ts';
import { checkClosed, checkStep, isCalm } from './order-rules.ts';
import { backAt, note, Violation, write, type Run } from './run.ts';

export type NewOrder = {
  readonly key: string;
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  readonly paymentMethod: PaymentMethod;
  readonly couponCode: string | null;
  readonly allowPartial: boolean;
};

export type SimulatedOrder = SagaOrder & { readonly allowPartial: boolean };
/** Each tells whether anything came of it. */
type Deed = (orderId: string) => boolean;
export type Orders = {
  readonly orders: ReadonlyMap<string, SimulatedOrder>;
  /** Which order each key has made. */
  readonly keys: ReadonlyMap<string, string>;
  /** The same order for the same key. */
  readonly place: (order: NewOrder) => string;
  readonly cancel: Deed;
  readonly needsOperator: Deed;
  readonly resume: Deed;
  readonly close: (orderId: string, resolution: Resolution['resolution']) => boolean;
};

const shipTo = { postalCode: '01001-000', city: 'São Paulo', state: 'SP' };
/** The sweep may be late by this. */
const graceMs = 2_000;
const alsoFacts = ['AssignmentRejected', 'ReservationExpired', 'CompensationStuck'];

/** Orders' use cases in memory. `onStuck` is told of each step that has come to need an operator. */
export function createOrders(
  run: Run,
  broker: Broker,
  decisions: Decisions['orders'],
  onStuck: (orderId: string) => void,
): Orders {
  const { agenda, random, newId } = run;
  const orders = new Map<string, SimulatedOrder>();
  const keys = new Map<string, string>();
  /** The deadline of each order that the sweep is to come for next. */
  const watched = new Map<string, number>();

  function change(orderId: string, decide: (order: SimulatedOrder) => Decision<SimulatedOrder>): boolean {
    const before = orders.get(orderId);
    if (before === undefined) return false;
    const { order, events } = decide(before);
    if (order === before) return false;
    checkStep(run, before, order, events);
    checkDeadline(before);
    orders.set(orderId, order);
    write(run, orderId, () => told(order));
    broker.tell(events);
    watch(order);
    for (const { type } of events) if (type === 'SagaStuck') onStuck(orderId);
    return true;
  }

  /** Whatever happens to an order: its deadline must have been seen to before. */
  function checkDeadline(before: SimulatedOrder): void {
    if ((watched.get(before.id) ?? Infinity) > agenda.now() - graceMs) return;
    const deadlineMs = deadlineOf(before);
    if (deadlineMs !== null && agenda.now() > backAt(run, 'sweeps', deadlineMs + graceMs) + graceMs)
      throw new Violation(before.id, 'a deadline passed, and nobody noticed');
  }

  /** The sweep over deadlines: it comes a little late, or much. */
  function watch(order: SimulatedOrder): void {
    const deadlineMs = deadlineOf(order);
    if (deadlineMs === null || deadlineMs === watched.get(order.id)) return;
    watched.set(order.id, deadlineMs);
    agenda.at(deadlineMs + random.int(1_000), () => sweep(order.id));
  }

  function sweep(orderId: string): void {
    const back = backAt(run, 'sweeps');
    if (back > agenda.now()) {
      agenda.at(back, () => sweep(orderId));
      return;
    }
    const deadlineMs = deadlineOf(orders.get(orderId) ?? { steps: [] });
    if (deadlineMs === null || deadlineMs > agenda.now()) return;
    note(run, 'a deadline passed');
    if (isCalm(run.faults)) throw new Violation(orderId, 'a deadline passed though everybody answers at once');
    change(orderId, order => decisions.timeOut(order, agenda.now()));
  }

  const facts = ([...deliveryEvents, ...stockEvents, ...paymentEvents] as readonly EventDefinition[]).filter(
    ({ type }) => type in answers || alsoFacts.includes(type),
  );
  broker.subscribe(
    'orders',
    facts.map(({ type, topic }): Handler => {
      const effect = (data: unknown): void => {
        const fact = { type, data } as Fact;
        change(fact.data.orderId, order => decisions.decide(order, fact, agenda.now()));
      };
      return { type, topic, effect };
    }),
  );

  function stuckOf(orderId: string): StepName | undefined {
    const stuck = stuckSteps(orders.get(orderId) ?? { status: 'PENDING', steps: [] });
    return stuck.length === 0 ? undefined : random.pick(stuck).name;
  }

  return {
    orders,
    keys,
    place({ key, customerId, lines, paymentMethod, couponCode, allowPartial }) {
      const known = keys.get(key);
      if (known !== undefined) return known;
      const nowMs = agenda.now();
      const { order, event } = decisions.newOrder({
        ...{ id: newId(), customerId, placedAt: new Date(nowMs), lines, shipTo },
        ...{ paymentMethod, couponCode, allowPartial },
      });
      const placed: SimulatedOrder = { ...order, ...newSaga(nowMs), allowPartial };
      orders.set(order.id, placed);
      keys.set(key, order.id);
      broker.tell([event]);
      watch(placed);
      return order.id;
    },
    cancel: orderId => change(orderId, order => decisions.requestCancel(order, 'changed my mind', agenda.now())),
    needsOperator: orderId => stuckOf(orderId) !== undefined,
    resume: orderId => {
      const name = stuckOf(orderId);
      return name !== undefined && change(orderId, order => decisions.resume(order, name, agenda.now()));
    },
    close: (orderId, resolution) => {
      const name = stuckOf(orderId);
      const by = { resolution, note: 'by hand' };
      return (
        name !== undefined &&
        change(orderId, order => {
          const decision = decisions.close(order, name, by, agenda.now());
          checkClosed(order, name, by, decision.order);
          return decision;
        })
      );
    },
  };
}

const told = ({ status, saga, steps }: SagaOrder): string =>
  `           ${status} ${saga}: ${steps.map(({ name, attempt, state }) => `${name}${attempt} ${state}`).join(', ')}`;
