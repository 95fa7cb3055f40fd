import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let proxy: TcpProxy;
const open: Socket[] = [];

beforeEach(async () => {
  echo = createServer(socket => {
    open.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await createTcpProxy({ port: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.stop();
  for (const socket of open.splice(0)) socket.destroy();
  echo.close();
});

function client() {
  const heard = { text: '', code: '', closed: false };
  const socket = connect(proxy.port, '127.0.0.1');
  open.push(socket);
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => (heard.text += text));
  socket.on('error', (error: NodeJS.ErrnoException) => (heard.code = error.code ?? ''));
  socket.on('close', () => (heard.closed = true));
  return { socket, heard };
}

test('in fair weather everything gets through, in order and to its end', async () => {
  const { socket, heard } = client();
  const sent = Array.from({ length: 5_000 }, (_, at) => `${String(at)};`);
  for (const piece of sent) socket.write(piece);
  socket.end();
  await once(socket, 'close');
  expect(heard.text).toBe(sent.join(''));
});

test('latency is felt in both directions', async () => {
  proxy.set({ latencyMs: 60 });
  const { socket, heard } = client();
  const began = performance.now();
  socket.write('x');
  await waitFor(() => heard.text === 'x');
  expect(performance.now() - began).toBeGreaterThanOrEqual(120);
  expect(proxy.felt().delayed).toBeGreaterThanOrEqual(2);
});

test('a narrow line takes its time', async () => {
  proxy.set({ bytesPerSecond: 10_000 });
  const { socket, heard } = client();
  const began = performance.now();
  socket.write('x'.repeat(1_000));
  await waitFor(() => heard.text.length === 1_000);
  expect(performance.now() - began).toBeGreaterThanOrEqual(200);
});

test('a reset reaches the client as one, a cut as an early end', async () => {
  const reset = client();
  await once(reset.socket, 'connect');
  await waitFor(() => proxy.reset() === 1);
  await waitFor(() => reset.heard.closed);
  expect(reset.heard.code).toBe('ECONNRESET');

  const cut = client();
  await once(cut.socket, 'connect');
  await waitFor(() => proxy.cut() === 1);
  await waitFor(() => cut.heard.closed);
  expect(cut.heard.code).toBe('');
});

test('while it is silent nothing comes and nothing is told; afterwards it comes late', async () => {
  const { socket, heard } = client();
  socket.write('a');
  await waitFor(() => heard.text === 'a');
  proxy.set({ silent: true });
  socket.write('b');
  const { held } = proxy.felt();
  await waitFor(() => proxy.felt().held > held);
  expect(heard).toEqual({ text: 'a', code: '', closed: false });
  proxy.set({});
  await waitFor(() => heard.text === 'ab');
});

test('it refuses connections while it is told to', async () => {
  proxy.set({ refuses: true });
  const { heard } = client();
  await waitFor(() => heard.closed);
  expect(proxy.felt().refused).toBe(1);
});
