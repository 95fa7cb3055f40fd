import type { Server } from 'node:http';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { createErrorFormatter } from '@waygraph/kit/graphql-errors';
import type { Log } from '@waygraph/kit/log';
import { createSignedDataSource, type GatewayContext } from './signed-data-source.ts';

/** Requests in flight at a stop get this long. */
const drainMs = 5_000;

/** The supergraph behind one GraphQL server; rejects when the supergraph cannot be loaded. */
export async function startApollo(options: {
  supergraphSdl: string;
  urls: ReadonlyMap<string, string>;
  secret: string;
  subgraphTimeoutMs: number;
  production: boolean;
  log: Log;
  httpServer: Server;
}): Promise<ApolloServer<GatewayContext>> {
  const { supergraphSdl, urls, secret, subgraphTimeoutMs, production, log, httpServer } = options;
  const gateway = new ApolloGateway({
    supergraphSdl,
    logger: log,
    buildService: ({ name, url = '' }) =>
      createSignedDataSource({ name, url: urls.get(name) ?? url, secret, timeoutMs: subgraphTimeoutMs }),
  });
  const apollo = new ApolloServer<GatewayContext>({
    gateway,
    introspection: !production,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: production,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    formatError: createErrorFormatter({ log, production }),
    logger: log,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: drainMs }),
    ],
  });
  await apollo.start();
  return apollo;
}
