import { appendFileSync } from 'node:fs';
import { testEnv } from '@waygraph/kit/testing/test-env';

/** What a suite has done; the runner of the tests adds them up. */
export type Counts = {
  readonly suite: string;
  /** Injected, and seen to have happened. */
  readonly faults: number;
  readonly orders: number;
  /** Things that the auditor held against its rules at the end. */
  readonly checks: number;
  /** What the auditor could not judge: it waits for an operator. */
  readonly underWay: number;
  readonly seconds: number;
};

export const writeCounts = (counts: Counts): void => {
  appendFileSync(testEnv('FAULT_COUNTS'), `${JSON.stringify(counts)}\n`);
};
