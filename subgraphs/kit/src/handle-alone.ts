import { compose, logged, reader, retry, timeout, traced, type Handler } from './consumer.ts';
import { isTransient, type Pool } from './database.ts';
import type { EffectOfMany, EventDelivery, EventHandler, Parsed, Transact } from './event-handler.ts';
import { isAway } from './fault-reason.ts';
import { isUuid } from './held-event.ts';
import type { RawMessage } from './kafka-delivery.ts';
import type { Log } from './log.ts';

/** How long a handler may take, in ms. */
export const handlerTimeoutMs = 30_000;

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
 * Runs one event through its handler: within its trace, told in the log, `attempts` times in place while the fault may pass, each
 * within a time. Rejects only when the service's own database is away: nothing can be remembered then, also not that it failed.
 */
export function createRun(options: { pool: Pool; group: string; alongside: EffectOfMany; log: Log }) {
  const { pool, group, alongside, log } = options;
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
    const handle = handler.wire({ pool, group, alongside, transact: watched });
    const counted: Handler<Parsed> = given => {
      tries += 1;
      return handle(given);
    };
    const quiet: Handler<Parsed> = given => counted(given).catch(unlessWaits);
    try {
      await compose(
        traced,
        logged(log, handler.definition.type),
        retry({ attempts }),
        timeout(handlerTimeoutMs),
      )(quiet)(delivery);
      return met.waits ? { kind: 'waits' } : { kind: 'done' };
    } catch (error) {
      if (!isTransient(error)) return { kind: 'broken', error, attempts: tries };
      // Whoever does nothing but statements of its own has met its own database, also when that is back by now.
      const surely = handler.effect !== undefined && !isTimeout(error);
      if (isAway(error) && (surely || !(await answers(pool)))) throw error;
      return { kind: 'passing', error, attempts: tries };
    }
  };
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.message.startsWith('no end after');

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
