/** Tells the person at the terminal (or the supervisor's log) what happens; one line each. */
export type Say = (line: string) => void;

// Whoever reads may stop reading (`| head`), and a terminal may go: neither is a reason to fall over.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

export const print: Say = line => {
  process.stdout.write(`${line}\n`);
};

export const printError: Say = line => {
  process.stderr.write(`${line}\n`);
};

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s`;

/** A fault of the surroundings that a person can mend: shown as one line, without a stack. */
export class Fault extends Error {
  override readonly name: string = 'Fault';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Ends a command: a fault is one line, anything else is a bug and shows where it is. */
export function fail(error: unknown): never {
  printError(
    error instanceof Fault ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
  process.exit(1);
}

/** Runs `work` and says how long it took; while it goes on, says every ten seconds that it does. */
export async function timed<T>(say: Say, what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const timer = setInterval(() => {
    say(`${what}: still at it after ${seconds(performance.now() - begin)}`);
  }, 10_000);
  try {
    const result = await work();
    say(`${what}: done in ${seconds(performance.now() - begin)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
