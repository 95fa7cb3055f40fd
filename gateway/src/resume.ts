import type { Cursor } from '@waygraph/kit/cursor';
import type { EventLog, Position } from './log-reader.ts';
import type { ToldState } from './told.ts';

/** Clocks differ, and a mutation's cursor is made a moment after its commit: so much more of the log is read. */
const marginMs = 10_000;

export type Start =
  | { readonly kind: 'log'; readonly from: Position; readonly told: readonly ToldState[]; readonly lastId?: string }
  /** The present state first; `gap`: what was missed cannot be told any more. */
  | { readonly kind: 'snapshot'; readonly gap: boolean };

const fresh: Start = { kind: 'snapshot', gap: false };
const gap: Start = { kind: 'snapshot', gap: true };

/** Where a subscription to a topic goes on behind a cursor. */
export async function whereToStart(
  cursor: Cursor | undefined,
  topic: string,
  log: Pick<EventLog, 'bounds' | 'offsetsAt' | 'read'>,
  nowMs: number = Date.now(),
): Promise<Start> {
  if (cursor?.topic !== topic) return fresh;
  const { start, end } = await log.bounds(topic);
  if (cursor.kind === 'change') {
    const from = await log.offsetsAt(topic, cursor.atMs - marginMs);
    // The oldest that is kept is young enough: older ones that would be may have been removed.
    if (from.some((offset, partition) => offset > 0 && offset === start[partition])) return gap;
    return { kind: 'log', from, told: [{ thing: cursor.key, seq: cursor.seq, atMs: cursor.atMs }] };
  }
  if (cursor.unfinished) return fresh;
  const { offsets, last } = cursor;
  if (offsets.length > end.length) return gap;
  const from = end.map((_, partition) => offsets[partition] ?? start[partition] ?? 0);
  if (from.some((offset, partition) => offset < (start[partition] ?? 0) || offset > (end[partition] ?? 0))) return gap;
  if (last !== undefined && !(await lies(last, from, start, topic, log))) return gap;
  const told = cursor.told.map(([thing, seq]) => ({ thing, seq, atMs: nowMs }));
  return { kind: 'log', from, told, ...(last !== undefined && { lastId: last.id }) };
}

/** Whether the event lies where the cursor saw it: else this is another log under the same name. */
async function lies(
  { partition, id }: { partition: number; id: string },
  from: Position,
  start: Position,
  topic: string,
  log: Pick<EventLog, 'read'>,
): Promise<boolean> {
  const behind = from[partition] ?? 0;
  if (behind - 1 < (start[partition] ?? 0)) return behind > 0; // just removed, or never there
  const only = from.map((offset, one) => (one === partition ? offset - 1 : offset));
  for await (const [record] of log.read(topic, { from: only, to: from })) return record?.id === id;
  return false;
}
