import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import type { TokenVerifier, Viewer } from '@waygraph/kit/auth';
import { WaygraphError, type ErrorCode } from '@waygraph/kit/errors';
import type { Log } from '@waygraph/kit/log';
import { withTrace } from '@waygraph/kit/trace';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import { servePages } from './pages.ts';
import type { GatewayContext } from './signed-data-source.ts';

/** After inflating, so that a small zipped body cannot become a large one. */
const largestBodyBytes = 256 * 1024;

function refuse(response: Response, status: number, code: ErrorCode, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

/** Browsers of other origins get nothing unless their origin is listed. */
function cors(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin').set('cache-control', 'no-store');
    const allowed = origin !== undefined && origins.includes(origin);
    if (allowed) response.set('access-control-allow-origin', origin);
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    if (allowed) {
      response.set({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers':
          'authorization, content-type, apollo-require-preflight, x-apollo-operation-name',
        'access-control-max-age': '600',
      });
    }
    response.status(204).end();
  };
}

/** Without a token one is anonymous; with a bad one nothing is answered. */
function authenticate(verify: TokenVerifier, log: Log): RequestHandler {
  return async (request, response, next) => {
    try {
      response.locals['viewer'] = (await verify(request.headers.authorization))?.viewer;
    } catch (error) {
      if (error instanceof WaygraphError && error.code === 'UNAUTHENTICATED') {
        response.set('www-authenticate', 'Bearer');
        refuse(response, 401, error.code, error.message);
        return;
      }
      log.error({ err: error }, 'tokens cannot be verified');
      refuse(response, 503, 'UNAVAILABLE', 'tokens cannot be verified now');
      return;
    }
    next();
  };
}

/** JSON is UTF-8; decoders of other charsets are only a way around filters. */
const utf8Only: RequestHandler = (request, response, next) => {
  const charset = /charset="?([^;"\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) next();
  else refuse(response, 415, 'BAD_REQUEST', 'expected JSON in UTF-8');
};

function onError(log: Log): ErrorRequestHandler {
  return (error: { status?: number; type?: string }, _request, response, next) => {
    const status = error.status ?? 500;
    if (response.headersSent) next(error);
    else if (status === 413)
      refuse(response, 413, 'BODY_TOO_LARGE', `expected a body of at most ${String(largestBodyBytes)} bytes`);
    else if (status >= 400 && status < 500)
      refuse(response, status, 'BAD_REQUEST', 'expected a GraphQL request as JSON in UTF-8');
    else {
      log.error({ err: error }, 'request failed');
      refuse(response, 500, 'INTERNAL', 'internal error');
    }
  };
}

/** Everything the gateway serves but `/health` and `/ready`. */
export function createApp(options: {
  apollo: ApolloServer<GatewayContext>;
  verify: TokenVerifier;
  corsOrigins: readonly string[];
  production: boolean;
  log: Log;
}): Express {
  const { apollo, verify, corsOrigins, production, log } = options;
  const app = express().disable('x-powered-by').disable('etag');
  app.use('/graphql', cors(corsOrigins));
  app.all(
    '/graphql',
    authenticate(verify, log),
    utf8Only,
    express.json({ limit: largestBodyBytes }),
    (request, _response, next) => {
      request.body ??= {}; // a body that is not JSON, or none
      withTrace(request.get('traceparent'), next);
    },
    expressMiddleware(apollo, {
      context: ({ res }) => Promise.resolve({ viewer: res.locals['viewer'] as Viewer | undefined }),
    }),
  );
  if (!production) servePages(app);
  app.use((_request, response) => refuse(response, 404, 'NOT_FOUND', 'there is nothing here; GraphQL is at /graphql'));
  app.use(onError(log));
  return app;
}
