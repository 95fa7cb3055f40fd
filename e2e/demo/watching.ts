import type { Watch } from '../graph-client.ts';
import type { OrderClient } from '../order-client.ts';
import type { Eta, EtaFrame } from '../order-types.ts';
import { at, duration, painted, unbroken, type Screen } from './screen.ts';

export type SagaFrame = {
  type: string;
  status: string;
  version: number;
  order: { saga: { status: string; steps: { name: string; state: string }[] } | null } | null;
};

const document = `subscription ($orderId: ID!, $after: Cursor) { orderChanged(orderId: $orderId, after: $after) {
  type status version order { saga { status steps { name state } } } } }`;

const marks: Record<string, string> = { WAITING: '…', DONE: '✓', FAILED: '✗', UNDOING: '↶', UNDONE: '↩', STUCK: '!' };
const statusStyles: Record<string, Parameters<typeof painted>[0]> = {
  CANCELLING: 'yellow',
  CANCELLED: 'red',
  DELIVERED: ['bold', 'green'],
};

export const partsOf = ({ parts }: Eta): string =>
  (parts ?? [])
    .filter(({ minutes }) => Math.round(minutes) !== 0)
    .map(({ name, minutes }) => unbroken(`${name.toLowerCase().replaceAll('_', ' ')} ${duration(minutes)}`))
    .join(' + ');

/** Prints every frame of an order and of its estimate as it comes. */
export function watchOnScreen(
  screen: Screen,
  client: OrderClient,
  order: { id: string; cursor: string },
): { changes: Watch<SagaFrame>; eta: Watch<EtaFrame>; close: () => void } {
  const since = performance.now();
  const known = new Map<string, string>();
  const changes = client.graph.watch<SagaFrame>(
    document,
    { orderId: order.id, after: order.cursor },
    'orderChanged',
    ({ status, type, order: joined }) => {
      // What the frame before did not say yet.
      const news = (joined?.saga?.steps ?? []).filter(({ name, state }) => known.get(name) !== state);
      for (const { name, state } of news) known.set(name, state);
      const steps = news.map(({ name, state }) => `${marks[state] ?? '?'} ${name.toLowerCase()}`).join('  ');
      const shown = painted(statusStyles[status] ?? 'bold', status.padEnd(17));
      screen.frame(since, 'order', `${shown} ${type.padEnd(20)}`, painted('dim', steps));
    },
  );
  const eta = client.watchEta(order.id, undefined, frame => {
    const { expectedAt, earliestAt, latestAt, reason } = frame.eta;
    const interval = `(${at(earliestAt)} .. ${at(latestAt)})`;
    const moved = frame.previousExpectedAt;
    const by = moved === null ? 0 : (Date.parse(expectedAt) - Date.parse(moved)) / 60_000;
    const shift =
      Math.round(by) === 0 ? '' : painted(by > 0 ? 'yellow' : 'green', ` ${by > 0 ? '+' : ''}${duration(by)}`);
    const parts = partsOf(frame.eta);
    screen.frame(
      ...([since, 'ETA', `${painted('bold', at(expectedAt))} ${interval}${shift}`] as const),
      painted('dim', parts === '' ? reason : `${reason}: ${parts}`),
    );
  });
  return {
    changes,
    eta,
    close: () => {
      changes.close();
      eta.close();
    },
  };
}
