import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { readEnv, readSubgraphUrls } from './env.ts';
import { createTokenVerifier } from '@waygraph/kit/auth';
import { createErrorFormatter } from '@waygraph/kit/graphql-errors';
import { createHealth, listen } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { startApollo } from './apollo.ts';
import { createApp } from './http.ts';
import { startLive } from './live.ts';
import { reachable } from './reachable.ts';
import { createServices } from './signed-data-source.ts';
import { serveSockets } from './socket.ts';
import { readSupergraph } from './supergraph.ts';

const env = readEnv();
const log = createLog('gateway', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });
const production = env.NODE_ENV === 'production';

try {
  const supergraphSdl = await readFile(env.SUPERGRAPH, 'utf8');
  const { withServer, needed } = readSupergraph(supergraphSdl);
  const urls = readSubgraphUrls(withServer);
  const verify = await createTokenVerifier({ jwks: env.JWT_JWKS, issuer: env.JWT_ISSUER, audience: env.JWT_AUDIENCE });

  const services = createServices({ urls, secret: env.GATEWAY_SECRET, timeoutMs: env.SUBGRAPH_TIMEOUT_MS });
  const formatError = createErrorFormatter({ log, production });
  const live = startLive({
    ...{ supergraphSdl, services, brokers: env.KAFKA_BROKERS, cursorSecret: env.CURSOR_SECRET },
    ...{ formatError, log },
  });
  if (live !== undefined) lifecycle.onStop('event log', () => live.stop());

  const health = createHealth({
    ...Object.fromEntries(needed.map(({ name, url }) => [name, () => reachable(urls.get(name) ?? url)])),
    ...(live && { log: () => live.ready() }),
  });
  const httpServer = createServer();
  const apollo = await startApollo({ supergraphSdl, services, production, formatError, log, httpServer });
  lifecycle.onStop('server', async () => {
    health.drain();
    await apollo.stop();
  });

  const app = createApp({ apollo, verify, corsOrigins: env.CORS_ORIGINS, production, log });
  httpServer.on('request', (request, response) => {
    if (!health.handle(request, response)) app(request, response);
  });
  const sockets = serveSockets({ httpServer, apollo, subscriptions: live?.subscriptions, verify, formatError, log });
  lifecycle.onStop('sockets', () => {
    health.drain();
    return sockets.stop();
  });
  const port = await listen(httpServer, env.GATEWAY_PORT, env.LISTEN_HOST);
  log.info({ port, subgraphs: withServer.map(({ name }) => name) }, 'gateway listens');
} catch (error) {
  log.fatal({ err: error }, 'cannot start');
  await lifecycle.stop('cannot start', 1);
}
