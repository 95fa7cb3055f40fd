import type { EventDefinition } from '@waygraph/schema/events/define';
import type { z } from 'zod';

/** A request to the world outside, which no transaction holds. */
export type Call = {
  readonly takesMs: number;
  /** What commits its answer; undefined: nobody knows whether it took effect. */
  readonly ask: () => (() => void) | undefined;
};

/** `effect` commits at once with the inbox row. A `call` comes before: its answer commits with the inbox row. */
export type Handler = {
  readonly type: string;
  readonly topic: string;
  readonly effect?: (data: unknown) => void;
  readonly call?: (data: unknown) => Call;
};

export function on<Schema extends z.ZodType>(
  { type, topic }: EventDefinition<string, Schema>,
  effect: (data: z.infer<Schema>) => void,
): Handler {
  return { type, topic, effect: effect as (data: unknown) => void };
}

export function onWithCalls<Schema extends z.ZodType>(
  { type, topic }: EventDefinition<string, Schema>,
  call: (data: z.infer<Schema>) => Call,
): Handler {
  return { type, topic, call: call as (data: unknown) => Call };
}
