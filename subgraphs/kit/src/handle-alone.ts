import { compose, logged, reader, retry, timeout, TookTooLong, traced, type Handler } from './consumer.ts';
import { isAway, isExhausted, isTransient, type Pool } from './database.ts';
import { NotYet } from './errors.ts';
import type { EventDelivery, EventHandler, Parsed, Transact } from './event-handler.ts';
import { isUuid } from './held-event.ts';
import type { RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';

/** What a record is to a group: undefined for types that are none of its business. Throws, for ever the same, when it is malformed. */
export type Read = (
  message: RawMessage,
) => { readonly delivery: EventDelivery; readonly handler: EventHandler } | undefined;

export function createReader(handlers: readonly EventHandler[]): Read {
  const byPlace = new Map(handlers.map(handler => [`${handler.definition.topic} ${handler.definition.type}`, handler]));
  const readers = new Map(
    [...new Set(handlers.map(({ definition }) => definition.topic as string))].map(topic => [
      topic,
      reader<Parsed>(handlers.map(({ definition }) => definition).filter(definition => definition.topic === topic)),
    ]),
  );
  return message => {
    const delivery = readers.get(message.topic)?.(message);
    const handler = byPlace.get(`${message.topic} ${message.headers['eventType'] ?? ''}`);
    if (delivery === undefined || handler === undefined) return undefined;
    if (!isUuid(delivery.id)) throw new Error('header id: expected a UUID');
    if (!Number.isSafeInteger(delivery.seq)) throw new Error('header seq: expected a whole number');
    if (delivery.key === null) throw new Error('record without key');
    return { delivery: { ...delivery, id: delivery.id.toLowerCase() }, handler };
  };
}

/** How a handler's run ended. */
export type Outcome =
  | { readonly kind: 'done' }
  /** An earlier event of its key waits: it was not handled. */
  | { readonly kind: 'waits' }
  | { readonly kind: 'passing'; readonly error: unknown; readonly attempts: number }
  | { readonly kind: 'broken'; readonly error: unknown; readonly attempts: number };

/** Thrown by a `Transact` that finds an earlier event of the key waiting. */
export class KeyWaits extends Error {
  constructor() {
    super('an earlier event of its key waits');
    this.name = 'KeyWaits';
  }
}

/**
 * Runs one event through its handler: within its trace, told in the log, up to `attempts` times in place while the fault may pass
 * and comes at once, each within a time. Rejects only when the service's own database is away: nothing can be remembered then, also
 * not that it failed.
 */
export function createRun(options: {
  pool: Pool;
  log: Log;
  /** Of the consumer: a single event, of which one try at most may take long, is not taken for a standstill. */
  standstillMs: number;
}) {
  const { pool, log, standstillMs } = options;
  const handlerTimeoutMs = standstillMs / 2;
  /** A try that failed within so long may be made again in place: one that takes long is left to the retry worker. */
  const fastMs = Math.min(1_000, standstillMs / 10);
  return async (
    { delivery, handler }: { delivery: EventDelivery; handler: EventHandler },
    { transact, attempts }: { transact: Transact; attempts: number },
  ): Promise<Outcome> => {
    let tries = 0;
    const met = { waits: false };
    const watched: Transact = async (given, work) => {
      try {
        await transact(given, work);
      } catch (error) {
        met.waits ||= error instanceof KeyWaits;
        throw error;
      }
    };
    const handle = handler.wire({ transact: watched });
    let began = 0;
    const counted: Handler<Parsed> = given => {
      tries += 1;
      began = performance.now();
      return handle(given);
    };
    const isWorthAnother = (error: unknown) =>
      isTransient(error) && !(error instanceof NotYet) && performance.now() - began < fastMs;
    const quiet: Handler<Parsed> = given => counted(given).catch(unlessWaits);
    try {
      await compose(
        traced,
        logged(log, handler.definition.type),
        retry({ attempts, isPassing: isWorthAnother }),
        timeout(handlerTimeoutMs),
      )(quiet)(delivery);
      return met.waits ? { kind: 'waits' } : { kind: 'done' };
    } catch (error) {
      if (!isTransient(error)) return { kind: 'broken', error, attempts: tries };
      if (await isOwnAway(error, handler)) throw error;
      return { kind: 'passing', error, attempts: tries };
    }
  };

  async function isOwnAway(error: unknown, handler: EventHandler): Promise<boolean> {
    if (isExhausted(pool, error)) return false;
    // Whoever does nothing but statements of its own has met its own database, also when that is back by now.
    const surely = handler.effect !== undefined && !(error instanceof TookTooLong);
    return isAway(error) && (surely || !(await answers(pool)));
  }
}

/** Not a fault: the event is put behind the one it waits for. */
function unlessWaits(error: unknown): void {
  if (!(error instanceof KeyWaits)) throw error;
}

const longestAnswerMs = 2_000;

/** Whether the service's own database is there. */
export async function answers(pool: Pool): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), longestAnswerMs);
  try {
    const answer = pool.query('select 1').then(
      () => true,
      () => false,
    );
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
