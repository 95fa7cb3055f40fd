import type { GraphQLDataSource } from '@apollo/gateway';
import { signSubgraphRequest, type Viewer } from '@waygraph/kit/auth';
import { WaygraphError } from '@waygraph/kit/errors';
import { request } from '@waygraph/kit/http';
import { traceparent } from '@waygraph/kit/trace';

export type GatewayContext = { readonly viewer?: Viewer | undefined };

type Question = { query?: string | undefined; variables?: Readonly<Record<string, unknown>> | undefined };
type Answer = { data?: Record<string, unknown> | null; errors?: { message: string }[] };

/** The subgraphs, asked in a viewer's name under the gateway's signature. */
export type Services = {
  /** For the executor of query plans; `url` is what the supergraph says, for those whose address nobody gave. */
  sourceOf(name: string, url?: string): GraphQLDataSource<GatewayContext>;
  /** For what the gateway asks of itself. */
  ask(name: string, question: Question, viewer: Viewer | undefined): Promise<Answer>;
};

type Options = { urls: ReadonlyMap<string, string>; secret: string; timeoutMs: number };

export function createServices({ urls, secret, timeoutMs }: Options): Services {
  const sources = new Map<string, GraphQLDataSource<GatewayContext>>();

  async function ask(name: string, url: string, question: Question, viewer: Viewer | undefined): Promise<Answer> {
    const body = JSON.stringify(question);
    const signal = AbortSignal.timeout(timeoutMs);
    const trace = traceparent();
    const headers = { ...signSubgraphRequest(secret, { viewer, body }), ...(trace && { traceparent: trace }) };
    const { status, text } = await request(url, { method: 'POST', headers, body, signal }).catch((error: unknown) => {
      const why = signal.aborted ? 'does not answer in time' : 'is not reachable';
      throw new WaygraphError('UNAVAILABLE', `${name} ${why}`, { cause: error });
    });
    const answer = status === 200 ? objectIn(text) : undefined;
    if (answer !== undefined) return answer;
    const cause = new Error(`${name} does not answer as GraphQL does: status ${String(status)}`);
    // What it refuses is our fault; anything else passes.
    throw status >= 400 && status < 500
      ? cause
      : new WaygraphError('UNAVAILABLE', `${name} does not answer`, { cause });
  }

  return {
    sourceOf(name, url = '') {
      const known = sources.get(name);
      if (known !== undefined) return known;
      const address = urls.get(name) ?? url;
      // Not the library's own: it wraps each request and each answer several times, which costs as much as asking.
      const source: GraphQLDataSource<GatewayContext> = {
        process: async ({ request: { query, variables }, context }) =>
          await ask(name, address, { query, variables }, (context as GatewayContext).viewer),
      };
      sources.set(name, source);
      return source;
    },
    ask: async (name, question, viewer) => await ask(name, urls.get(name) ?? '', question, viewer),
  };
}

function objectIn(text: string): Answer | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
