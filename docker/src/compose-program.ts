import { installNamed, onPath } from './packages.ts';
import { run } from './proc.ts';
import { Fault, type Say } from './say.ts';

export type ComposeProgram = { command: string; args: readonly string[] };

/** A Compose that can check a model; none needs an engine for that. */
export async function findComposeProgram(env: Record<string, string>): Promise<ComposeProgram | undefined> {
  const plugin = await run('docker', ['compose', 'version'], { env });
  if (plugin.code === 0) return { command: 'docker', args: ['compose'] };
  return onPath('docker-compose', env['PATH'] ?? '') ? { command: 'docker-compose', args: [] } : undefined;
}

export async function ensureComposeProgram(env: Record<string, string>, say: Say): Promise<void> {
  if (await findComposeProgram(env)) return;
  if (process.getuid?.() !== 0)
    throw new Fault(
      'missing for the tests, and this is not root: run "sudo apt-get install -y --no-install-recommends docker-compose", then this command again',
    );
  await installNamed(['docker-compose'], env, say);
}
