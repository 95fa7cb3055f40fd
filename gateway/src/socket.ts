import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApolloServer } from '@apollo/server';
import type { TokenVerifier, Viewer } from '@waygraph/kit/auth';
import { WaygraphError } from '@waygraph/kit/errors';
import { codedError } from '@waygraph/kit/graphql-errors';
import type { Log } from '@waygraph/kit/log';
import {
  GraphQLError,
  GraphQLSchema,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import { handleProtocols, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { badRequest, isSubscription, parseOperation, type ParsedOperation } from './operation.ts';
import type { GatewayContext } from './signed-data-source.ts';
import type { Subscriptions } from './subscribe.ts';
import { withTrace } from '@waygraph/kit/trace';
import { whenExpired } from './token-expiry.ts';

const largestMessageBytes = 64 * 1024;
const mostOperations = 100;
/** So much may wait for a peer that does not read; then nothing more is taken from it. */
const mostUnsentBytes = 1024 * 1024;
const heartbeatMs = 12_000;
/** What the protocol says of a connection that may not be. */
const forbidden = 4403;
const restart = 1012;
const tryAgainLater = 1013;
const idInUse = 4409;
/** A peer that does not answer the close gets so long. */
const closingMs = 1_000;

type Connection = {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  viewer: Viewer | undefined;
  /** The ids of operations that have not ended yet; the client may have said meanwhile that they shall. */
  readonly running: Set<string>;
};
/** What an operation gives: one result, or frames. */
type Outcome =
  { readonly result: FormattedExecutionResult } | { readonly frames: AsyncGenerator<FormattedExecutionResult> };

/** GraphQL over WebSocket (graphql-transport-ws) at `/graphql`: subscriptions, and queries and mutations as over HTTP. */
export function serveSockets(options: {
  httpServer: Server;
  apollo: ApolloServer<GatewayContext>;
  subscriptions: Subscriptions | undefined;
  verify: TokenVerifier;
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  log: Log;
}): { stop(): Promise<void> } {
  const { httpServer, apollo, subscriptions, verify, formatError, log } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessageBytes, handleProtocols });

  /** Who asks, as the first message says; a socket whose token is bad or runs out is closed. */
  async function connect({ connectionParams, extra }: Context<Record<string, unknown>, Connection>): Promise<boolean> {
    const { socket, request } = extra;
    try {
      const verified = await verify(authorizationIn(connectionParams) ?? request.headers.authorization);
      extra.viewer = verified?.viewer;
      if (socket.readyState !== socket.OPEN) return false; // gone meanwhile: nothing would call the timer off
      if (verified !== undefined)
        socket.once(
          'close',
          whenExpired(verified.expiresAtMs, () => socket.close(forbidden, 'the token has expired')),
        );
      return true;
    } catch (error) {
      const known = error instanceof WaygraphError && error.code === 'UNAUTHENTICATED';
      if (!known) log.error({ err: error }, 'tokens cannot be verified');
      if (known) socket.close(forbidden, error.message);
      else socket.close(tryAgainLater, 'tokens cannot be verified now');
      return false;
    }
  }

  /** Runs what is asked for, as far as it can be refused. */
  async function outcomeOf(
    payload: SubscribePayload,
    parsed: ParsedOperation | GraphQLError,
    { viewer, socket }: Connection,
  ): Promise<Outcome | GraphQLError[]> {
    const { query, operationName, variables } = payload;
    if (!(parsed instanceof GraphQLError) && isSubscription(parsed)) {
      if (subscriptions === undefined) return [badRequest('no subscription of this graph is fed from an event log')];
      const frames = subscriptions.prepare(payload, parsed, viewer);
      if (Array.isArray(frames)) return frames;
      return { frames: frames(reason => socket.close(tryAgainLater, reason)) };
    }
    const { body } = await withTrace(undefined, () =>
      apollo.executeOperation(
        { query, ...(operationName && { operationName }), ...(variables && { variables }) },
        { contextValue: { viewer } },
      ),
    );
    if (body.kind !== 'single') throw new Error('expected one result');
    const { data, errors = [], extensions } = body.singleResult;
    if (data === undefined)
      return errors.map(({ message, extensions: of }) => new GraphQLError(message, { extensions: of }));
    return { result: { data, ...(errors.length > 0 && { errors }), ...(extensions && { extensions }) } };
  }

  const server = makeServer<Record<string, unknown>, Connection>({
    onConnect: connect,
    onSubscribe: async ({ extra }, id, payload) => {
      const { running, socket } = extra;
      if (running.has(id)) {
        // What ends the old one would be taken for the end of the new one.
        socket.close(idInUse, 'an operation of this id has not ended yet');
        return [codedError('BAD_REQUEST', 'expected another id')];
      }
      if (running.size >= mostOperations)
        return [codedError('TOO_MANY_OPERATIONS', `expected at most ${String(mostOperations)} operations at once`)];
      running.add(id);
      const parsed = parseOperation(payload);
      const outcome = await outcomeOf(payload, parsed, extra).catch((error: unknown) => [
        new GraphQLError('the operation cannot be run', { originalError: error as Error }),
      ]);
      if (!Array.isArray(outcome) && !(parsed instanceof GraphQLError))
        return { schema: none, document: parsed.document, operationName: payload.operationName, contextValue: outcome };
      running.delete(id);
      return Array.isArray(outcome) ? outcome : [parsed as GraphQLError];
    },
    onComplete: ({ extra }, id) => void extra.running.delete(id),
    execute: ({ contextValue }) =>
      'result' in (contextValue as Outcome) ? (contextValue as { result: ExecutionResult }).result : {},
    subscribe: ({ contextValue }) => (contextValue as { frames: AsyncGenerator<ExecutionResult> }).frames,
    // Results are formatted already.
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError: (_context, _id, _payload, errors) =>
      errors.map(error => formatError(error.toJSON(), error.originalError ?? error)),
  });

  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const stopBeating = keepAlive(socket);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => socket.close(code, reason),
        // Settles when the message has left: a slow reader is waited for, and its frames wait in its queues.
        send: text =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) resolve();
            else
              socket.send(text, error => {
                if (socket.isPaused && socket.bufferedAmount < mostUnsentBytes) socket.resume();
                if (error) reject(error);
                else resolve();
              });
          }),
        onMessage: take => {
          socket.on('message', data => {
            if (socket.readyState !== socket.OPEN) return; // a peer that does not answer the close may not go on
            if (socket.bufferedAmount > mostUnsentBytes) socket.pause();
            take((data as Buffer).toString()).catch((error: unknown) => {
              if (socket.readyState !== socket.OPEN) return;
              log.error({ err: error }, 'a message on a socket failed');
              socket.close(4500, 'internal error');
            });
          });
        },
      },
      { socket, request, viewer: undefined, running: new Set() },
    );
    socket.on('error', error => log.debug({ err: error }, 'socket failed'));
    socket.once('close', (code, reason) => {
      stopBeating();
      closed(code, reason.toString()).catch((error: unknown) =>
        log.error({ err: error }, 'a socket was not left cleanly'),
      );
    });
  });

  function upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    if (request.url?.split('?')[0] === '/graphql') {
      sockets.handleUpgrade(request, connection, head, socket => sockets.emit('connection', socket, request));
      return;
    }
    // The server has let go of it: nobody else hears its errors, nor ends it when the peer does not.
    connection.on('error', () => connection.destroy()).once('finish', () => connection.destroy());
    connection.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  }
  httpServer.on('upgrade', upgrade);

  return {
    async stop() {
      httpServer.off('upgrade', upgrade).on('upgrade', (_request, connection: Duplex) => connection.destroy());
      const gone = [...sockets.clients].map(socket => {
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.once('close', () => resolve());
        socket.close(restart, 'the gateway restarts: go on with the cursor of your last frame as after');
        setTimeout(() => socket.terminate(), closingMs).unref();
        return promise;
      });
      await Promise.all(gone);
    },
  };
}

/** The engine wants a schema; it is asked for nothing. */
const none = new GraphQLSchema({});

function authorizationIn(params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const name = Object.keys(params ?? {}).find(one => one.toLowerCase() === 'authorization');
  const value = name === undefined ? undefined : params?.[name];
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw new WaygraphError('UNAUTHENTICATED', 'expected a payload {"authorization":"Bearer <token>"}');
}

/** A peer that does not answer pings is gone. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) socket.terminate();
    else if (socket.readyState === socket.OPEN) {
      answered = false;
      socket.ping();
    }
  }, heartbeatMs);
  return () => clearInterval(timer);
}
