import { RemoteGraphQLDataSource, type GraphQLDataSource } from '@apollo/gateway';
import { signSubgraphRequest, type Viewer } from '@waygraph/kit/auth';
import { WaygraphError } from '@waygraph/kit/errors';

export type GatewayContext = { readonly viewer?: Viewer | undefined };

/** From `willSendRequest`, which knows the viewer, to the fetcher, which knows the body; never sent. */
const viewerNote = 'x-viewer-note';

/** Asks a subgraph in the viewer's name, under the gateway's signature. */
export function createSignedDataSource(options: {
  name: string;
  url: string;
  secret: string;
  timeoutMs: number;
}): GraphQLDataSource<GatewayContext> {
  const { name, url, secret, timeoutMs } = options;
  return new RemoteGraphQLDataSource<GatewayContext>({
    url,
    willSendRequest: ({ request, context }) => {
      request.http?.headers.set(viewerNote, JSON.stringify(context.viewer ?? null));
    },
    fetcher: async (target, init) => {
      const { [viewerNote]: note = 'null', ...headers } = init?.headers ?? {};
      const body = typeof init?.body === 'string' ? init.body : '';
      const viewer = (JSON.parse(note) as Viewer | null) ?? undefined;
      try {
        const response = await fetch(target, {
          method: 'POST',
          headers: { ...headers, ...signSubgraphRequest(secret, { viewer, body }) },
          body,
          signal: AbortSignal.timeout(timeoutMs),
        });
        // Read here, so that the deadline holds for the body too.
        return new Response(await response.text(), response);
      } catch (error) {
        const why =
          error instanceof Error && error.name === 'TimeoutError' ? 'does not answer in time' : 'is not reachable';
        throw new WaygraphError('UNAVAILABLE', `${name} ${why}`, { cause: error });
      }
    },
  });
}
