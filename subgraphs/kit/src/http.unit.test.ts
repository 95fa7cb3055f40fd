import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { close, listen } from './health.ts';
import { request } from './http.ts';

let server: Server;
const serve = async (handle: Parameters<typeof createServer>[1], port = 0): Promise<string> => {
  server = createServer(handle);
  return `http://127.0.0.1:${String(await listen(server, port))}`;
};
const within = (ms = 5_000) => ({ signal: AbortSignal.timeout(ms) });

afterEach(async () => {
  server.closeAllConnections();
  await close(server);
});

test('posts JSON with headers and gives status and text', async () => {
  const url = await serve((asked, answer) => {
    let body = '';
    asked
      .on('data', part => (body += String(part)))
      .on('end', () => {
        answer
          .writeHead(201)
          .end(
            `${asked.method} ${String(asked.headers['content-type'])} ${String(asked.headers['x-key'])} ${body} ção`,
          );
      });
  });
  const sent = { method: 'POST', headers: { 'x-key': 'k' }, body: '{"a":"é"}', ...within() } as const;
  expect(await request(url, sent)).toEqual({ status: 201, text: 'POST application/json k {"a":"é"} ção' });
});

test('reaches a port that fetch refuses, as the payment provider has one', async () => {
  const url = await serve((_, answer) => answer.end('here'), 6566);
  await expect(fetch(url)).rejects.toThrow();
  expect(await request(url, within())).toEqual({ status: 200, text: 'here' });
});

test('follows no redirect', async () => {
  const url = await serve((_, answer) => answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
  expect((await request(url, within())).status).toBe(302);
});

test('an answer that does not come, or not whole, in time is none', async () => {
  const url = await serve((asked, answer) => {
    if (asked.url === '/half') answer.writeHead(200, { 'content-length': '10' }).write('half');
  });
  await expect(request(`${url}/never`, within(50))).rejects.toThrow();
  await expect(request(`${url}/half`, within(50))).rejects.toThrow();
});

test('a kept connection that the server has closed meanwhile is no fault', async () => {
  let requests = 0;
  const url = await serve((asked, answer) => {
    requests += 1;
    if (requests === 2) asked.socket.destroy();
    else answer.end(String(requests));
  });
  expect((await request(url, within())).text).toBe('1');
  expect((await request(url, within())).text).toBe('3');
});
