import { isTransient } from '@waygraph/kit/database';
import type { Log } from '@waygraph/kit/log';

/** So many orders wait for the provider at most; what is beyond is found again when it is due. */
const mostWaiting = 500;
/**
 * An order is asked for so soon, since the transaction that says so has yet to end; and again, later each time, when there is no answer
 * or nothing to ask yet. Then it is left until it is due.
 */
const pausesMs = [10, 100, 500, 2_000];

export type ProviderAsker = {
  /** Asks for the order in a moment; returns at once. For a handler, in its transaction: what is rolled back is not found. */
  readonly soon: (orderId: string) => void;
  /** Looks for what was left behind, now and then, until `stop`. */
  readonly start: () => void;
  /** Lets go of what waits and resolves when what is under way has ended. */
  readonly stop: () => Promise<void>;
};

/**
 * Asks the provider beside the handlers, so that a slow or silent one holds up no event: neither those of its own order nor those
 * behind it. What it forgets, by a kill or for want of room, `takeDue` brings back.
 */
export function createProviderAsker(options: {
  /** Asks for all that is unknown of an order; false when there was nothing. */
  readonly settle: (orderId: string) => Promise<boolean>;
  readonly takeDue: (most: number) => Promise<string[]>;
  readonly concurrency: number;
  readonly everyMs: number;
  readonly log: Log;
}): ProviderAsker {
  const { settle, takeDue, concurrency, everyMs, log } = options;
  /** How often each was tried. */
  const waiting = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  const pauses = new Map<string, NodeJS.Timeout>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isStopped = false;

  function fill(): void {
    for (const [orderId, times] of waiting) {
      if (running.size >= concurrency) return;
      // Asked for again while it is under way: once more behind it, for what that one may not have seen.
      if (running.has(orderId)) continue;
      waiting.delete(orderId);
      const ended = ask(orderId, times).finally(() => {
        running.delete(orderId);
        fill();
      });
      running.set(orderId, ended);
    }
  }

  async function ask(orderId: string, times: number): Promise<void> {
    try {
      if (!(await settle(orderId))) later(orderId, times);
    } catch (err) {
      if (isTransient(err)) {
        log.warn({ err, orderId, times }, 'the provider gave no answer');
        later(orderId, times);
      } else log.error({ err, orderId }, 'the provider cannot be asked');
    }
  }

  function later(orderId: string, times: number): void {
    const pauseMs = pausesMs[times];
    if (isStopped || pauseMs === undefined) return;
    clearTimeout(pauses.get(orderId));
    const pause = setTimeout(() => {
      pauses.delete(orderId);
      wait(orderId, times + 1);
    }, pauseMs);
    pauses.set(orderId, pause);
  }

  function wait(orderId: string, times: number): void {
    if (isStopped || waiting.size >= mostWaiting) return;
    waiting.set(orderId, times);
    fill();
  }

  /** Takes no more than there is room for: what is taken is not due again for a while. */
  async function look(): Promise<void> {
    try {
      const room = 2 * concurrency - waiting.size;
      if (room > 0) for (const orderId of await takeDue(room)) wait(orderId, pausesMs.length);
    } catch (err) {
      log.warn({ err }, 'could not look for what the provider has left unanswered');
    }
    if (!isStopped) timer = setTimeout(again, everyMs);
  }

  const again = () => {
    looking = look();
  };

  return {
    soon: orderId => later(orderId, 0),
    start: again,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      for (const pause of pauses.values()) clearTimeout(pause);
      waiting.clear();
      await looking;
      await Promise.all(running.values());
    },
  };
}
