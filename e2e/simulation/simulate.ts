import { createAgenda } from './agenda.ts';
import { createBroker } from './broker.ts';
import { decisions as real, type Decisions } from './decisions.ts';
import { drawFaults, type Faults } from './faults.ts';
import { createInventory } from './inventory.ts';
import { checkEnd } from './invariants.ts';
import { createMarket } from './market.ts';
import { createOrders } from './orders.ts';
import { createPayments } from './payments.ts';
import { createPeople } from './people.ts';
import { createProvider } from './provider.ts';
import { createRandom } from './random.ts';
import { createRouting } from './routing.ts';
import { Violation, type Run } from './run.ts';

export type Outcome = {
  readonly seed: number;
  readonly orders: number;
  readonly events: number;
  readonly tasks: number;
  /** How often each fault and each end was seen. */
  readonly seen: ReadonlyMap<string, number>;
  /** What must never be; undefined: nothing of it was seen. */
  readonly violation?: { readonly orderId: string; readonly message: string; readonly story: readonly string[] };
};

export type Options = {
  readonly orders: number;
  readonly decisions?: Decisions;
  /** Instead of those that the seed draws. */
  readonly faults?: Partial<Faults>;
};

const startMs = Date.parse('2026-11-21T09:30:00.000Z');
/** Orders are placed within this time. */
const spanMs = 10 * 60_000;
const mostTasksPerOrder = 5_000;

/** One run: the same seed gives the same one. When something is wrong it is run once more, to write down the order's story. */
export function simulate(seed: number, options: Options): Outcome {
  const outcome = runOnce(seed, options, undefined);
  if (outcome.violation === undefined) return outcome;
  return runOnce(seed, options, outcome.violation.orderId);
}

function runOnce(seed: number, options: Options, traced: string | undefined): Outcome {
  const { orders: count, decisions = real } = options;
  const random = createRandom(seed);
  const agenda = createAgenda(startMs);
  let ids = 0;
  const run: Run = {
    ...{ agenda, random, startMs, traced, story: [], told: new Map(), seen: new Map() },
    faults: { ...drawFaults(random, spanMs), ...options.faults },
    newId: () => `id-${++ids}`,
  };
  const market = createMarket(random, count, startMs);
  const broker = createBroker(run);
  const provider = createProvider(run);
  const people = createPeople(run, market, provider);
  const services = {
    orders: createOrders(run, broker, decisions.orders, orderId => people.onStuck(orderId)),
    routing: createRouting(run, broker, market, decisions.routing, parcel => people.onParcel(parcel)),
    inventory: createInventory(run, broker, market, decisions.inventory),
    payments: createPayments(run, broker, market, provider, decisions.payments),
  };
  people.begin(services, count, spanMs);

  let tasks = 0;
  let violation: Outcome['violation'];
  try {
    tasks = agenda.run(count * mostTasksPerOrder);
    checkEnd({ run, market, provider, services });
  } catch (error) {
    const { orderId, message } =
      error instanceof Violation ? error : new Violation('?', String((error as Error).stack));
    violation = { orderId, message, story: run.story };
  }
  const events = [...run.told.values()].reduce((sum, { length }) => sum + length, 0);
  return { seed, orders: count, events, tasks, seen: run.seen, ...(violation && { violation }) };
}

export type Services = {
  readonly orders: ReturnType<typeof createOrders>;
  readonly routing: ReturnType<typeof createRouting>;
  readonly inventory: ReturnType<typeof createInventory>;
  readonly payments: ReturnType<typeof createPayments>;
};
