/**
 * Resolves to the first defined, non-false value of `condition`; a condition that throws counts as not yet.
 * Rejects at the deadline with what was waited for and the last fault or value.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  {
    timeoutMs = 10_000,
    intervalMs = 20,
    what = 'the condition',
  }: { timeoutMs?: number; intervalMs?: number; what?: string | (() => string) } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<T, undefined | null | false>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(
        `waited ${String(timeoutMs)} ms in vain for ${typeof what === 'string' ? what : what()}; last seen: ${seen}`,
      );
    }
    await new Promise(resolve => setTimeout(resolve, intervalMs));
  }
}
