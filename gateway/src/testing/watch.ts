import { waitFor } from '@waygraph/kit/testing/wait-for';
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws';

export type Frame = Record<string, unknown> & { cursor: string; eventId: string; snapshot: boolean };
export type Result = FormattedExecutionResult<Record<string, Frame>>;

/** A client's socket to a gateway. */
export function openSocket(gatewayUrl: string, token?: string) {
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const client: Client = createClient({
    url: `${gatewayUrl.replace(/^http/, 'ws')}/graphql`,
    ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
    retryAttempts: 0,
    on: { closed: event => closed.resolve(event as { code: number; reason: string }) },
  });
  return {
    closed: closed.promise,
    dispose: () => client.dispose(),
    /** The frames of one operation as they come. */
    watch(query: string, variables: Record<string, unknown> = {}) {
      const results: Result[] = [];
      const ended = Promise.withResolvers<unknown>();
      const stop = client.subscribe<Record<string, Frame>, Record<string, unknown>>(
        { query, variables },
        {
          next: result => results.push(result),
          error: error => ended.resolve(error),
          complete: () => ended.resolve('complete'),
        },
      );
      const frames = () => results.flatMap(({ data }) => Object.values(data ?? {}));
      return {
        results,
        frames,
        stop,
        /** Why it ended: `complete`, a close event or errors. */
        ended: ended.promise,
        count: (n: number) =>
          waitFor(() => frames().length >= n, {
            what: () => `${String(n)} frames; got ${JSON.stringify(results)}`,
          }),
      };
    },
  };
}
