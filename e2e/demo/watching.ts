import type { Watch } from '../graph-client.ts';
import type { OrderClient } from '../order-client.ts';
import type { Eta, EtaFrame } from '../order-types.ts';
import { at, duration, painted, type Screen } from './screen.ts';

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
    .map(({ name, minutes }) => `${name.toLowerCase().replace('_', ' ')} ${duration(minutes)}`)
    .join(' + ');

/** Prints every frame of an order and of its estimate as it comes. */
export function watchOnScreen(
  screen: Screen,
  client: OrderClient,
  order: { id: string; cursor: string },
): { changes: Watch<SagaFrame>; eta: Watch<EtaFrame>; close: () => void } {
  const since = performance.now();
  const changes = client.graph.watch<SagaFrame>(
    document,
    { orderId: order.id, after: order.cursor },
    'orderChanged',
    ({ status, type, order: joined }) => {
      const steps = joined?.saga?.steps.map(({ name, state }) => `${marks[state] ?? '?'} ${name.toLowerCase()}`) ?? [];
      const shown = painted(statusStyles[status] ?? 'bold', status.padEnd(17));
      screen.frame(since, 'order', `${shown} ${type.padEnd(20)} ${painted('dim', steps.join('  '))}`);
    },
  );
  const eta = client.watchEta(order.id, undefined, frame => {
    const { expectedAt, earliestAt, latestAt, reason } = frame.eta;
    const interval = `(${at(earliestAt)} .. ${at(latestAt)})`;
    const moved = frame.previousExpectedAt;
    const by = moved === null ? 0 : (Date.parse(expectedAt) - Date.parse(moved)) / 60_000;
    const shift =
      Math.round(by) === 0 ? '' : painted(by > 0 ? 'yellow' : 'green', ` ${by > 0 ? '+' : ''}${duration(by)}`);
    screen.frame(
      since,
      'ETA',
      `${painted('bold', at(expectedAt))} ${interval}${shift}  ${painted('dim', `${reason}: ${partsOf(frame.eta)}`)}`,
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
