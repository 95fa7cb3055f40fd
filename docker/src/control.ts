import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { Fault, type Say } from './say.ts';

/** One line of a streamed answer: progress, the result, or why there is none. */
export type Message = { say: string } | { done: unknown } | { fault: string; bug?: string };

/** The supervisor has died while it was asked. */
export class CutOff extends Fault {
  constructor() {
    super('the supervisor ended in the middle of its answer');
  }
}

type Call = { socket: string; method?: 'GET' | 'POST'; path: string; signal?: AbortSignal; say?: Say };

/** Nobody answers at the control socket: no supervisor runs. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning';
}

/** Asks the supervisor; progress goes to `say`, the result comes back, its faults are thrown. */
export function call({ socket, method = 'POST', path, signal, say = () => undefined }: Call): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  if (!existsSync(socket)) return Promise.reject(new NotRunning());
  const outgoing = request({ socketPath: socket, method, path, ...(signal ? { signal } : {}) }, incoming => {
    let rest = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(JSON.parse(line) as Message);
    });
    incoming.on('error', () => undefined); // told by close
    incoming.on('close', () => {
      reject(new CutOff());
    });
  });
  const take = (message: Message) => {
    if ('say' in message) say(message.say);
    else if ('done' in message) resolve(message.done);
    else reject(message.bug === undefined ? new Fault(message.fault) : new Error(message.bug));
  };
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')) reject(new NotRunning());
    else reject(['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? new CutOff() : error);
  });
  outgoing.end();
  return promise;
}

export async function isUp(socket: string): Promise<boolean> {
  try {
    await call({ socket, method: 'GET', path: '/ping' });
    return true;
  } catch (error) {
    if (error instanceof NotRunning || error instanceof CutOff) return false;
    throw error;
  }
}
