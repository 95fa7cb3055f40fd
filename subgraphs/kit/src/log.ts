import { pino, type Logger } from 'pino';

export type Log = Logger;

/**
 * The one logger of a process: JSON lines on stdout. What could hold a secret or a person's data is cut out wherever it
 * stands one or two levels deep; handlers add business facts only (ids, never names or addresses).
 */
export function createLog(name: string, level = 'info'): Log {
  return pino({
    name,
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['authorization', '*.authorization', 'password', '*.password', 'token', '*.token', 'shipTo', '*.shipTo'],
      censor: '[cut]',
    },
  });
}
