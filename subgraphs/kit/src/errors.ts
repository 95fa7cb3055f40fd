/** Errors that are thrown: bugs and outages. `retryable` tells a client whether the same request may succeed later. */
export const errorCatalogue = {
  UNAUTHENTICATED: {
    retryable: false,
    meaning: 'The token is missing where one is needed, malformed, expired or not from our issuer.',
  },
  FORBIDDEN: { retryable: false, meaning: 'Your role may not ask for this.' },
  BAD_USER_INPUT: { retryable: false, meaning: 'An argument is outside its range; the message names it.' },
  BAD_REQUEST: { retryable: false, meaning: 'Not a GraphQL request, or one that is not answered this way.' },
  BODY_TOO_LARGE: { retryable: false, meaning: 'The body has more than 256 KiB after inflating.' },
  NOT_FOUND: { retryable: false, meaning: 'The path is none of ours; things that are not there are null instead.' },
  GRAPHQL_PARSE_FAILED: { retryable: false, meaning: 'The document is no GraphQL.' },
  GRAPHQL_VALIDATION_FAILED: { retryable: false, meaning: 'The document does not fit the schema.' },
  OPERATION_RESOLUTION_FAILURE: {
    retryable: false,
    meaning: 'The document has several operations, or not the one named.',
  },
  PERSISTED_QUERY_NOT_SUPPORTED: { retryable: false, meaning: 'Send the document, not its hash.' },
  TOO_MANY_OPERATIONS: { retryable: true, meaning: 'A socket has 100 operations under way; end one, or open another.' },
  GATEWAY_ONLY: { retryable: false, meaning: 'A subgraph was called by somebody else than the gateway.' },
  UNAVAILABLE: { retryable: true, meaning: 'A part that is needed for the answer is not reachable now.' },
  INTERNAL: { retryable: false, meaning: 'A bug; the error id leads to the log.' },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

export class WaygraphError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WaygraphError';
    this.code = code;
    this.retryable = errorCatalogue[code].retryable;
  }
}

/** A passing fault of one event alone, that no try at once mends: it is put aside at its first, and others take no notice of it. */
export class NotYet extends WaygraphError {
  constructor(message: string) {
    super('UNAVAILABLE', message);
    this.name = 'NotYet';
  }
}

/** Expected outcomes of a mutation: data in its payload, never thrown. */
export const userErrorCatalogue = {
  INVALID_INPUT: 'A value is outside its range or does not fit another; nothing was done.',
  NOT_FOUND: 'There is no such thing, or it is not yours to see.',
  FORBIDDEN: 'Your role may not do this.',
  IDEMPOTENCY_CONFLICT: 'The idempotency key was used before with another request.',
  IN_PROGRESS: 'The first request with this idempotency key, or what is to be settled, is still under way; ask again.',
  TOO_LATE: 'The order is already further than that.',
  OUT_OF_STOCK: 'There is not that much to take.',
  UNSERVED_ADDRESS: 'The address lies outside every hub.',
  OVERLOADED: 'The system takes no new orders at the moment; try again later.',
  STALE_STATE: 'Somebody changed it meanwhile; read again and decide again.',
} as const;

export type UserErrorCode = keyof typeof userErrorCatalogue;

export type UserError = { readonly code: UserErrorCode; readonly message: string; readonly field: string[] | null };

/** `field` is the path of the argument that is at fault, e.g. `'input', 'lines', '0', 'quantity'`. */
export function userError(code: UserErrorCode, message: string, ...field: string[]): UserError {
  return { code, message, field: field.length > 0 ? field : null };
}
