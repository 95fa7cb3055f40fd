import type { OutboxEvent } from '@waygraph/schema/events/define';
import {
  ReservationExpired,
  StockConfirmationFailed,
  StockConfirmed,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@waygraph/schema/events/stock';
import type { Reservation } from './order-stock.ts';
import type { AssignedLine } from './shelf.ts';

type Parties = { orderId: string; customerId: string; sellerIds: string[] };

/** What there is to tell about an order, but for its place among the order's events. */
export type Tell = (parties: Parties, seq: number) => OutboxEvent;

const whole = ({ attempt, lines }: Reservation) => ({ attempt, lines: [...lines] });

export const tellReserved =
  (reservation: Reservation): Tell =>
  (parties, seq) => {
    if (reservation.expiresAt === null) throw new Error('a reservation without an end');
    return StockReserved.outboxEvent({ ...parties, ...whole(reservation), expiresAt: reservation.expiresAt }, { seq });
  };

export const tellRejected =
  (attempt: number, { lineNos, reason }: NonNullable<Reservation['refusal']>): Tell =>
  (parties, seq) =>
    StockRejected.outboxEvent({ ...parties, attempt, lineNos: [...lineNos], reason }, { seq });

export const tellReleased =
  (attempt: number, lines: readonly AssignedLine[], reason: string): Tell =>
  (parties, seq) =>
    StockReleased.outboxEvent({ ...parties, attempt, lines: [...lines], reason }, { seq });

export const tellExpired =
  (reservation: Reservation): Tell =>
  (parties, seq) =>
    ReservationExpired.outboxEvent({ ...parties, ...whole(reservation) }, { seq });

export const tellConfirmed =
  (reservation: Reservation): Tell =>
  (parties, seq) =>
    StockConfirmed.outboxEvent({ ...parties, ...whole(reservation) }, { seq });

export const tellNotConfirmed =
  ({ attempt, state }: Reservation): Tell =>
  (parties, seq) => {
    const reason = state === 'EXPIRED' ? 'the reservation had expired' : 'the stock had been released';
    return StockConfirmationFailed.outboxEvent({ ...parties, attempt, reason }, { seq });
  };
