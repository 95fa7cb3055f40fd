import { createLatency, type Latency } from './latency.ts';

/** A way from one server through one connector and Kafka to here. */
export type Path = { readonly server: string; readonly connector: 'outbox' | 'tables' };

type State = Path & { lastSeenMs: number; lastBeat: number; silent: boolean; readonly latency: Latency };

export type PathSummary = {
  server: string;
  connector: string;
  beats: number;
  p50Ms: number | undefined;
  p99Ms: number | undefined;
};

/** Before the first beat of our own, nothing that comes counts. */
const notStarted = Number.MAX_SAFE_INTEGER;

const connectors = ['outbox', 'tables'] as const;

/** Keeps what came over which path and when. `now` in ms since 1970; a path that never spoke counts as seen at the start. */
export function createPaths({
  servers,
  now,
  silentAfterMs = 15_000,
}: {
  servers: readonly string[];
  now: number;
  silentAfterMs?: number;
}) {
  const states = new Map<string, State>(
    servers.flatMap(server =>
      connectors.map(connector => [
        `${server} ${connector}`,
        { server, connector, lastSeenMs: now, lastBeat: notStarted, silent: false, latency: createLatency() },
      ]),
    ),
  );

  return {
    /** A beat that this process sent has come back; older ones and those of others count for nothing. */
    seen({ server, connector }: Path, beat: { n: number; sentUs: number }, atMs: number): void {
      const state = states.get(`${server} ${connector}`);
      if (state === undefined || beat.n <= state.lastBeat) return;
      state.lastBeat = beat.n;
      state.lastSeenMs = atMs;
      state.latency.add(Math.max(0, atMs - beat.sentUs / 1_000));
    },
    /** Beats up to `n` were sent before this process lived: their way says nothing about the present. */
    startAt(server: string, n: number): void {
      for (const connector of connectors) {
        const state = states.get(`${server} ${connector}`);
        if (state !== undefined && state.lastBeat === notStarted) state.lastBeat = n;
      }
    },
    /** Paths that have been silent for too long, in words. */
    silent: (atMs: number): string[] =>
      [...states.values()]
        .filter(({ lastSeenMs }) => atMs - lastSeenMs > silentAfterMs)
        .map(
          ({ server, connector, lastSeenMs }) =>
            `${connector} of ${server} silent for ${String(Math.round((atMs - lastSeenMs) / 1_000))} s`,
        ),
    /** Paths that have fallen silent or speak again since the last call. */
    turns(atMs: number): Array<Path & { silent: boolean }> {
      return [...states.values()].flatMap(state => {
        const silent = atMs - state.lastSeenMs > silentAfterMs;
        if (silent === state.silent) return [];
        state.silent = silent;
        return [{ server: state.server, connector: state.connector, silent }];
      });
    },
    summary: (): PathSummary[] =>
      [...states.values()].map(({ server, connector, latency }) => ({
        ...{ server, connector, beats: latency.count },
        ...{ p50Ms: latency.quantile(0.5), p99Ms: latency.quantile(0.99) },
      })),
  };
}

export type Paths = ReturnType<typeof createPaths>;
