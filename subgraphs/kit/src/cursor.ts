import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Viewer } from './auth.ts';

/** Where in the log a mutation's own change stands: right behind it one sees everything that came later. */
export type LogPosition = { topic: string; key: string; seq: number };

const subjectOf = (viewer: Viewer | undefined): string => viewer?.sub ?? '';

function mac(payload: string, viewer: Viewer | undefined, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`${payload}\n${subjectOf(viewer)}`)
    .digest()
    .subarray(0, 16);
}

/** Opaque and signed; bound to the subject, so that it cannot be carried to another user. */
export function mutationCursor(position: LogPosition, viewer: Viewer | undefined, secret: string): string {
  const payload = Buffer.from(JSON.stringify([position.topic, position.key, position.seq])).toString('base64url');
  return `${payload}.${mac(payload, viewer, secret).toString('base64url')}`;
}

/** The position in a cursor, or undefined when it is malformed, forged or somebody else's. */
export function readCursor(cursor: string, viewer: Viewer | undefined, secret: string): LogPosition | undefined {
  const [payload, signature, more] = cursor.split('.');
  if (payload === undefined || signature === undefined || more !== undefined) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const expected = mac(payload, viewer, secret);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [topic, key, seq] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string, number];
  return { topic, key, seq };
}
