import type { Log } from './log.ts';

export type Lifecycle = {
  /** Registers how to undo what was just started; run in reverse order at the stop. */
  onStop(name: string, stop: () => unknown): void;
  /** Stops everything once; later calls wait for the first. Ends the process: 0, or 1 when something did not stop. */
  stop(reason: string, exitCode?: number): Promise<void>;
  /** Aborted at the beginning of the stop: intake ends here. */
  readonly stopping: AbortSignal;
};

type Options = {
  log: Log;
  /** The process is ended with code 1 when the stop takes longer. Default 10 s. */
  deadlineMs?: number;
  /** For tests; defaults to the real process. */
  host?: Pick<NodeJS.Process, 'on' | 'exit'>;
};

/** Start and stop are symmetrical: what was started last is stopped first. SIGTERM and SIGINT begin the stop. */
export function createLifecycle({ log, deadlineMs = 10_000, host = process }: Options): Lifecycle {
  const stops: { name: string; stop: () => unknown }[] = [];
  const abort = new AbortController();
  let stopped: Promise<void> | undefined;

  async function stopAll(reason: string, exitCode: number): Promise<void> {
    log.info({ reason }, 'stopping');
    abort.abort();
    const deadline = setTimeout(() => {
      log.error({ deadlineMs }, 'did not stop in time');
      host.exit(1);
    }, deadlineMs);
    let code = exitCode;
    for (const { name, stop } of stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        log.error({ err: error, part: name }, 'did not stop cleanly');
        code = 1;
      }
    }
    clearTimeout(deadline);
    log.info('stopped');
    host.exit(code);
  }

  const lifecycle: Lifecycle = {
    onStop: (name, stop) => stops.push({ name, stop }),
    stop: (reason, exitCode = 0) => (stopped ??= stopAll(reason, exitCode)),
    stopping: abort.signal,
  };
  host.on('SIGTERM', () => void lifecycle.stop('SIGTERM'));
  host.on('SIGINT', () => void lifecycle.stop('SIGINT'));
  return lifecycle;
}
