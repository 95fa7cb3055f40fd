// The steps of the stack as containers run them: databases and topics end, connectors stays and looks after them.
import { mkdirSync } from 'node:fs';
import { paths } from './folder.ts';
import { ensureKeys } from './keys.ts';
import { Fault, fail, print } from './say.ts';
import { loadSettings } from './settings.ts';
import { createSteps } from './steps.ts';

async function main(name: string | undefined): Promise<void> {
  const settings = loadSettings();
  const { databases, topics, connectors, watch } = createSteps(settings.env, print);
  const { keys } = paths(settings.data);
  if (name === 'databases') {
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    ensureKeys(keys);
    print(await databases.run(print));
  } else if (name === 'topics') print(await topics.run(print));
  else if (name === 'connectors') {
    await databases.run(print);
    print(await connectors.run(print));
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        watch.stop();
      });
  } else throw new Fault('docker/src/container.ts databases|topics|connectors');
}

await main(process.argv[2]).catch(fail);
