import type { Delivery, DeliveryStatus } from '@waygraph/routing/delivery';
import type { OrderRoute, RouteChange } from '@waygraph/routing/order-route';
import type { OutboxEvent } from '@waygraph/schema/events/define';
import { Violation, type Run } from './run.ts';

const sent: readonly DeliveryStatus[] = ['HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED'];
/** Where a parcel can be no more once it was there. */
const ends: readonly DeliveryStatus[] = ['DELIVERED', 'CANCELLED', 'LOST'];
const settingOut: readonly string[] = ['SellerAssigned', 'DeliveryStarted', 'HandedOver'];

const isConfirmation = ({ type, payload }: OutboxEvent, attempt: number): boolean =>
  type === 'OrderConfirmed' && (payload as { attempt: number }).attempt === attempt;

/** What may become of an order's parcels; `isOver`: it was cancelled here, before or by this very change. */
export function checkRoute(
  { told }: Run,
  before: { readonly route: OrderRoute; readonly deliveries: readonly Delivery[] } | undefined,
  { route, deliveries, events }: RouteChange,
  isOver: boolean,
): void {
  const expect = (isSo: boolean, message: () => string): void => {
    if (!isSo) throw new Violation(route.orderId, message());
  };
  const hasEnded = before?.route.state === 'CANCELLED' || before?.route.state === 'UNAVAILABLE';
  const late = isOver || hasEnded ? events.find(({ type }) => settingOut.includes(type)) : undefined;
  expect(late === undefined, () => `${late?.type ?? ''} of an order that has ended`);
  expect(before === undefined || route.attempt >= before.route.attempt, () => 'the attempt of an assignment fell');
  const isEnd = route.state === 'CANCELLED' || route.state === 'UNAVAILABLE';
  const starts = events.some(({ type }) => type === 'DeliveryStarted');
  const confirmed = starts && (told.get(route.orderId) ?? []).some(event => isConfirmation(event, route.attempt));
  expect(!starts || confirmed, () => `parcels of attempt ${route.attempt} set out that was not confirmed`);
  const taken = new Set<number>();
  const changed = new Set(deliveries.map(({ id }) => id));
  for (const each of [...deliveries, ...(before?.deliveries ?? []).filter(({ id }) => !changed.has(id))]) {
    if (each.status === 'REASSIGNED' || each.status === 'CANCELLED') continue;
    const isOpen = each.status === 'ASSIGNED' || each.status === 'STARTED';
    expect(!isEnd || !isOpen, () => `the parcel of ${each.sellerId} is ${each.status}, the route ${route.state}`);
    for (const { lineNo } of each.lines) {
      expect(!taken.has(lineNo), () => `line ${lineNo} is in two parcels`);
      taken.add(lineNo);
    }
  }
  for (const { id, sellerId, status, lines } of deliveries) {
    const was = before?.deliveries.find(each => each.id === id);
    if (was === undefined) continue;
    expect(
      was.status === status || !ends.includes(was.status),
      () => `the parcel of ${sellerId}, ${was.status}, is ${status}`,
    );
    const isBack = was.status === 'REASSIGNED' && status !== 'REASSIGNED';
    expect(!isBack || was.ended?.how !== 'REJECTED', () => `${sellerId}, who rejected the order, has it again`);
    if (!sent.includes(was.status)) continue;
    expect(
      sent.includes(status) || status === 'LOST',
      () => `the parcel of ${sellerId} came back: ${was.status}, ${status}`,
    );
    expect(was.lines.length === lines.length, () => `the parcel of ${sellerId} has other lines on its way`);
  }
}

/** So many assignments may be refused by stock. */
const mostRefusals = 3;
const refusals = ['StockRejected', 'StockConfirmationFailed'];

type Parcels = { readonly parcels: readonly { sellerId: string; lines: readonly { lineNo: number }[] }[] };

/** Nobody is said to be there only when stock has refused often enough, or whoever seems to have a line was asked before. */
export function checkUnavailable(
  { told: all }: Run,
  { route: { orderId }, events }: RouteChange,
  seen: ReadonlyMap<number, readonly string[]> | undefined,
): void {
  const said = events.find(({ type }) => type === 'SellerUnavailable');
  if (said === undefined) return;
  const told = all.get(orderId) ?? [];
  const refused = new Set(
    told.flatMap(({ type, payload }) => (refusals.includes(type) ? [(payload as { attempt: number }).attempt] : [])),
  );
  if (refused.size >= mostRefusals) return;
  const wasAsked = (sellerId: string, lineNo: number): boolean =>
    told.some(({ type, payload }) => {
      if (type === 'AssignmentRejected' || type === 'HandedOver')
        return (payload as { sellerId: string }).sellerId === sellerId;
      return (
        type === 'SellerAssigned' &&
        (payload as Parcels).parcels.some(
          parcel => parcel.sellerId === sellerId && parcel.lines.some(line => line.lineNo === lineNo),
        )
      );
    });
  const { lineNos } = said.payload as { lineNos: readonly number[] };
  if (lineNos.some(lineNo => seen?.get(lineNo)?.every(sellerId => wasAsked(sellerId, lineNo)))) return;
  throw new Violation(orderId, `nobody is there for lines ${lineNos.join(', ')}, though somebody has them`);
}
