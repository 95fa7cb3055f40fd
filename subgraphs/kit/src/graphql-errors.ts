import { randomUUID } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { errorCatalogue, WaygraphError, type ErrorCode } from './errors.ts';
import type { Log } from './log.ts';

/** Where it went wrong is for the log. */
const internalExtensions = new Set(['stacktrace', 'serviceName']);

/** The code in our catalogue; undefined for bugs and for whatever else libraries make up. */
function knownCode(code: unknown): ErrorCode | undefined {
  // What the gateway library says of an operationName that names none.
  if (code === 'INVALID_GRAPHQL') return 'OPERATION_RESOLUTION_FAILURE';
  return typeof code === 'string' && code !== 'INTERNAL' && Object.hasOwn(errorCatalogue, code)
    ? (code as ErrorCode)
    : undefined;
}

const withoutSuggestion = (message: string): string => message.replace(/ Did you mean .+\?$/s, '');

const unavailable = 'a part that is needed is not reachable now';

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${reasonOf(error.cause)}` : error.message;
}

/**
 * What a client reads of an error. Errors of our catalogue and those of GraphQL itself keep code and message; anything else is a
 * bug or an outage: it is logged once, under an id that the client gets, and in production the client gets nothing but the id.
 */
export function createErrorFormatter(options: {
  log: Log;
  production: boolean;
  /** Tells faults that pass by themselves: those become UNAVAILABLE. */
  isTransient?: (error: unknown) => boolean;
}) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const extensions = Object.fromEntries(
      Object.entries(formatted.extensions ?? {}).filter(([name]) => !internalExtensions.has(name)),
    );
    const unwrapped = unwrapResolverError(error);
    const cause =
      !(unwrapped instanceof WaygraphError) && options.isTransient?.(unwrapped) === true
        ? new WaygraphError('UNAVAILABLE', unavailable, { cause: unwrapped })
        : unwrapped;
    if (cause instanceof WaygraphError && cause.code === 'UNAVAILABLE') {
      const errorId = randomUUID();
      // Told without a stack: while a part is away, each request says so.
      options.log.warn({ errorId, reason: reasonOf(cause), path: formatted.path }, 'not available');
      const message = options.production ? unavailable : cause.message;
      return { ...formatted, message, extensions: { ...extensions, code: cause.code, retryable: true, errorId } };
    }
    if (cause instanceof WaygraphError && cause.code !== 'INTERNAL') {
      return {
        ...formatted,
        message: cause.message,
        extensions: { ...extensions, code: cause.code, retryable: cause.retryable },
      };
    }
    const code = knownCode(extensions['code']);
    if (code !== undefined) {
      const message = options.production ? withoutSuggestion(formatted.message) : formatted.message;
      return { ...formatted, message, extensions: { ...extensions, code } };
    }
    if (typeof extensions['errorId'] === 'string') return { ...formatted, extensions };
    const errorId = randomUUID();
    options.log.error({ err: cause, errorId, path: formatted.path }, 'unexpected error');
    const message = options.production ? 'internal error' : formatted.message;
    return { ...formatted, message, extensions: { ...extensions, code: 'INTERNAL', retryable: false, errorId } };
  };
}

/** A refusal, for what throws no errors of our own. */
export const codedError = (code: ErrorCode, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code, retryable: errorCatalogue[code].retryable } });

/** For arguments of queries, which have no `userErrors`; `argument` is the name the client wrote. */
export const badUserInput = (message: string, argument: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', argument } });
