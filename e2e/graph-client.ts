import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** Gives the token to send, each time one is needed; undefined: ask as nobody. */
export type TokenSource = () => string | undefined | Promise<string | undefined>;
export type Variables = Readonly<Record<string, unknown>>;

type GraphError = { message: string; extensions?: { code?: string } };
export type GraphAnswer<Data> = { status: number; data?: Data | null; errors?: GraphError[] };

/** An answer with errors, or none at all. */
export class GraphFault extends Error {
  override readonly name = 'GraphFault';
}

/** The frames of one subscription, kept in the order in which they came. */
export type Watch<Frame> = AsyncIterable<Frame> & {
  readonly frames: readonly Frame[];
  /** What ended it, when it ended otherwise than by `close`. */
  readonly end: () => string | undefined;
  /** The first frame that fits, of those that are here and those that come. Rejects at the deadline and when the stream ends. */
  readonly until: (
    fits: (frame: Frame) => boolean,
    options?: { timeoutMs?: number; what?: string | (() => string) },
  ) => Promise<Frame>;
  readonly close: () => void;
};

/** A client of a gateway as a shop's would be: GraphQL over HTTP, subscriptions over one WebSocket that opens with the first. */
export type GraphClient = {
  /** The answer as it is, with its errors. */
  readonly send: <Data>(document: string, variables?: Variables) => Promise<GraphAnswer<Data>>;
  /** The data; rejects with a GraphFault when there are errors. */
  readonly ask: <Data>(document: string, variables?: Variables) => Promise<Data>;
  /** `field` is the subscription's one root field, which is the frame. */
  readonly watch: <Frame>(
    document: string,
    variables: Variables,
    field: string,
    onFrame?: (frame: Frame) => void,
  ) => Watch<Frame>;
  readonly close: () => Promise<void>;
};

const untilTimeoutMs = 20_000;

export type GraphClientOptions = {
  /** Of the gateway; its path does not matter. */
  url: string;
  token?: TokenSource;
  /** Default 15 s. */
  requestTimeoutMs?: number;
  /** How long the socket stays open without a subscription; default 1 s. */
  idleSocketMs?: number;
};

/** A socket that breaks ends its subscriptions: going on behind the last frame is the caller's matter. */
export function createGraphClient(options: GraphClientOptions): GraphClient {
  const { url, token = () => undefined, requestTimeoutMs = 15_000, idleSocketMs = 1_000 } = options;
  const http = new URL('/graphql', url);
  const bearer = async (): Promise<Record<string, string>> => {
    const value = await token();
    return value === undefined ? {} : { authorization: `Bearer ${value}` };
  };
  const socket = createClient({
    url: http.href.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: bearer,
    retryAttempts: 0,
    lazyCloseTimeout: idleSocketMs,
  });

  async function send<Data>(document: string, variables: Variables = {}): Promise<GraphAnswer<Data>> {
    const response = await fetch(http, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await bearer()) },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return { status: response.status, ...((await response.json()) as Omit<GraphAnswer<Data>, 'status'>) };
  }

  return {
    send,
    ask: async <Data>(document: string, variables?: Variables): Promise<Data> => {
      const { data, errors, status } = await send<Data>(document, variables);
      if (errors !== undefined || data === undefined || data === null) {
        throw new GraphFault(errors?.map(faultOf).join('; ') ?? `HTTP ${String(status)} without data`);
      }
      return data;
    },
    watch: <Frame>(document: string, variables: Variables, field: string, onFrame?: (frame: Frame) => void) =>
      startWatch<Frame>((next, end) =>
        socket.subscribe<Record<string, Frame>>(
          { query: document, variables: { ...variables } },
          {
            next: ({ data, errors }) => {
              const frame = data?.[field];
              if (errors !== undefined || frame === undefined) {
                end(errors?.map(faultOf).join('; ') ?? 'a frame without data');
                return;
              }
              onFrame?.(frame);
              next(frame);
            },
            error: fault => end(reasonOf(fault)),
            complete: () => end('completed'),
          },
        ),
      ),
    close: async () => {
      await socket.dispose();
    },
  };
}

const faultOf = ({ message, extensions }: GraphError): string => `${extensions?.code ?? 'ERROR'} ${message}`;

/** graphql-ws ends a subscription with an Error, a list of GraphQL errors, or the socket's close event. */
function reasonOf(fault: unknown): string {
  if (Array.isArray(fault)) return (fault as GraphError[]).map(faultOf).join('; ');
  if (fault instanceof Error) return fault.message;
  const { code, reason } = fault as { code?: number; reason?: string };
  return `closed with ${String(code)} ${reason ?? ''}`.trim();
}

function startWatch<Frame>(
  subscribe: (next: (frame: Frame) => void, end: (why: string) => void) => () => void,
): Watch<Frame> {
  const frames: Frame[] = [];
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  let ended: string | undefined;
  let isClosed = false;
  const stop = subscribe(
    frame => {
      frames.push(frame);
      tell();
    },
    why => {
      if (!isClosed) ended ??= why;
      tell();
    },
  );

  const until: Watch<Frame>['until'] = (fits, { timeoutMs = untilTimeoutMs, what = 'a frame' } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    let looked = 0;
    const fail = (why: string): void => {
      const last = JSON.stringify(frames.at(-1)) as string | undefined;
      const said = typeof what === 'string' ? what : what();
      reject(new Error(`${why} before ${said} came; ${String(frames.length)} frames, the last: ${String(last)}`));
    };
    const look = (): void => {
      const found = frames.slice(looked).find(fits);
      looked = frames.length;
      if (found !== undefined) resolve(found);
      else if (ended !== undefined) fail(`the subscription ended (${ended})`);
      else if (isClosed) fail('the subscription was closed');
    };
    const timer = setTimeout(() => fail(`${String(timeoutMs)} ms passed`), timeoutMs);
    listeners.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      listeners.delete(look);
    });
  };

  return {
    frames,
    end: () => ended,
    until,
    close: () => {
      isClosed = true;
      stop();
      tell();
    },
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; at += 1) {
        while (at >= frames.length) {
          if (ended !== undefined || isClosed) return;
          await new Promise<void>(resolve => {
            const once = (): void => {
              listeners.delete(once);
              resolve();
            };
            listeners.add(once);
          });
        }
        yield frames[at] as Frame;
      }
    },
  };
}
