import { parseArgs } from 'node:util';
import { checkPayloads } from './payloads.ts';
import { simulate, type Outcome } from './simulate.ts';

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const values = readArguments();

function readArguments() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string', default: '200' },
        seed: { type: 'string' },
        orders: { type: 'string', default: '40' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nusage: [--seeds N] [--seed S] [--orders M]\n`);
    process.exit(2);
  }
}

function numberOf(name: 'seeds' | 'seed' | 'orders', text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  process.stderr.write(`--${name}: expected a whole number of at least 1, got ${text}\n`);
  process.exit(2);
}

const orders = numberOf('orders', values.orders);
const first = values.seed === undefined ? 1 : numberOf('seed', values.seed);
const last = values.seed === undefined ? numberOf('seeds', values.seeds) : first;

const began = process.hrtime.bigint();
const usage = process.cpuUsage();
const seen = new Map<string, number>();
const failed: number[] = [];
let events = 0;
for (let seed = first; seed <= last; seed += 1) {
  // By the seed alone, so that it replays as it was.
  checkPayloads(seed % 50 === 0);
  const outcome = simulate(seed, { orders });
  events += outcome.events;
  for (const [what, times] of outcome.seen) seen.set(what, (seen.get(what) ?? 0) + times);
  if (outcome.violation !== undefined) {
    failed.push(seed);
    tell(outcome, failed.length <= 3);
  }
  if (seed % 500 === 0) say(`${seed} seeds, ${failed.length} failed`);
}

const cpu = process.cpuUsage(usage);
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const all = (last - first + 1) * orders;
say(
  `\nseen: ${[...seen]
    .sort()
    .map(([what, times]) => `${what} ${times}`)
    .join(', ')}`,
);
say(
  `\n${last - first + 1} seeds, ${all} orders, ${events} events in ${seconds.toFixed(1)} s: ` +
    `${Math.round(all / cpuSeconds)} orders per second of a core; ${failed.length} seeds failed`,
);
if (failed.length > 0) say(`failed: ${failed.slice(0, 20).join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;

/** `whole`: with the end of the order's story. */
function tell({ seed, violation }: Outcome, whole: boolean): void {
  if (violation === undefined) return;
  say(`\nseed ${seed}, order ${violation.orderId}: ${violation.message}`);
  if (!whole) return;
  for (const line of violation.story.slice(values.seed === undefined ? -40 : 0)) say(`  ${line.slice(0, 240)}`);
  say(`again: node e2e/simulation/main.ts --seed ${seed} --orders ${orders}`);
}
