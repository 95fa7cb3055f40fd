import { dirname, join } from 'node:path';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { call } from '@waygraph/stack/control';
import type { Launch } from '@waygraph/stack/part';
import { partStatus } from '../support.ts';

/** Where the supervisor has what a part says written. */
export const logOf = (name: string): string => join(dirname(dirname(testEnv('WAYGRAPH_STATE'))), 'log', `${name}.log`);

/** A part that the supervisor has ended and does not start again until it is told to. */
export type LentPart = {
  /** How the supervisor would have started it. */
  readonly launch: Launch;
  /** The supervisor starts it again, as it was; resolves when it is ready. May be called again. */
  readonly giveBack: () => Promise<void>;
};

/** Resolves when the part does not run any more. The supervisor has it back as soon as the test's process ends, too. */
export async function lendPart(name: string): Promise<LentPart> {
  const over = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Launch>();
  const lent = call({
    ...{ socket: testEnv('WAYGRAPH_CONTROL'), path: `/borrow?part=${name}`, signal: over.signal },
    say: line => {
      resolve(JSON.parse(line) as Launch);
    },
  }).catch(reject);
  const launch = await promise;
  return {
    launch,
    giveBack: async () => {
      over.abort();
      await lent;
      await waitFor(async () => (await partStatus(name)).state === 'ready', {
        ...{ timeoutMs: 90_000, intervalMs: 100, what: `${name} to be ready in the supervisor's hands` },
      });
    },
  };
}
