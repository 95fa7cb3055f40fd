import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { FaultRun } from './fault-run.ts';
import { pausePart } from './part-signals.ts';

/** Somebody who does not answer, so that orders stand at its steps while something else is done to the others. */
export type Hold = {
  readonly holds: string;
  readonly steps: readonly string[];
  /** Who is held first, until then, so that there is something for those steps. */
  readonly before?: { readonly holds: string; readonly steps: readonly string[] };
  /** What people do to orders that have come so far, so that their sagas have something to undo. */
  readonly people: readonly (keyof ReturnType<typeof peopleOf>)[];
};

// Together every step that a machine answers, on its way forth and on its way back.
export const holds: readonly Hold[] = [
  {
    holds: 'payments-consumer',
    steps: ['COUPON WAITING', 'PAYMENT WAITING', 'REFUND WAITING', 'COUPON UNDOING', 'PAYMENT UNDOING'],
    people: ['cancelled', 'lost'],
  },
  {
    before: { holds: 'payments-consumer', steps: ['PAYMENT WAITING'] },
    ...{ holds: 'inventory-consumer', steps: ['STOCK WAITING', 'CONFIRMATION WAITING', 'STOCK UNDOING'] },
    people: ['cancelled'],
  },
  {
    before: { holds: 'inventory-consumer', steps: ['STOCK WAITING'] },
    ...{ holds: 'routing-consumer', steps: ['ASSIGNMENT WAITING', 'ASSIGNMENT UNDOING', 'CANCEL WAITING'] },
    people: ['cancelled'],
  },
];
/** Steps that wait for people, as long as people like. */
export const steadySteps = ['HANDOVER WAITING', 'DELIVERY WAITING'];

/** Steps that orders stand at now. */
export async function standing(run: FaultRun): Promise<ReadonlySet<string>> {
  const rows = await run.orders<{ step: string }>(
    `select distinct (step ->> 'name') || ' ' || (step ->> 'state') as step
     from saga_instances s cross join jsonb_array_elements(s.steps) as step
     where s.status in ('RUNNING', 'COMPENSATING') and step ->> 'state' in ('WAITING', 'UNDOING')
       and not exists (select from jsonb_array_elements(s.steps) other
         where other ->> 'name' = step ->> 'name' and (other ->> 'attempt')::int > (step ->> 'attempt')::int)`,
  );
  return new Set(rows.map(({ step }) => step));
}

async function placed(run: FaultRun, status: 'CONFIRMED' | 'HANDED_OVER'): Promise<string> {
  const lines = run.products.map(productId => ({ productId, quantity: 1 }));
  const { id } = await run.world.place(run.customers.rich, lines, { couponCode: run.couponCode });
  const order = await run.world.until(id, 'CONFIRMED');
  if (status === 'CONFIRMED') return id;
  for (const { sellerId } of order.deliveries ?? []) {
    const { userErrors } = await run.world.operator.confirmHandover({ orderId: id, sellerId });
    if (userErrors.length > 0) throw new Error(userErrors.map(({ message }) => message).join('; '));
  }
  await run.world.until(id, status);
  return id;
}

/** Each gets an order ready, and gives its id and the deed. */
const peopleOf = (run: FaultRun) => ({
  cancelled: async () => {
    const id = await placed(run, 'CONFIRMED');
    return { id, deed: async () => refusalsOf(await run.world.operator.cancelOrder(id, 'tested')) };
  },
  lost: async () => {
    const id = await placed(run, 'HANDED_OVER');
    const [parcel] = (await run.world.operator.order(id))?.deliveries ?? [];
    if (parcel === undefined) throw new Error(`order ${id} has no parcel`);
    const { sellerId } = parcel;
    return {
      id,
      deed: async () => refusalsOf(await run.world.operator.reportLost({ orderId: id, sellerId }, 'tested')),
    };
  },
});
function refusalsOf({ userErrors }: { userErrors: readonly { message: string }[] }): void {
  if (userErrors.length > 0) throw new Error(userErrors.map(({ message }) => message).join('; '));
}

/** Orders that stand at the steps of people; nobody brings them on. */
export const steadyOrders = (run: FaultRun): Promise<string[]> =>
  Promise.all([placed(run, 'CONFIRMED'), placed(run, 'HANDED_OVER')]);

/**
 * Orders come until some stand at each step of the hold at the same moment; `holdBack` holds its owner. Whom people have done something
 * to nobody brings on before `goOn`: a cancellation of what is with its carrier meanwhile would not have to be answered any more.
 */
export async function standAt<Held>(
  run: FaultRun,
  hold: Hold,
  holdBack: () => Promise<Held>,
): Promise<{ held: Held; goOn: () => void }> {
  const { before, steps } = hold;
  const people = peopleOf(run);
  const ready = await Promise.all(hold.people.map(one => people[one]()));
  const first = before && (await paused(run, before.holds));
  if (before) {
    await run.burst();
    await untilStanding(run, before.steps);
  }
  const held = await holdBack();
  for (const { deed } of ready) await deed();
  first?.resume();
  await run.burst();
  await untilStanding(run, [...steps, ...steadySteps]);
  const goOn = (): void => {
    for (const { id } of ready) run.flow.adopt(id);
  };
  return { held, goOn };
}

export async function paused(run: FaultRun, part: string): ReturnType<typeof pausePart> {
  const held = await pausePart(part);
  run.letGo(held.resume);
  return held;
}

async function untilStanding(run: FaultRun, steps: readonly string[]): Promise<void> {
  let now: ReadonlySet<string> = new Set();
  await waitFor(
    async () => {
      now = await standing(run);
      return steps.every(step => now.has(step));
    },
    {
      ...{ timeoutMs: 28_000, intervalMs: 100 },
      what: () => `orders at ${steps.join(', ')}; they are at ${[...now].join(', ')} (${run.flow.what()})`,
    },
  );
}
