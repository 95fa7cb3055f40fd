import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { FaultRun } from './fault-run.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** The port that a URL, or an address without a scheme, names. */
export const portOf = (address: string): number =>
  Number(address.includes('://') ? new URL(address).port : address.slice(address.lastIndexOf(':') + 1));

/**
 * Everything that can happen to a line, one after another, while orders flow: 200 ms each way, broken connections while it is slow,
 * a cut in fair weather. Each has to be felt by what runs over the line.
 */
export async function badWeather(run: FaultRun, lines: Readonly<Record<string, TcpProxy>>): Promise<void> {
  const each = Object.entries(lines);
  for (const [, line] of each) line.set({ latencyMs: 200 });
  const slow = new Map(each.map(([name, line]) => [name, line.felt().delayed]));
  await run.goesOn(`while ${[...slow.keys()].join(' and ')} are slow`);
  for (const [name, line] of each) {
    // Not every order has something to say on each line.
    const isFelt = (): boolean => line.felt().delayed > (slow.get(name) ?? 0);
    await waitFor(isFelt, { timeoutMs: 60_000, what: `the latency to ${name} to be felt` });
    run.saw(`latency to ${name}`, isFelt());
  }

  for (const [name, line] of each) {
    // A connection is there as soon as somebody has something to say.
    await waitFor(() => line.reset() > 0, { timeoutMs: 60_000, what: `a connection to ${name} to break` });
    run.saw(`broken connections to ${name}`, line.felt().resets > 0);
  }
  await run.goesOn('after connections were broken');

  for (const [name, line] of each) {
    line.set({});
    await waitFor(() => line.cut() > 0, { timeoutMs: 60_000, what: `a connection to ${name} to be cut` });
    run.saw(`cut connections to ${name}`, line.felt().cuts > 0);
  }
  await run.goesOn('after connections were cut');
}
