import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

// W3C Trace Context: one trace id from a client's request through every event that follows from it.

const current = new AsyncLocalStorage<string>();
const wellFormed = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

const id = (bytes: number): string => randomBytes(bytes).toString('hex');

/** The header for what is called or written now: the same trace, a step of its own. Undefined outside of `withTrace`. */
export const traceparent = (): string | undefined => current.getStore();

/** Runs `work` as a step of the trace that `parent` names; of a new one when there is none, or it is malformed. */
export function withTrace<Result>(parent: string | undefined, work: () => Result): Result {
  const [, trace = id(16), flags = '01'] = wellFormed.exec(parent ?? '') ?? [];
  return current.run(`00-${trace}-${id(8)}-${flags}`, work);
}
