import type { ErrorCode } from '@waygraph/kit/errors';
import { codedError } from '@waygraph/kit/graphql-errors';
import {
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  Source,
  validate,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export type Request = {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
};

export type ParsedOperation = { readonly document: DocumentNode; readonly operation: OperationDefinitionNode };

export const withCode = (error: GraphQLError, code: ErrorCode): GraphQLError =>
  new GraphQLError(error.message, {
    ...{ nodes: error.nodes ?? null, source: error.source ?? null, positions: error.positions ?? null },
    extensions: { ...error.extensions, code },
  });

export const badRequest = (message: string): GraphQLError => codedError('BAD_REQUEST', message);

/** The operation that is asked for, or why there is none. */
export function parseOperation({ query, operationName }: Request): ParsedOperation | GraphQLError {
  try {
    const document = parse(new Source(query, 'GraphQL request'));
    const operation = getOperationAST(document, operationName);
    if (operation) return { document, operation };
    return codedError('OPERATION_RESOLUTION_FAILURE', 'expected operationName to name one of the operations');
  } catch (error) {
    if (error instanceof GraphQLError) return withCode(error, 'GRAPHQL_PARSE_FAILED');
    return codedError('GRAPHQL_PARSE_FAILED', 'expected an operation that is nested less deeply'); // it ran out of stack
  }
}

/** A subscription's one field, or everything that is wrong with it. */
export function checkSubscription(
  schema: GraphQLSchema,
  { document, operation }: ParsedOperation,
): FieldNode | GraphQLError[] {
  const faults = validate(schema, document);
  if (faults.length > 0) return faults.map(error => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
  const selections = rootSelections(operation.selectionSet, document);
  if (selections.some(hasCondition))
    return [
      codedError(
        'GRAPHQL_VALIDATION_FAILED',
        "a subscription's field cannot have @include or @skip: leave the subscription out instead",
      ),
    ];
  const field = selections.find(one => one.kind === Kind.FIELD);
  return field ?? [badRequest('expected a field to subscribe to')];
}

export const isSubscription = ({ operation }: ParsedOperation): boolean =>
  operation.operation === OperationTypeNode.SUBSCRIPTION;

/** Every selection of the root, through fragments. */
function rootSelections(set: SelectionSetNode, document: DocumentNode): SelectionNode[] {
  return set.selections.flatMap(selection => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return [selection, ...rootSelections(selection.selectionSet, document)];
    const fragment = document.definitions.find(
      one => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
    ) as FragmentDefinitionNode | undefined;
    return [selection, ...(fragment ? rootSelections(fragment.selectionSet, document) : [])];
  });
}

const hasCondition = ({ directives = [] }: SelectionNode): boolean =>
  directives.some(({ name }) => name.value === 'include' || name.value === 'skip');
