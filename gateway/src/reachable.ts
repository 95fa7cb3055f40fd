/** Resolves when something answers HTTP there, whatever it says: whether it is fit for work is its own affair. */
export async function reachable(url: string): Promise<void> {
  const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(1_500) }).catch(
    (error: unknown) => {
      throw new Error(`${new URL(url).origin} does not answer`, { cause: error });
    },
  );
  await response.body?.cancel();
}
