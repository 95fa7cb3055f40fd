import type { Transfer } from '@waygraph/payments/ledger';
import type { Change, OrderPayment, Refund } from '@waygraph/payments/order-payment';
import type { Decisions } from './decisions.ts';
import type { Provider } from './provider.ts';
import { backAt, note, type Run } from './run.ts';

type Cards = {
  /** Beside the handlers, and a few times when there is no answer; forgotten when the process ends. */
  readonly soon: (orderId: string) => void;
  /** What was forgotten is asked again when it is due, each time later, until all is known. */
  readonly sweep: (orderId: string) => void;
};

/** As in ask-provider.ts. */
const pausesMs = [10, 100, 500, 2_000];

/** As in settle-card.ts. */
const mostAsked = 5;

/** What payments asks the provider, as settle-card.ts does it. */
export function createCards(given: {
  readonly run: Run;
  readonly provider: Provider;
  readonly decisions: Decisions['payments'];
  readonly orders: ReadonlyMap<string, OrderPayment>;
  readonly save: (before: OrderPayment, change: Change) => void;
  readonly book: (transfer: Transfer) => void;
  readonly markSent: (state: OrderPayment) => void;
}): Cards {
  const { run, provider, decisions, orders, save, book, markSent } = given;
  const { agenda, random, faults, newId } = run;
  const { andThen, isUnknown, unchanged } = decisions;

  function soon(orderId: string, times = 0): void {
    const pauseMs = pausesMs[times];
    if (pauseMs === undefined || random.chance(faults.crashBeforeCommit)) return;
    agenda.after(pauseMs, () => settle(orderId, () => soon(orderId, times + 1)));
  }

  function sweep(orderId: string, delayMs = 2_000, times = 1): void {
    agenda.at(Math.max(backAt(run, 'sweeps'), agenda.now() + delayMs), () => {
      const state = orders.get(orderId);
      if (state === undefined || !isUnknown(state)) return;
      note(run, 'asked by the sweep');
      settle(orderId, () => {
        if (times >= mostAsked) decide(orderId, now => decisions.leftUnclear(now, 'no answer'));
      });
      sweep(orderId, Math.min(30_000, delayMs * 2), times + 1);
    });
  }

  /** The charge, then refunds; whoever asks at the same time asks under the same keys. */
  function settle(orderId: string, unanswered: () => void): void {
    const state = orders.get(orderId);
    if (state === undefined || !isUnknown(state)) return;
    const { payment } = state;
    if (payment?.state !== 'PENDING') {
      settleRefunds(orderId, state.refunds, unanswered);
      return;
    }
    markSent(state);
    const { id: key, amountMinor } = payment;
    answer(
      () => provider.charge({ key, orderId, amountMinor }),
      unanswered,
      approved => {
        decide(orderId, now => settleCharge(now, approved));
        settleRefunds(orderId, orders.get(orderId)?.refunds ?? [], unanswered);
      },
    );
  }

  function settleRefunds(orderId: string, refunds: readonly Refund[], unanswered: () => void): void {
    const [due, ...others] = refunds.filter(({ state }) => state === 'PENDING');
    if (due === undefined) return;
    const { payment } = orders.get(orderId) ?? {};
    const asked = { key: decisions.refundKey(due), chargeKey: payment?.id ?? '', amountMinor: due.amountMinor };
    answer(
      () => provider.refund(asked),
      unanswered,
      accepted => {
        decide(orderId, now => settleRefund(now, due, accepted));
        settleRefunds(orderId, others, unanswered);
      },
    );
  }

  /** Nobody may answer, and whoever asked may be dead when the answer comes. */
  function answer(ask: () => boolean | undefined, unanswered: () => void, settled: (answer: boolean) => void): void {
    agenda.after(random.between(20, 3_000), () => {
      const said = ask();
      if (said === undefined) {
        note(run, 'no answer to a call');
        unanswered();
      } else if (random.chance(faults.crashBeforeCommit)) note(run, 'crash between effect and commit');
      else settled(said);
    });
  }

  function decide(orderId: string, settled: (state: OrderPayment) => Change): void {
    const before = orders.get(orderId);
    if (before === undefined) return;
    const change = settled(before);
    if (change.state !== before) save(before, change);
  }

  function settleCharge(state: OrderPayment, approved: boolean): Change {
    const { payment, cancelled } = state;
    if (payment?.state !== 'PENDING') return unchanged(state);
    if (!approved) return decisions.paymentFailed(state, payment, 'the card was declined');
    if (cancelled !== null) {
      note(run, 'charged too late');
      return unchanged(decisions.moneyGoesBack(state, newId(), { isCharged: true }));
    }
    return bookCharge(state);
  }

  function bookCharge(state: OrderPayment): Change {
    const { payment, orderId } = state;
    if (payment?.state !== 'PENDING') return unchanged(state);
    book(decisions.capture({ id: payment.id, orderId, amountMinor: payment.amountMinor }, null));
    return decisions.paymentCaptured(state, payment);
  }

  function settleRefund(state: OrderPayment, asked: Refund, accepted: boolean): Change {
    const due = state.refunds.find(({ id }) => id === asked.id);
    const isTwice = due?.state === 'SETTLED' && accepted;
    if ((due?.state !== 'PENDING' && !isTwice) || due.tries !== asked.tries) return unchanged(state);
    return andThen(bookCharge(state), now => {
      if (!accepted) return decisions.refundStuck(now, due, 'the provider refuses');
      book(decisions.refund({ ...due, orderId: state.orderId }, null));
      return decisions.paymentRefunded(now, due);
    });
  }

  return { soon, sweep };
}
