import type { RawMessage } from '@waygraph/kit/kafka-delivery';

/**
 * What is wrong with the events of these keys on one topic: a gap in `seq`, or two events with one `seq`. The same event once more,
 * under its id, is no fault. A key with a number must reach exactly that `seq`; keys of others are passed by.
 */
export function sequenceFaults(
  messages: readonly RawMessage[],
  keys: ReadonlyMap<string, number | undefined>,
): string[] {
  const bySeq = new Map<string, Map<number, Set<string>>>([...keys.keys()].map(key => [key, new Map()]));
  for (const { key, headers } of messages) {
    const seqs = bySeq.get(key ?? '');
    const seq = Number(headers['seq']);
    seqs?.set(seq, (seqs.get(seq) ?? new Set()).add(headers['id'] ?? ''));
  }
  return [...bySeq].flatMap(([key, seqs]) => {
    const last = keys.get(key) ?? seqs.size;
    const found = [...seqs.keys()].sort((one, other) => one - other);
    const isGapFree = found.length === last && found.every((seq, at) => seq === at + 1);
    return [
      ...(isGapFree ? [] : [`${key}: expected 1..${String(last)}, found ${found.join(' ')}`]),
      ...[...seqs].filter(([, ids]) => ids.size > 1).map(([seq]) => `${key}: several events are ${String(seq)}`),
    ];
  });
}

/** How many different events of each type a key has. */
export function countTypes(messages: readonly RawMessage[]): (key: string, type: string) => number {
  const ids = new Map<string, Set<string>>();
  for (const { key, headers } of messages) {
    const name = `${key ?? ''} ${headers['eventType'] ?? ''}`;
    ids.set(name, (ids.get(name) ?? new Set()).add(headers['id'] ?? ''));
  }
  return (key, type) => ids.get(`${key} ${type}`)?.size ?? 0;
}
