import { isTransient } from './database.ts';
import { pauseMs, type RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';
import { withTrace } from './trace.ts';

/** One event on its way to a handler. */
export type Delivery<Event> = {
  /** The event's id: the header `id`. Repeats of the same event carry the same one. */
  readonly id: string;
  readonly event: Event;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  /** The aggregate's version that the event belongs to. */
  readonly seq: number;
  /** When it happened, in µs since 1970. */
  readonly occurredUs: number;
  readonly traceparent?: string;
};

export type Handler<Event> = (delivery: Delivery<Event>) => Promise<void>;
export type Wrapper = <Event>(next: Handler<Event>) => Handler<Event>;

/** The first wrapper is the outermost. */
export const compose =
  (...wrappers: readonly Wrapper[]): Wrapper =>
  next =>
    wrappers.reduceRight((handler, wrap) => wrap(handler), next);

type Definition<Event> = { readonly type: string; parse(payload: unknown): Event };

/**
 * From a record to a delivery of a typed event. Undefined for types that are not among the definitions: they are none of this
 * consumer's business. Throws when a header is missing or the payload does not fit its schema.
 */
export function reader<Event>(
  definitions: ReadonlyArray<Definition<Event>>,
): (message: RawMessage) => Delivery<Event> | undefined {
  const byType = new Map(definitions.map(definition => [definition.type, definition]));
  return message => {
    const { topic, partition, offset, key, headers } = message;
    const definition = byType.get(header(message, 'eventType'));
    if (definition === undefined) return undefined;
    const event = definition.parse(JSON.parse(message.value ?? 'null'));
    const seq = Number(header(message, 'seq'));
    const occurredUs = Number(header(message, 'occurredUs'));
    const traceparent = headers['traceparent'];
    return {
      ...{ id: header(message, 'id'), event, topic, partition, offset, key, seq, occurredUs },
      ...(traceparent === undefined ? {} : { traceparent }),
    };
  };
}

function header({ headers }: RawMessage, name: string): string {
  const value = headers[name];
  if (value === undefined) throw new Error(`record without header ${name}`);
  return value;
}

/** Runs the handler as a step of the event's trace: what it writes carries it on. */
export const traced: Wrapper = next => delivery => withTrace(delivery.traceparent, () => next(delivery));

/** One line per delivery with its place, outcome and duration; handlers add only business facts. */
export const logged =
  (log: Log, handlerName: string): Wrapper =>
  next =>
  async delivery => {
    const { id, topic, partition, offset } = delivery;
    const place = { handler: handlerName, eventId: id, topic, partition, offset };
    const began = performance.now();
    const took = () => Math.round(performance.now() - began);
    try {
      await next(delivery);
      log.debug({ ...place, ms: took() }, 'handled');
    } catch (error) {
      log.warn({ ...place, ms: took(), err: error }, 'not handled');
      throw error;
    }
  };

/** Tries again at once a few times when a fault may pass: most locks and dropped connections are gone by then. */
export const retry =
  ({
    attempts = 3,
    isPassing = isTransient,
  }: { attempts?: number; isPassing?: (error: unknown) => boolean } = {}): Wrapper =>
  next =>
  async delivery => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await next(delivery);
        return;
      } catch (error) {
        if (attempt >= attempts || !isPassing(error)) throw error;
        await new Promise(resolve => setTimeout(resolve, pauseMs(attempt - 1)));
      }
    }
  };

/** What `timeout` rejects with: a passing fault. */
export class TookTooLong extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(timeoutMs: number) {
    super(`no end after ${timeoutMs} ms`);
    this.name = 'TookTooLong';
  }
}

/** Rejects, as a passing fault, when the handler takes longer. The handler itself is not stopped: its repeat must be harmless. */
export const timeout =
  (timeoutMs: number): Wrapper =>
  next =>
  async delivery => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new TookTooLong(timeoutMs));
    }, timeoutMs);
    try {
      await Promise.race([next(delivery), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
