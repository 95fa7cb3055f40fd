import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from './log.ts';

/** A check resolves when its part is fit for work and rejects, saying why, when it is not. */
export type Check = () => unknown;
export type Checks = Readonly<Record<string, Check>>;

export type Health = {
  /** Answers `GET /health` (alive) and `GET /ready` (fit for work); false when the request is another. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** From now on `/ready` says 503, so that nobody sends new work. */
  drain(): void;
};

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function outcome(check: Check, timeoutMs: number): Promise<string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`no answer within ${String(timeoutMs)} ms`), timeoutMs);
  try {
    const checked = Promise.resolve(check()).then(() => 'ok');
    return await Promise.race([checked, late.promise]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Liveness never depends on another part; readiness asks each check, all at once, and names the ones that fail. */
export function createHealth(checks: Checks, { timeoutMs = 2_000 }: { timeoutMs?: number } = {}): Health {
  let draining = false;

  async function ready(response: ServerResponse): Promise<void> {
    const entries = Object.entries(checks).map(
      async ([name, check]) => [name, await outcome(check, timeoutMs)] as const,
    );
    const outcomes = Object.fromEntries(await Promise.all(entries));
    const fit = !draining && Object.values(outcomes).every(result => result === 'ok');
    answer(response, fit ? 200 : 503, {
      status: draining ? 'draining' : fit ? 'ready' : 'not ready',
      checks: outcomes,
    });
  }

  return {
    handle(request, response) {
      const path = request.url?.split('?')[0];
      if (request.method !== 'GET' || (path !== '/health' && path !== '/ready')) return false;
      if (path === '/health') answer(response, 200, { status: 'alive' });
      else void ready(response);
      return true;
    },
    drain: () => {
      draining = true;
    },
  };
}

/** An HTTP server for processes that serve nothing else. Rejects, naming the port, when it cannot listen. */
export async function startHealthServer(options: {
  port: number;
  /** Default: loopback. */
  host?: string;
  health: Health;
  log: Log;
}): Promise<{ port: number; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    if (!options.health.handle(request, response)) answer(response, 404, { error: 'only /health and /ready' });
  });
  const port = await listen(server, options.port, options.host);
  options.log.info({ port }, 'health server listens');
  return { port, stop: () => close(server) };
}

/** Loopback unless told otherwise: whoever wants the port outside puts something before it that keeps strangers out. Resolves to the port that was taken. */
export function listen(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    reject(error.code === 'EADDRINUSE' ? new Error(`port ${String(port)} is in use`, { cause: error }) : error);
  });
  server.listen(port, host, () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}

export function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => {
    resolve();
  });
  server.closeIdleConnections();
  return promise;
}
