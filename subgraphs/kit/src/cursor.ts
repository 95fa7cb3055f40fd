import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Viewer } from './auth.ts';

/**
 * Where in the log a change stands: right behind it one sees everything that came later. `atMs` is when it happened (ms since
 * 1970); left out: now, right for a mutation's own change and wrong for an older one.
 */
export type LogPosition = { topic: string; key: string; seq: number; atMs?: number };

/** What was told of one thing: everything up to this seq. */
export type ToldUpTo = readonly [thing: string, seq: number];

/** Where a subscription stands behind a frame. */
export type FramePosition = {
  readonly topic: string;
  /** By partition: the offset of the next record. */
  readonly offsets: readonly number[];
  /** The event of the last frame and its partition: its record lies right before that offset, unless the log is another one. */
  readonly last?: { readonly partition: number; readonly id: string } | undefined;
  /** States that were told before their events came by; those events are not to be told again. */
  readonly told: readonly ToldUpTo[];
  /** More present states were still to come. */
  readonly unfinished: boolean;
};

export type Cursor = ({ kind: 'change' } & Required<LogPosition>) | ({ kind: 'frame' } & FramePosition);

const subjectOf = (viewer: Viewer | undefined): string => viewer?.sub ?? '';

function mac(payload: string, viewer: Viewer | undefined, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`${payload}\n${subjectOf(viewer)}`)
    .digest()
    .subarray(0, 16);
}

function sealed(content: readonly unknown[], viewer: Viewer | undefined, secret: string): string {
  const payload = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${payload}.${mac(payload, viewer, secret).toString('base64url')}`;
}

/** Opaque and signed; bound to the subject, so that it cannot be carried to another user. */
export function mutationCursor(position: LogPosition, viewer: Viewer | undefined, secret: string): string {
  const { topic, key, seq, atMs = Date.now() } = position;
  return sealed(['c', topic, key, seq, atMs], viewer, secret);
}

/** As `mutationCursor`, for the position behind a frame of a subscription. */
export function frameCursor(position: FramePosition, viewer: Viewer | undefined, secret: string): string {
  const { topic, offsets, last, told, unfinished } = position;
  return sealed(['f', topic, offsets, last && [last.partition, last.id], told, unfinished], viewer, secret);
}

type Content =
  ['c', string, string, number, number] | ['f', string, number[], [number, string] | null, [string, number][], boolean];

/** What is in a cursor, or undefined when it is malformed, forged or somebody else's. */
export function openCursor(cursor: string, viewer: Viewer | undefined, secret: string): Cursor | undefined {
  const [payload, signature, more] = cursor.split('.');
  if (payload === undefined || signature === undefined || more !== undefined) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const expected = mac(payload, viewer, secret);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const content = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Content;
  if (content[0] === 'c') {
    const [, topic, key, seq, atMs] = content;
    return { kind: 'change', topic, key, seq, atMs };
  }
  const [, topic, offsets, last, told, unfinished] = content;
  return {
    kind: 'frame',
    topic,
    offsets,
    last: last ? { partition: last[0], id: last[1] } : undefined,
    told,
    unfinished,
  };
}

/** The position in a mutation's cursor, or undefined when it is another one, malformed, forged or somebody else's. */
export function readCursor(cursor: string, viewer: Viewer | undefined, secret: string): LogPosition | undefined {
  const content = openCursor(cursor, viewer, secret);
  return content?.kind === 'change' ? { topic: content.topic, key: content.key, seq: content.seq } : undefined;
}
