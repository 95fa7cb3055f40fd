import type { OrderClient } from './order-client.ts';

type Frame = { cursor: string; eventId: string; orderId: string; status: string; version: number };

// Without joins: what is told here must come through also while subgraphs are away.
const document = `subscription ($after: Cursor) {
  myOrders(after: $after) { cursor eventId orderId status version } }`;

/** All own orders, watched by a client that goes on behind its last frame whenever its socket breaks. Begin before the first order. */
export function startResumingWatch(client: OrderClient) {
  const seen = new Map<string, Frame[]>();
  const halt = new AbortController();
  let resumed = 0;
  let lastFault = '';
  let current: { close: () => void } | undefined;

  async function watch(): Promise<void> {
    for (let after: string | undefined; ;) {
      const stream = client.graph.watch<Frame>(document, { after }, 'myOrders');
      current = stream;
      for await (const frame of stream) {
        after = frame.cursor;
        seen.set(frame.orderId, [...(seen.get(frame.orderId) ?? []), frame]);
      }
      lastFault = stream.end() ?? lastFault;
      if (halt.signal.aborted) return;
      resumed += 1;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  const done = watch();
  return {
    /** Of every frame of the order, in the order in which they came. */
    versions: (orderId: string): number[] => (seen.get(orderId) ?? []).map(({ version }) => version),
    lastStatus: (orderId: string): string | undefined => seen.get(orderId)?.at(-1)?.status,
    resumed: () => resumed,
    lastFault: () => lastFault,
    stop: async (): Promise<void> => {
      halt.abort();
      current?.close();
      await done;
    },
  };
}
