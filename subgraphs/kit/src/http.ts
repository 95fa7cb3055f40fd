import http from 'node:http';
import https from 'node:https';

const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

/**
 * One request over connections that are kept; rejects when there is no answer, whole, before `signal`. Follows no redirect. Not
 * `fetch`: that costs twice as much, and refuses ports that browsers hold for dangerous (4190 is one).
 */
export function request(
  url: string,
  options: {
    method?: 'GET' | 'POST' | 'PUT';
    headers?: Readonly<Record<string, string>>;
    /** JSON. */
    body?: string;
    signal: AbortSignal;
  },
): Promise<{ status: number; text: string }> {
  const { method = 'GET', headers, body, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const ofBody = body !== undefined && {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  const settings = { method, headers: { ...headers, ...ofBody }, signal };
  const take = (response: http.IncomingMessage): void => {
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
  sent.on('error', reject).end(body);
  return promise;
}
