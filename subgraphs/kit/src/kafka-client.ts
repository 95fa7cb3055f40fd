import { createRequire } from 'node:module';
import net from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import type { Log } from './log.ts';

/**
 * kafkajs 2.2.4 re-arms a timer without end on every idle connection, each time with a negative delay: one wake-up per ms and a
 * TimeoutNegativeWarning (tulios/kafkajs#1556, #1751). A timer is only of use while requests wait.
 */
function mendRequestQueue(): void {
  type Queue = {
    pending: unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
  };
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
    prototype: Queue & Record<string, unknown>;
  };
  if (typeof prototype['scheduleCheckPendingRequests'] !== 'function')
    throw new Error('kafkajs has changed inside: look at mendRequestQueue');
  prototype['scheduleCheckPendingRequests'] = function (this: Queue) {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(10, this.throttledUntil - Date.now()),
    );
  };
}

mendRequestQueue();

/** Short, so that a broker that comes back is met at once: the first try after 100 ms, then at most a second apart. */
export const retry = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 8 };

/** The library behind kit/kafka and kit/kafka-admin; nobody else makes one. */
export function kafkaClient(brokers: readonly string[], name: string, log: Log): Kafka {
  const levels = {
    [logLevel.ERROR]: 'warn',
    [logLevel.WARN]: 'debug',
    [logLevel.INFO]: 'debug',
    [logLevel.DEBUG]: 'trace',
  } as const;
  return new Kafka({
    clientId: name,
    brokers: [...brokers],
    retry,
    connectionTimeout: 2_000,
    logLevel: logLevel.INFO,
    // Its errors are mostly a broker being away, which heals; what does not heal comes as a crash.
    logCreator:
      () =>
      ({ level, namespace, log: entry }) => {
        // A broker that is away would be told several times a second; the crash that follows is told once.
        const pinoLevel = /^(Connection|BrokerPool)$/.test(namespace) ? 'debug' : levels[level as keyof typeof levels];
        log[pinoLevel](
          { kafkajs: namespace, error: entry['error'] as unknown, groupId: entry['groupId'] as unknown },
          entry.message,
        );
      },
  });
}

/** Whether one of the brokers takes connections. */
export async function anyAnswers(brokers: readonly string[]): Promise<boolean> {
  const answers = brokers.map(async broker => {
    const [host = '127.0.0.1', port = '9092'] = broker.split(':');
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = net.connect({ host, port: Number(port), timeout: 1_000 });
    socket
      .once('connect', () => resolve(true))
      .once('timeout', () => resolve(false))
      .once('error', () => resolve(false));
    const answered = await promise;
    socket.destroy();
    return answered;
  });
  return (await Promise.all(answers)).includes(true);
}
