/**
 * Works on several at once, yields in order: a result as soon as it and all before it are there. Takes from the source only what
 * it works on, so that what waits, waits there.
 */
export async function* inOrder<From, To>(
  source: AsyncGenerator<From>,
  work: (one: From) => Promise<To>,
  atOnce: number,
): AsyncGenerator<To> {
  const working: Promise<To>[] = [];
  let next: Promise<IteratorResult<From, unknown>> | undefined;
  let ended = false;
  try {
    for (;;) {
      if (!ended && working.length < atOnce) next ??= source.next();
      const [oldest] = working;
      if (oldest === undefined && next === undefined) return;
      const first = await Promise.race([
        ...(next === undefined ? [] : [next.then(() => 'next' as const)]),
        ...(oldest === undefined ? [] : [oldest.then(() => 'result' as const)]),
      ]);
      if (first === 'result') {
        yield await (working.shift() as Promise<To>);
        continue;
      }
      const taken = (await next) as IteratorResult<From, unknown>;
      next = undefined;
      if (taken.done === true) ended = true;
      else {
        const result = work(taken.value);
        result.catch(() => undefined); // told in its turn
        working.push(result);
      }
    }
  } finally {
    next?.catch(() => undefined);
    // Not awaited: it may wait for its next record. Whoever gave it ends that.
    source.return(undefined).catch(() => undefined);
  }
}
