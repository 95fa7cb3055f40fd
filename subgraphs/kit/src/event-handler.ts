import type { EventDefinition, EventOf } from '@waygraph/schema/events/define';
import type { z } from 'zod';
import type { Delivery, Handler } from './consumer.ts';
import type { Sql } from './database.ts';

export type Parsed<Data = unknown> = { readonly type: string; readonly data: Data };
export type EventDelivery = Delivery<Parsed>;

/**
 * Runs in the transaction that remembers the events. They may be of several partitions; those of one, and so those of a key on one
 * topic, are in its order.
 */
export type EffectOfMany<Event = Parsed> = (deliveries: readonly Delivery<Event>[], sql: Sql) => Promise<void>;

/** Runs `work` in the transaction that remembers the event; not at all when it was handled before or must wait behind another. */
export type Transact = (delivery: EventDelivery, work: (sql: Sql) => Promise<unknown>) => Promise<void>;

export type Wiring = {
  readonly transact: Transact;
};

/** What a group does with one type of event; made by `on`, `onMany` or `onWithCalls`. */
export type EventHandler = {
  readonly definition: EventDefinition;
  readonly wire: (wiring: Wiring) => Handler<Parsed>;
  /** All it does, when that is inside the transaction: such events may share one. */
  readonly effect?: (delivery: EventDelivery, sql: Sql) => Promise<unknown>;
  /** Instead of `effect` for many at once; handlers with the very same one are called together. */
  readonly together?: EffectOfMany;
};

/** An event with the handler that it is for. */
export type EventAtHand = { readonly delivery: EventDelivery; readonly handler: EventHandler };

/** `effect` runs in the transaction that also remembers the event's id: a repeat does nothing. Other events may share it. */
export function on<Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
  effect: (data: z.infer<Schema>, sql: Sql, delivery: Delivery<Parsed<z.infer<Schema>>>) => Promise<unknown>,
): EventHandler {
  return {
    ...onWithCalls(definition, (data, finish, delivery) => finish(sql => effect(data, sql, delivery))),
    effect: (given, sql) => {
      const delivery = given as Delivery<Parsed<z.infer<Schema>>>;
      return effect(delivery.event.data, sql, delivery);
    },
  };
}

/**
 * For types of which many may come at once: what comes of them at the same time shares one transaction and one call of `effect`,
 * whatever its topic and partition. A repeat is left out.
 */
export function onMany<const Definitions extends readonly EventDefinition[]>(
  definitions: Definitions,
  effect: EffectOfMany<EventOf<Definitions>>,
): EventHandler[] {
  // Each event was parsed by one of the definitions.
  const together = effect as EffectOfMany<never> as EffectOfMany;
  return definitions.map(definition => ({
    ...on(definition, (_, sql, delivery) => together([delivery], sql)),
    together,
  }));
}

/**
 * For an effect that calls the outside world, which no transaction can hold: `effect` may be run again after a kill, so its calls
 * carry a key of their own. It ends with `finish`, whose work is the transaction that remembers the event's id; when the
 * event was handled before, that work is not done.
 */
export function onWithCalls<Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
  effect: (
    data: z.infer<Schema>,
    finish: (work: (sql: Sql) => Promise<unknown>) => Promise<void>,
    delivery: Delivery<Parsed<z.infer<Schema>>>,
  ) => Promise<void>,
): EventHandler {
  return {
    definition,
    wire:
      ({ transact }) =>
      async given => {
        const delivery = given as Delivery<Parsed<z.infer<Schema>>>;
        await effect(delivery.event.data, work => transact(given, work), delivery);
      },
  };
}
