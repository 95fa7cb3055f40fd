const longestTimerMs = 2 ** 31 - 1;

/** Calls `then` at that time, however far it is; gives what calls it off. */
export function whenExpired(atMs: number, then: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = atMs - Date.now();
    timer = left <= longestTimerMs ? setTimeout(then, Math.max(0, left)) : setTimeout(wait, longestTimerMs);
  };
  wait();
  return () => clearTimeout(timer);
}
