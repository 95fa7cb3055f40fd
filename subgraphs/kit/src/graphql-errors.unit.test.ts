import { describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { WaygraphError } from './errors.ts';
import { badUserInput, createErrorFormatter } from './graphql-errors.ts';
import { createLog } from './log.ts';

const thrownIn = (cause: Error): GraphQLError =>
  new GraphQLError(cause.message, { path: ['product'], originalError: cause });

function format(error: GraphQLError, { production = false, isTransient = (): boolean => false } = {}) {
  const log = createLog('test', 'silent');
  const formatted = { ...error.toJSON(), extensions: { code: 'INTERNAL_SERVER_ERROR', ...error.extensions } };
  return createErrorFormatter({ log, production, isTransient })(formatted, error);
}

describe('what a client reads of an error', () => {
  test('a bug: an id, and in production nothing else', () => {
    const bug = thrownIn(new TypeError('cannot read shipTo of undefined'));
    expect(format(bug)).toMatchObject({
      message: bug.message,
      path: ['product'],
      extensions: { code: 'INTERNAL', errorId: expect.any(String) },
    });
    const redacted = format(bug, { production: true });
    expect(redacted.message).toBe('internal error');
    expect(JSON.stringify(redacted)).not.toContain('shipTo');
  });

  test('production suggests no names of the schema', () => {
    const guess = new GraphQLError('Value "X" does not exist in "Status" enum. Did you mean the enum value "PAID"?', {
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(format(guess).message).toContain('PAID');
    expect(format(guess, { production: true }).message).toBe('Value "X" does not exist in "Status" enum.');
  });

  test('no code that stands in no catalogue', () => {
    const coded = (code: string) => format(new GraphQLError('no', { extensions: { code } })).extensions?.['code'];
    expect(coded('GRAPHQL_VALIDATION_FAILED')).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(coded('INVALID_GRAPHQL')).toBe('OPERATION_RESOLUTION_FAILURE');
    expect(coded('ANYTHING_ELSE')).toBe('INTERNAL');
    expect(coded('toString')).toBe('INTERNAL');
  });

  test('a subgraph has told it already: the id stays, nothing is added', () => {
    const told = new GraphQLError('internal error', {
      extensions: { code: 'INTERNAL', errorId: 'the-id', serviceName: 'inventory' },
    });
    expect(format(told, { production: true })).toMatchObject({
      message: 'internal error',
      extensions: { code: 'INTERNAL', errorId: 'the-id' },
    });
    expect(format(told).extensions).not.toHaveProperty('serviceName');
  });

  test('an outage may be tried again; production does not say what is away', () => {
    const outage = thrownIn(new WaygraphError('UNAVAILABLE', 'inventory is not reachable'));
    expect(format(outage)).toMatchObject({
      message: 'inventory is not reachable',
      extensions: { code: 'UNAVAILABLE', retryable: true },
    });
    expect(format(outage, { production: true }).message).not.toContain('inventory');
    const passing = thrownIn(new Error('connect ECONNREFUSED'));
    expect(format(passing, { isTransient: () => true }).extensions).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
  });

  test('what the client did wrong is said in full', () => {
    for (const production of [false, true]) {
      expect(format(badUserInput('first: expected 1..100', 'first'), { production })).toMatchObject({
        message: 'first: expected 1..100',
        extensions: { code: 'BAD_USER_INPUT', argument: 'first' },
      });
    }
  });
});
