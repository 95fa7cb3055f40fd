import { RemoteGraphQLDataSource, type GraphQLDataSource } from '@apollo/gateway';
import { signSubgraphRequest, type Viewer } from '@waygraph/kit/auth';
import { WaygraphError } from '@waygraph/kit/errors';
import { traceparent } from '@waygraph/kit/trace';

export type GatewayContext = { readonly viewer?: Viewer | undefined };

type Answer = { readonly data?: Record<string, unknown> | null; readonly errors?: readonly { message: string }[] };

/** The subgraphs, asked in a viewer's name under the gateway's signature. */
export type Services = {
  /** For the executor of query plans; `url` is what the supergraph says, for those whose address nobody gave. */
  sourceOf(name: string, url?: string): GraphQLDataSource<GatewayContext>;
  /** For what the gateway asks of itself. */
  ask(
    name: string,
    request: { query: string; variables: Readonly<Record<string, unknown>> },
    viewer: Viewer | undefined,
  ): Promise<Answer>;
};

type Options = { urls: ReadonlyMap<string, string>; secret: string; timeoutMs: number };

/** From `willSendRequest`, which knows the viewer, to the fetcher, which knows the body; never sent. */
const viewerNote = 'x-viewer-note';

export function createServices({ urls, secret, timeoutMs }: Options): Services {
  const sources = new Map<string, GraphQLDataSource<GatewayContext>>();

  async function send(
    name: string,
    url: string,
    request: { headers: Readonly<Record<string, string>>; body: string; viewer: Viewer | undefined },
  ): Promise<Response> {
    const { headers, body, viewer } = request;
    const trace = traceparent();
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, ...signSubgraphRequest(secret, { viewer, body }), ...(trace && { traceparent: trace }) },
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
  }

  function createSource(name: string, url: string): GraphQLDataSource<GatewayContext> {
    return new RemoteGraphQLDataSource<GatewayContext>({
      url,
      willSendRequest: ({ request, context }) => {
        request.http?.headers.set(viewerNote, JSON.stringify(context.viewer ?? null));
      },
      fetcher: (target, init) => {
        const { [viewerNote]: note = 'null', ...headers } = init?.headers ?? {};
        const body = typeof init?.body === 'string' ? init.body : '';
        const viewer = (JSON.parse(note) as Viewer | null) ?? undefined;
        return send(name, target, { headers, body, viewer });
      },
    });
  }

  return {
    sourceOf(name, url = '') {
      const source = sources.get(name) ?? createSource(name, urls.get(name) ?? url);
      sources.set(name, source);
      return source;
    },
    async ask(name, request, viewer) {
      const headers = { 'content-type': 'application/json' };
      const response = await send(name, urls.get(name) ?? '', { headers, body: JSON.stringify(request), viewer });
      const body = (await response.json().catch(() => undefined)) as Answer | undefined;
      if (body === undefined) throw new WaygraphError('UNAVAILABLE', `${name} does not answer as GraphQL does`);
      return body;
    },
  };
}
