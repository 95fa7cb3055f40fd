import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import type { DocumentNode } from 'graphql';
import { verifySubgraphRequest, type Viewer } from './auth.ts';
import { isTransient } from './database.ts';
import { WaygraphError } from './errors.ts';
import { createErrorFormatter } from './graphql-errors.ts';
import { listen, type Health } from './health.ts';
import type { Log } from './log.ts';
import { withTrace } from './trace.ts';

/** A client's 256 KiB can become more here: the gateway adds the keys of the entities it asks for. */
const largestBodyBytes = 1024 * 1024;
const drainMs = 5_000;

type SubgraphModule = Parameters<typeof buildSubgraphSchema>[0] & { resolvers?: unknown };

export type SubgraphOptions<Context extends object> = {
  name: string;
  /** 0 lets the system choose one. */
  port: number;
  /** Default: loopback. */
  host?: string;
  typeDefs: DocumentNode;
  resolvers: object;
  /** Called once per request; the viewer is whom the gateway vouches for. */
  context: (viewer: Viewer | undefined) => Context;
  health: Health;
  log: Log;
  gatewaySecret: string;
  production: boolean;
};

function refuse(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

/** Everything, `_service` included, is answered to the gateway only; its signature is checked before anything is parsed. */
const gatewayOnly =
  (secret: string): RequestHandler =>
  (request, response, next) => {
    const body: unknown = request.body;
    const text = Buffer.isBuffer(body) ? body.toString() : '';
    try {
      response.locals['viewer'] = verifySubgraphRequest(secret, request.headers, text);
      request.body = JSON.parse(text) as unknown;
    } catch (error) {
      if (error instanceof WaygraphError) refuse(response, 403, error.code, error.message);
      else refuse(response, 400, 'BAD_REQUEST', 'expected a GraphQL request as JSON');
      return;
    }
    next();
  };

const onError =
  (log: Log): ErrorRequestHandler =>
  (error: { status?: number }, _request, response, next) => {
    if (response.headersSent) next(error);
    else if (error.status === 413)
      refuse(response, 413, 'BODY_TOO_LARGE', `expected at most ${String(largestBodyBytes)} bytes`);
    else {
      log.error({ err: error }, 'request failed');
      refuse(response, error.status ?? 500, 'INTERNAL', 'internal error');
    }
  };

/** Serves a subgraph on `POST /graphql`, with `/health` and `/ready` beside it. */
export async function startSubgraph<Context extends object>(
  options: SubgraphOptions<Context>,
): Promise<{ url: string; port: number; stop: () => Promise<void> }> {
  const { health, log, production } = options;
  const module = { typeDefs: options.typeDefs, resolvers: options.resolvers } as SubgraphModule;
  const app = express().disable('x-powered-by');
  const httpServer = createServer((request, response) => {
    if (!health.handle(request, response)) app(request, response);
  });
  // Longer than the gateway keeps a connection that rests: so it is never the server that closes one in use.
  httpServer.keepAliveTimeout = 75_000;
  const apollo = new ApolloServer<Context>({
    schema: buildSubgraphSchema(module),
    introspection: true, // for the gateway's signature only
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: production,
    csrfPrevention: false, // no browser can sign
    formatError: createErrorFormatter({ log, production, isTransient }),
    logger: log,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: drainMs }),
    ],
  });
  await apollo.start();

  app.post(
    '/graphql',
    express.raw({ type: () => true, limit: largestBodyBytes }),
    gatewayOnly(options.gatewaySecret),
    (request, _response, next) => withTrace(request.get('traceparent'), next),
    expressMiddleware(apollo, {
      context: ({ res }) => Promise.resolve(options.context(res.locals['viewer'] as Viewer | undefined)),
    }),
  );
  app.use((_request, response) => refuse(response, 404, 'NOT_FOUND', 'only POST /graphql, GET /health and GET /ready'));
  app.use(onError(log));

  const port = await listen(httpServer, options.port, options.host);
  log.info({ port }, `subgraph ${options.name} listens`);
  return {
    url: `http://127.0.0.1:${String(port)}/graphql`,
    port,
    stop: async () => {
      health.drain();
      await apollo.stop();
    },
  };
}
