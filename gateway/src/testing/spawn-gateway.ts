import { spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { verifySubgraphRequest, type Role, type Viewer } from '@waygraph/kit/auth';
import { close, listen } from '@waygraph/kit/health';
import { compose } from '@waygraph/schema/scripts/compose';
import { parse } from 'graphql';

const secret = 'known to this test and to nobody else';
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { thing: Thing }
  type Thing { name: String }
`;

/** What the subgraph of the test answers; the default is a thing. */
export type Answering = (viewer: Viewer | undefined, request: string) => Promise<{ status?: number; body: unknown }>;

/** A gateway process over one subgraph that the test plays itself, and maybe one that is fed. `dispose` ends both. */
export async function spawnGateway(
  options: { answer?: Answering; env?: Record<string, string>; sdl?: string; fedSdl?: string } = {},
) {
  const answer: Answering =
    options.answer ?? (() => Promise.resolve({ body: { data: { thing: { name: 'a thing' } } } }));
  const subgraph = createServer((request, response) => {
    void (async () => {
      const body = await textOf(request);
      if (request.url === '/health') return response.end('alive');
      const { status = 200, body: reply } = await answer(verifySubgraphRequest(secret, request.headers, body), body);
      return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const subgraphPort = await listen(subgraph, 0);

  const folder = await mkdtemp(join(tmpdir(), 'waygraph-gateway-'));
  const composed = compose([
    { name: 'things', url: 'http://127.0.0.1:1/graphql', typeDefs: parse(options.sdl ?? sdl) },
    ...(options.fedSdl === undefined ? [] : [{ name: 'news', url: 'kafka:news', typeDefs: parse(options.fedSdl) }]),
  ]);
  if ('faults' in composed) throw new Error(composed.faults.join('\n'));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(folder, 'supergraph.graphql'), composed.sdl);
  await writeFile(
    join(folder, 'jwks.json'),
    JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256' }] }),
  );

  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      GATEWAY_PORT: '0',
      GATEWAY_SECRET: secret,
      SUPERGRAPH: join(folder, 'supergraph.graphql'),
      JWT_JWKS: join(folder, 'jwks.json'),
      THINGS_URL: `http://127.0.0.1:${String(subgraphPort)}/graphql`,
      ...options.env,
    },
  });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const log: Record<string, unknown>[] = [];
  const output: string[] = [];
  const listening = Promise.withResolvers<number>();
  void exited.then(() => listening.reject(new Error(`the gateway ended: ${output.join('\n')}`)));
  listening.promise.catch(() => undefined);
  createInterface({ input: child.stderr }).on('line', line => output.push(line));
  createInterface({ input: child.stdout }).on('line', line => {
    output.push(line);
    if (!line.startsWith('{')) return;
    const entry = JSON.parse(line) as Record<string, unknown>;
    log.push(entry);
    if (entry['msg'] === 'gateway listens') listening.resolve(Number(entry['port']));
  });

  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    log,
    output,
    token: (role: Role, sub: string, ttlSeconds = 600): string => {
      const exp = Math.floor(Date.now() / 1000) + ttlSeconds;
      const text = `${encoded({ alg: 'ES256' })}.${encoded({ role, sub, exp, iss: 'waygraph', aud: 'waygraph' })}`;
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${text}.${signature.toString('base64url')}`;
    },
    exited,
    signal: (name: NodeJS.Signals) => child.kill(name),
    url: async () => `http://127.0.0.1:${String(await listening.promise)}`,
    ask: async (query: string) => {
      const response = await fetch(`http://127.0.0.1:${String(await listening.promise)}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      return { status: response.status, body: (await response.json()) as { data?: unknown; errors?: unknown } };
    },
    dispose: async () => {
      child.kill('SIGKILL');
      await exited;
      subgraph.closeAllConnections();
      await close(subgraph);
      await rm(folder, { recursive: true });
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
