import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Kafka 4 and Debezium 3 need it. */
const oldestJava = 17;

const releaseOf = (java: string): number => {
  try {
    // The version goes to stderr, and -version alone would need a shell to be read: this prints the same to stdout.
    const text = execFileSync(java, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return Number(/\s(\d+)[.\s]/.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
};

/** Debian's folder tells the version by its name: no need to start a JVM only to ask. */
function installedJava(): string | undefined {
  const root = '/usr/lib/jvm';
  if (!existsSync(root)) return undefined;
  const found = readdirSync(root).flatMap(name => {
    const release = Number(/^java-(\d+)-openjdk/.exec(name)?.[1] ?? 0);
    const java = join(root, name, 'bin/java');
    return release >= oldestJava && existsSync(java) ? [{ release, java }] : [];
  });
  return found.sort((a, b) => a.release - b.release)[0]?.java;
}

/** The oldest Java here that is new enough (what was tried), else the one on the path if it is. */
export const findJava = (): string | undefined =>
  installedJava() ?? (releaseOf('java') >= oldestJava ? 'java' : undefined);
