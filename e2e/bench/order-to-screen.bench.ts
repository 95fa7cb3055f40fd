// How long an order takes until a watching client sees it: `npm run bench -- order-to-screen`, on a running system.
import { parseArgs } from 'node:util';
import { keepResult, numberOf, systemOf, type Bench } from './bench.ts';
import { openEventCommits } from './event-commits.ts';
import { measureOrders, type OrderFigures, type OrderRun } from './measure-orders.ts';
import { openOrderLoad } from './order-load.ts';
import { orderReportLines, verdictsOn } from './order-report.ts';
import { stamp } from './report.ts';

type Options = OrderRun & {
  /** 0..1: the share of orders that are paid by card. */
  cardShare: number;
  /** Raises the rate step by step until it cannot be held. */
  find: boolean;
  step: number;
};

// Warm by the step before.
const stepWarmupSeconds = 5;

/** Prints the figures, writes them to `results` as JSON and gives whether nothing was lost and the targets were met. */
export async function run({ env, args, results, report }: Bench): Promise<{ ok: boolean; file: string }> {
  const options = readOptions(args);
  const { urls, gateway, tokens } = systemOf(env);
  report('sellers, products and customers of the bench: getting ready');
  const load = await openOrderLoad({ gateway, urls, tokens, cardShare: options.cardShare });
  const commits = await openEventCommits(Object.values(urls));
  const measure = (rate: number, warmup: number): Promise<OrderFigures> =>
    measureOrders({ load, commits, options: { ...options, rate, warmup }, environment: { ...env }, report });
  try {
    const steps = [await measure(options.rate, options.warmup)];
    for (let last = steps[0]; options.find && last !== undefined && isHeld(last);) {
      last = await measure(last.rate + options.step, stepWarmupSeconds);
      steps.push(last);
    }
    const held = steps.filter(isHeld).at(-1);
    const result = { bench: 'order-to-screen', ...stamp(), options, heldRate: held?.rate ?? 0, steps };
    const file = await keepResult(results, result);
    for (const line of orderReportLines(result)) report(line);
    report(`written to ${file}`);
    return {
      ok: options.find ? held !== undefined : steps.every(step => verdictsOn(step).every(one => one.isMet)),
      file,
    };
  } finally {
    await load.close();
    await commits.close();
  }
}

/** A rate is held when every order came through, in time and whole: what is measured beyond is a queue that grows. */
const isHeld = (figures: OrderFigures): boolean =>
  verdictsOn(figures).every(({ isMet, isAboutLoad }) => isMet || !isAboutLoad);

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '60' },
      warmup: { type: 'string', default: '20' },
      subscribers: { type: 'string', default: '1' },
      eta: { type: 'string', default: '0.5' },
      card: { type: 'string', default: '0.1' },
      find: { type: 'boolean', default: false },
      step: { type: 'string', default: '5' },
    },
  });
  const number = numberOf(values);
  return {
    ...{ rate: number('rate', 0.1), seconds: number('seconds', 1), warmup: number('warmup', 0) },
    ...{ subscribers: number('subscribers', 1, 50), etaShare: number('eta', 0, 1), cardShare: number('card', 0, 1) },
    ...{ find: values.find, step: number('step', 0.1) },
  };
}
