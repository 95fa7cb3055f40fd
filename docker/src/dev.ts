// npm run dev -- <process>: that process in this terminal, restarted on change, the rest running.
import { aborted, onInterrupt, runForeground, runWatched, since } from './foreground.ts';
import { processes } from './processes.ts';
import { Fault, fail, print } from './say.ts';
import { loadSettings } from './settings.ts';

async function main(name: string | undefined): Promise<void> {
  const names = processes.map(process => process.name).join(', ');
  if (name === undefined) throw new Fault(`npm run dev -- <process>, one of ${names}`);
  if (!processes.some(process => process.name === name))
    throw new Fault(`there is no process "${name}"; there are ${names}`);
  const settings = loadSettings();
  const interrupt = onInterrupt(settings, print);
  const begin = performance.now();
  // A system that runs already is used and stays; otherwise this is its owner, as npm start would be.
  const system = runForeground(settings, print);
  const outcome = await Promise.race([system.ready.then(() => 'ready' as const), aborted(interrupt)]);
  if (outcome === 'ready') {
    print(`ready in ${since(begin)}`);
    await Promise.race([runWatched(settings, name, interrupt), system.ended]);
  }
  await system.stop(print);
  process.exit(0);
}

await main(process.argv[2]).catch(fail);
