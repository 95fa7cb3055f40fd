/** Lets so many run at the same time; the others wait for their turn, in their order. */
export function createSlots(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return async work => {
    if (taken < most) taken += 1;
    else await new Promise<void>(resolve => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Whoever waits longest takes over the slot, which is thus never free in between.
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    }
  };
}
