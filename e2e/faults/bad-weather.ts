import { waitFor } from '@waygraph/kit/testing/wait-for';
import type { FaultRun } from './fault-run.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** The port that a URL, or an address without a scheme, names. */
export const portOf = (address: string): number =>
  Number(address.includes('://') ? new URL(address).port : address.slice(address.lastIndexOf(':') + 1));

type Lines = Readonly<Record<string, TcpProxy>>;

/**
 * Everything that can happen to lines while orders flow: 200 ms each way, connections that break while they are slow, and, when the
 * weather is fair again, are cut. Each has to be felt on each line by what runs over it.
 */
export async function badWeather(run: FaultRun, lines: Lines): Promise<void> {
  for (const line of Object.values(lines)) line.set({ latencyMs: 200 });
  await feels(run, lines, 'latency', line => line.felt().delayed);
  await feels(
    run,
    lines,
    'broken connections',
    line => line.felt().resets,
    line => line.reset(),
  );
  await run.goesOn('while lines are slow and after their connections broke', 180_000);
  for (const line of Object.values(lines)) line.set({});
  await feels(
    run,
    lines,
    'cut connections',
    line => line.felt().cuts,
    line => line.cut(),
  );
}

/** Waits for more of it on each line; a connection to end is there as soon as somebody has something to say. */
async function feels(
  run: FaultRun,
  lines: Lines,
  what: string,
  count: (line: TcpProxy) => number,
  deed: (line: TcpProxy) => unknown = () => undefined,
): Promise<void> {
  await Promise.all(
    Object.entries(lines).map(async ([name, line]) => {
      const before = count(line);
      const isFelt = (): boolean => {
        deed(line);
        return count(line) > before;
      };
      await waitFor(isFelt, { timeoutMs: 90_000, intervalMs: 100, what: `${what} to ${name} to be felt` });
      run.saw(`${what} to ${name}`, count(line) > before);
    }),
  );
}
