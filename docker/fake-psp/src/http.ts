import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { Health } from '@waygraph/kit/health';
import type { Log } from '@waygraph/kit/log';
import { z } from 'zod';
import { behaviour, type Behaviours } from './behaviours.ts';
import { chargeRequest, refundRequest, type Outcome, type Provider } from './provider.ts';

const largestBodyBytes = 16 * 1024;

/**
 * `POST /charges`, `POST /charges/:id/refunds` (both with `Idempotency-Key`), `GET /charges/:key`, and
 * `PUT /behaviours/:customerId`, which says how that customer's next requests go.
 */
export function createPspServer(deps: {
  provider: Provider;
  behaviours: Behaviours;
  health: Health;
  log: Log;
}): Server {
  const { provider, behaviours, health, log } = deps;

  async function route(request: IncomingMessage): Promise<Outcome> {
    const path = (request.url ?? '').split('?')[0]?.split('/').slice(1).map(decodeURIComponent) ?? [];
    const [thing, id, part, more] = path;
    const asked = `${request.method ?? ''} ${thing ?? ''}`;
    if (more !== undefined) return notFound;
    if (asked === 'PUT behaviours' && id !== undefined && part === undefined) {
      behaviours.set(id, behaviour.parse(await bodyOf(request)));
      return { status: 204, body: undefined };
    }
    if (asked === 'GET charges' && id !== undefined && part === undefined) return provider.show(id);
    if (asked === 'POST charges' && id === undefined)
      return provider.charge(keyOf(request), chargeRequest.parse(await bodyOf(request)));
    if (asked === 'POST charges' && id !== undefined && part === 'refunds')
      return provider.refund(keyOf(request), id, refundRequest.parse(await bodyOf(request)));
    return notFound;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const {
      status,
      body,
      silent,
      latencyMs = 0,
    } = await route(request).catch((error: unknown): Outcome => {
      if (error instanceof z.ZodError || error instanceof BadRequest || error instanceof URIError)
        return { status: 400, body: { error: error.message } };
      throw error;
    });
    log.debug({ method: request.method, path: request.url, status, silent }, 'asked');
    if (silent) return; // the connection stays open until the other side gives up
    if (latencyMs > 0) await setTimeout(latencyMs);
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(body === undefined ? undefined : `${JSON.stringify(body)}\n`);
  }

  return createServer((request, response) => {
    if (health.handle(request, response)) return;
    answer(request, response).catch((error: unknown) => {
      // The client went away, or what it asked for could not be kept: nothing is answered that may not hold.
      log.warn({ err: error }, 'not answered');
      response.destroy();
    });
  });
}

const notFound: Outcome = { status: 404, body: { error: 'there is no such thing' } };

class BadRequest extends Error {}

function keyOf({ headers }: IncomingMessage): string {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || key === '' || key.length > 255)
    throw new BadRequest('Idempotency-Key: expected 1..255 characters');
  return key;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBodyBytes) throw new BadRequest(`expected at most ${String(largestBodyBytes)} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new BadRequest('expected JSON');
  }
}
