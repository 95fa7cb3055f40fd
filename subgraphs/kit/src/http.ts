import http from 'node:http';
import https from 'node:https';

const kept = { keepAlive: true, timeout: 30_000 };
const agents = { http: new http.Agent(kept), https: new https.Agent(kept) };

type Options = {
  method?: 'GET' | 'POST' | 'PUT';
  headers?: Readonly<Record<string, string>>;
  /** JSON. */
  body?: string;
  signal: AbortSignal;
};
type Answer = { status: number; text: string };

/**
 * One request over connections that are kept; rejects when there is no answer, whole, before `signal`. Follows no redirect. Not
 * `fetch`: that costs twice as much, and refuses ports that browsers hold for dangerous (4190 is one).
 */
export async function request(url: string, options: Options): Promise<Answer> {
  try {
    return await send(url, options);
  } catch (error) {
    // The server closed a kept connection at the very moment it was used: it has not seen the request.
    if (error instanceof Stale && !options.signal.aborted) return await send(url, options);
    throw error;
  }
}

class Stale extends Error {
  override readonly name = 'Stale';
}

function send(url: string, { method = 'GET', headers, body, signal }: Options): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const ofBody = body !== undefined && {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  const settings = { method, headers: { ...headers, ...ofBody }, signal };
  let answering = false;
  const take = (response: http.IncomingMessage): void => {
    answering = true;
    let text = '';
    response
      .setEncoding('utf8')
      .on('data', (part: string) => (text += part))
      .on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      .on('error', reject);
  };
  const sent = url.startsWith('https:')
    ? https.request(url, { ...settings, agent: agents.https }, take)
    : http.request(url, { ...settings, agent: agents.http }, take);
  sent
    .on('error', (error: NodeJS.ErrnoException) => {
      const stale = sent.reusedSocket && !answering && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale ? new Stale(error.message, { cause: error }) : error);
    })
    .end(body);
  return promise;
}
