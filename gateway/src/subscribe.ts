import type { Viewer } from '@waygraph/kit/auth';
import { openCursor, type Cursor } from '@waygraph/kit/cursor';
import { badUserInput } from '@waygraph/kit/graphql-errors';
import {
  getArgumentValues,
  getVariableValues,
  GraphQLError,
  type FieldNode,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import { entriesOf, type EntriesDeps, type Entry, type Subscription } from './entries.ts';
import type { Feed } from './feeds.ts';
import type { Payload } from './frame.ts';
import { inOrder } from './in-order.ts';
import type { createJoiner, Join } from './join.ts';
import { badRequest, checkSubscription, withCode, type ParsedOperation, type Request } from './operation.ts';
import { refusal } from './rules.ts';

type Planned = { readonly feed: Feed; readonly node: FieldNode; readonly join: Join };

/** Frames of one subscription; `return` ends it. `onLost` is called when it cannot go on without a hole. */
export type Frames = (onLost: (reason: string) => void) => AsyncGenerator<FormattedExecutionResult>;

/** Plans are kept for so many documents, and for so much text: a plan takes many times the memory of its document. */
const mostPlans = 500;
const mostPlannedText = 1024 * 1024;
/** Frames of one subscription that are joined at once. Of a feed that keeps the newest, one: what waits may be overtaken. */
const joinedAtOnce = 8;

export function createSubscriptions(
  options: EntriesDeps & {
    feeds: ReadonlyMap<string, Feed>;
    joiner: ReturnType<typeof createJoiner>;
    formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  },
) {
  const { feeds, joiner, formatError, cursorSecret } = options;
  const { apiSchema } = joiner;
  const plans = new Map<string, Planned>();
  let plannedText = 0;

  function plan(request: Request, parsed: ParsedOperation): Planned | GraphQLError[] {
    const name = JSON.stringify([request.operationName ?? null, request.query]);
    const known = plans.get(name);
    if (known !== undefined) {
      plans.delete(name); // to the end: those that are asked for stay
      plans.set(name, known);
      return known;
    }
    const node = checkSubscription(apiSchema, parsed);
    if (Array.isArray(node)) return node;
    const field = node.name.value;
    const feed = feeds.get(field);
    if (feed === undefined) return [badRequest(`Subscription.${field} is not fed from the event log`)];
    const operationName = parsed.operation.name?.value;
    const join = joiner.prepare({ document: parsed.document, operationName, field });
    const planned = { feed, node, join };
    plans.set(name, planned);
    plannedText += name.length;
    for (const oldest of plans.keys()) {
      if (plans.size <= mostPlans && plannedText <= mostPlannedText) break;
      plans.delete(oldest);
      plannedText -= oldest.length;
    }
    return planned;
  }

  /** The field's arguments, or why they are none. */
  function argumentsFor({ feed, node }: Planned, { operation }: ParsedOperation, variables: Payload) {
    const coerced = getVariableValues(apiSchema, operation.variableDefinitions ?? [], variables, { maxErrors: 10 });
    if (coerced.errors !== undefined) return coerced.errors.map(error => withCode(error, 'BAD_USER_INPUT'));
    const definition = apiSchema.getSubscriptionType()?.getFields()[feed.field];
    try {
      return definition === undefined ? {} : (getArgumentValues(definition, node, coerced.coerced) as Payload);
    } catch (error) {
      if (error instanceof GraphQLError) return [withCode(error, 'BAD_USER_INPUT')];
      throw error;
    }
  }

  async function* run(
    subscription: Subscription,
    join: Join,
    variables: Payload,
    signal: AbortSignal,
    onLost: (reason: string) => void,
  ) {
    const { feed, viewer } = subscription;
    const frameOf = async ({ frame, gap }: Entry): Promise<FormattedExecutionResult> => {
      const { errors, ...result } = await join(frame, variables, viewer).catch((error: unknown) => ({
        data: null,
        errors: [new GraphQLError('the frame cannot be joined', { originalError: error as Error, path: [feed.field] })],
      }));
      return {
        ...result,
        ...(errors && { errors: errors.map(error => formatError(error.toJSON(), error)) }),
        ...(gap && { extensions: { ...('extensions' in result ? result.extensions : undefined), gap } }),
      };
    };
    yield* inOrder(entriesOf(options, subscription, signal, onLost), frameOf, feed.latest ? 1 : joinedAtOnce);
  }

  return {
    /** Everything that can be refused is refused here, before anything is read. */
    prepare(request: Request, parsed: ParsedOperation, viewer: Viewer | undefined): Frames | GraphQLError[] {
      const planned = plan(request, parsed);
      if (Array.isArray(planned)) return planned;
      const variables = request.variables ?? {};
      const args = argumentsFor(planned, parsed, variables);
      if (Array.isArray(args)) return args;
      const { feed, join } = planned;
      const refused = refusal(feed, viewer, args);
      if (refused !== undefined) return [refused];
      const after = cursorIn(args['after'], viewer, cursorSecret);
      if (after instanceof GraphQLError) return [after];
      const subscription = { feed, args, values: valuesOf(feed, args, viewer), viewer, after };
      return onLost => abortable(signal => run(subscription, join, variables, signal, onLost));
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

function valuesOf(feed: Feed, args: Payload, viewer: Viewer | undefined): ReadonlySet<string> | undefined {
  if (feed.argument === undefined) return new Set(viewer && [viewer.sub]);
  const value = args[feed.argument];
  if (value === undefined || value === null) return undefined;
  return new Set((Array.isArray(value) ? value : [value]).map(String));
}

function cursorIn(after: unknown, viewer: Viewer | undefined, secret: string): Cursor | undefined | GraphQLError {
  if (after === undefined || after === null) return undefined;
  const cursor = typeof after === 'string' ? openCursor(after, viewer, secret) : undefined;
  return cursor ?? badUserInput('after: expected the cursor of a frame or of a mutation of your own', 'after');
}

/** A generator's `return` waits until it comes to a `yield`; this one wakes it first. */
function abortable<T>(start: (signal: AbortSignal) => AsyncGenerator<T>): AsyncGenerator<T> {
  const abort = new AbortController();
  const inner = start(abort.signal);
  const end = () => {
    abort.abort();
    return inner.return(undefined);
  };
  return {
    next: () => inner.next(),
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}
