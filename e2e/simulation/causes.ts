import { noAnswer } from '@waygraph/orders/saga-table';
import { mayBeSilent } from './order-rules.ts';
import type { SimulatedOrder } from './orders.ts';
import { note } from './run.ts';
import { expect, type World } from './world.ts';

/** Parcels that nobody counts on. */
const given: readonly string[] = ['REASSIGNED', 'CANCELLED'];
const beginnings = ['OrderCancelling', 'OrderCancelled'];

/** An order is only cancelled for something that had happened by then. */
export function checkCause({ run, provider, services }: World, order: SimulatedOrder): void {
  const { id, status, cancelReason } = order;
  if (status !== 'CANCELLED') return;
  const all = run.told.get(id) ?? [];
  const before = new Set(
    all
      .slice(
        0,
        all.findIndex(({ type }) => beginnings.includes(type)),
      )
      .map(({ type }) => type),
  );
  const parcels = (services.routing.deliveries.get(id) ?? []).filter(parcel => !given.includes(parcel.status));
  const causes = {
    'the coupon': before.has('CouponRejected'),
    'the money': before.has('PaymentFailed') && (services.payments.short.has(id) || provider.hasDeclined(id)),
    'the sellers': before.has('SellerUnavailable'),
    'the customer': before.has('OrderCancelRequested') && before.has('DeliveryCancelled'),
    'all got lost': before.has('DeliveryLost') && parcels.every(parcel => parcel.status === 'LOST'),
    'a silence': cancelReason === noAnswer && mayBeSilent(run.faults),
    'an operator': before.has('StepSettled'),
  };
  const [cause] = Object.entries(causes).find(([, isSo]) => isSo) ?? [];
  expect(id, cause !== undefined, () => `an order was cancelled without need: ${cancelReason ?? 'for no reason'}`);
  note(run, `cancelled for ${cause ?? ''}`);
}
