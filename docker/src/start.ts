// npm start: everything in the foreground; Ctrl-C stops it all.
import { aborted, addresses, followLogs, onInterrupt, runForeground, since } from './foreground.ts';
import { fail, print } from './say.ts';
import { loadSettings } from './settings.ts';

async function main(): Promise<void> {
  const begin = performance.now();
  const settings = loadSettings();
  const interrupt = onInterrupt(settings, print);
  print('Waygraph: starting (Ctrl-C stops everything)');
  const system = runForeground(settings, print);
  const outcome = await Promise.race([system.ready.then(() => 'ready' as const), aborted(interrupt)]);
  if (outcome === 'ready') {
    print(`ready in ${since(begin)}`);
    for (const line of addresses(settings)) print(line);
    void followLogs(settings, interrupt);
    await Promise.race([system.ended, aborted(interrupt)]);
  }
  if (interrupt.aborted) {
    const stop = performance.now();
    print('stopping');
    await system.stop(print);
    print(
      system.stackStays()
        ? `stopped in ${since(stop)}; the stack was up before and stays (npm run stack -- down)`
        : `stopped in ${since(stop)}`,
    );
  } else print('the system was stopped');
  process.exit(0);
}

await main().catch(fail);
