import { expect, test } from '@jest/globals';
import { mutants } from './mutants.ts';
import { checkPayloads } from './payloads.ts';
import { simulate } from './simulate.ts';

/** So many runs may a mistake survive. */
const mostSeeds = 1_000;

checkPayloads(false);

test.each(mutants.map(mutant => [mutant.name, mutant] as const))(
  '%s: a run notices',
  (_, { decisions, faults = {} }) => {
    let seed = 1;
    while (seed <= mostSeeds && simulate(seed, { orders: 25, decisions, faults }).violation === undefined) seed += 1;
    expect(seed).toBeLessThanOrEqual(mostSeeds);
  },
);
