import { rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Message } from './control.ts';
import { Fault, messageOf, type Say } from './say.ts';

export type Request = { query: URLSearchParams; say: Say; closed: AbortSignal };
export type Routes = Record<string, (request: Request) => unknown>;

/** Answers each request by a stream of JSON lines; `afterwards` runs when the answer has left. */
export function createControlServer(socket: string, routes: Routes): Promise<Server> {
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://control');
    const route = routes[`${incoming.method ?? ''} ${url.pathname}`];
    void answer(response, url, route);
  });
  server.requestTimeout = 0;
  server.timeout = 0;
  rmSync(socket, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  server.once('error', reject);
  server.listen(socket, () => {
    resolve(server);
  });
  return promise;
}

async function answer(response: ServerResponse, url: URL, route: Routes[string] | undefined): Promise<void> {
  const send = (message: Message) => {
    response.write(`${JSON.stringify(message)}\n`);
  };
  const closed = new AbortController();
  response.on('close', () => {
    closed.abort();
  });
  response.on('error', () => undefined);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  try {
    if (!route) throw new Fault(`the supervisor does not know ${url.pathname}`);
    const say: Say = line => {
      send({ say: line });
    };
    send({ done: (await route({ query: url.searchParams, say, closed: closed.signal })) ?? null });
  } catch (error) {
    const bug = error instanceof Fault || !(error instanceof Error) ? {} : { bug: error.message };
    send({ fault: messageOf(error), ...bug });
  }
  response.end();
}
