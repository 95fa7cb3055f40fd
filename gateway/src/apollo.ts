import type { Server } from 'node:http';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import type { Log } from '@waygraph/kit/log';
import { getOperationAST, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { badRequest } from './operation.ts';
import type { GatewayContext, Services } from './signed-data-source.ts';

/** Requests in flight at a stop get this long. */
const drainMs = 5_000;

const refusal = badRequest('subscriptions are served over WebSocket at this path: use graphql-transport-ws');
const asksForOne = ({ document, request }: GraphQLRequestContext<GatewayContext>): boolean =>
  document !== undefined &&
  (getOperationAST(document, request.operationName)?.operation as string | undefined) === 'subscription';

/** HTTP has one answer per request. */
const subscriptionsElsewhere: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: context => {
        if (!asksForOne(context)) return Promise.resolve();
        const extensions = { ...refusal.extensions, http: { status: 400 } };
        return Promise.reject(new GraphQLError(refusal.message, { extensions }));
      },
      // To a GET the server itself says only that it has to be a query.
      willSendResponse: context => {
        const { request, response } = context;
        if (request.http?.method === 'GET' && asksForOne(context)) {
          response.http.status = 400;
          response.http.headers.delete('allow');
          response.body = { kind: 'single', singleResult: { errors: [refusal.toJSON()] } };
        }
        return Promise.resolve();
      },
    }),
};

/** The supergraph behind one GraphQL server; rejects when the supergraph cannot be loaded. */
export async function startApollo(options: {
  supergraphSdl: string;
  services: Services;
  production: boolean;
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  log: Log;
  httpServer: Server;
}): Promise<ApolloServer<GatewayContext>> {
  const { supergraphSdl, services, production, formatError, log, httpServer } = options;
  const gateway = new ApolloGateway({
    supergraphSdl,
    logger: log,
    buildService: ({ name, url }) => services.sourceOf(name, url),
  });
  const apollo = new ApolloServer<GatewayContext>({
    gateway,
    introspection: !production,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: production,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    formatError,
    logger: log,
    stopOnTerminationSignals: false,
    plugins: [
      subscriptionsElsewhere,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: drainMs }),
    ],
  });
  await apollo.start();
  return apollo;
}
