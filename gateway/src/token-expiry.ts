/** When a verified token runs out, in ms since 1970. */
export function expiryOf(authorization: string): number | undefined {
  const claims = /^Bearer +[^.]+\.([^.]+)\./i.exec(authorization)?.[1];
  if (claims === undefined) return undefined;
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp?: unknown };
  return typeof exp === 'number' ? exp * 1000 : undefined;
}

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
