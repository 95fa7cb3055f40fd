import type { OrderClient } from '../order-client.ts';
import type { OrderRequest } from '../order-types.ts';

/** A frame that told something new, and when it was here, in µs since 1970. */
export type Arrival = { eventId: string; kind: 'order' | 'eta'; atUs: number };
export type Followed = {
  placeMs: number;
  /** From the beginning of placeOrder's call to the frame that said CONFIRMED. */
  confirmedMs: number;
  arrivals: Arrival[];
  /** Versions that were skipped between the first frame and CONFIRMED. */
  lost: number;
  /** Frames of an event that had come before. */
  twice: number;
};

/** A repeat has so long to show itself behind the last frame. */
const lingerMs = 500;
const patienceMs = 30_000;
const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1_000;

/** Places an order and watches it by `subscribers` subscriptions, and its estimate by one when `withEta`, until it is confirmed. */
export async function followOrder(
  client: OrderClient,
  input: OrderRequest,
  { subscribers, withEta }: { subscribers: number; withEta: boolean },
): Promise<Followed> {
  const start = performance.now();
  const { order, userErrors } = await client.placeOrder(input);
  const placeMs = performance.now() - start;
  if (order === null) throw new Error(`refused: ${userErrors[0]?.code ?? 'without a reason'}`);

  const arrivals: Arrival[] = [];
  const take = (kind: Arrival['kind']) => (frame: { snapshot: boolean; eventId: string }) => {
    if (!frame.snapshot) arrivals.push({ eventId: frame.eventId, kind, atUs: nowUs() });
  };
  const watches = Array.from({ length: subscribers }, () => client.watchOrder(order.id, undefined, take('order')));
  const etas = withEta ? [client.watchEta(order.id, undefined, take('eta'))] : [];
  try {
    let confirmedMs = Number.NaN;
    await Promise.all(
      watches.map(async (watch, index) => {
        const { status } = await watch.until(frame => ['CONFIRMED', 'CANCELLED'].includes(frame.status), {
          ...{ timeoutMs: patienceMs, what: 'CONFIRMED' },
        });
        if (index === 0) confirmedMs = performance.now() - start;
        if (status === 'CANCELLED') throw new Error('cancelled');
      }),
    );
    await Promise.all(etas.map(eta => eta.until(() => true, { timeoutMs: patienceMs, what: 'an estimate' })));
    await new Promise(resolve => setTimeout(resolve, lingerMs));
    return { placeMs, confirmedMs, arrivals, ...gaps(watches, etas) };
  } finally {
    for (const watch of [...watches, ...etas]) watch.close();
  }
}

type Frames = { frames: readonly { eventId: string }[] };

function gaps(
  watches: readonly { frames: readonly { eventId: string; version: number }[] }[],
  etas: readonly Frames[],
): { lost: number; twice: number } {
  const lost = watches.map(({ frames }) => {
    const versions = new Set(frames.map(({ version }) => version));
    return Math.max(...versions) - Math.min(...versions) + 1 - versions.size;
  });
  const twice = [...watches, ...etas].map(
    ({ frames }) => frames.length - new Set(frames.map(({ eventId }) => eventId)).size,
  );
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return { lost: sum(lost), twice: sum(twice) };
}
