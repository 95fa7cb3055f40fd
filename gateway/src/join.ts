import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner, type FetchNode, type PlanNode } from '@apollo/query-planner';
import type { Viewer } from '@waygraph/kit/auth';
import type { Log } from '@waygraph/kit/log';
import { execute, parse, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { Payload } from './frame.ts';
import type { Services } from './signed-data-source.ts';

type Variables = Readonly<Record<string, unknown>>;
/** The answer of one operation for one frame of its subscription field. */
export type Join = (frame: Payload, variables: Variables, viewer: Viewer | undefined) => Promise<ExecutionResult>;

/** Joins frames with what subgraphs know, by the query plan; `prepare` plans an operation once. */
export function createJoiner(options: { supergraphSdl: string; services: Services; log: Log }): {
  apiSchema: GraphQLSchema;
  prepare(operation: { document: DocumentNode; operationName: string | undefined; field: string }): Join;
} {
  const { services, log } = options;
  const supergraph = Supergraph.build(options.supergraphSdl);
  const api = supergraph.apiSchema();
  const apiSchema = api.toGraphQLJSSchema();
  const wholeSchema = supergraph.schema.toGraphQLJSSchema();
  const planner = new QueryPlanner(supergraph);

  /** What the plan says: first the fetch that a frame answers, then the joins, if any. */
  function planOf(document: DocumentNode, operationName: string | undefined): { primary: FetchNode; rest?: PlanNode } {
    const name = operationName === undefined ? {} : { operationName };
    const { node } = planner.buildQueryPlan(operationFromDocument(api, document, name));
    if (node?.kind === 'Subscription') return node;
    throw new Error(`expected the plan of a subscription, got ${String(node?.kind)}`);
  }

  return {
    apiSchema,
    prepare({ document, operationName, field }) {
      const { primary, rest } = planOf(document, operationName);
      const name = operationName ?? null;
      if (rest === undefined)
        return async (frame, variables) =>
          await execute({
            ...{ schema: apiSchema, document, operationName: name },
            ...{ rootValue: { [field]: frame }, variableValues: variables },
          });

      const seed = parse(primary.operation);
      const sources: ServiceMap = Object.fromEntries(servicesIn(rest).map(name => [name, services.sourceOf(name)]));
      const plan = { kind: 'QueryPlan' as const, node: { kind: 'Sequence' as const, nodes: [primary, rest] } };
      const operationContext = buildOperationContext({
        ...{ schema: apiSchema, operationDocument: document },
        ...(operationName !== undefined && { operationName }),
      });
      return async (frame, variables, viewer) => {
        // New objects each time: joining writes into them.
        const seeded = await execute({
          ...{ schema: wholeSchema, document: seed, rootValue: { [field]: frame }, variableValues: variables },
        });
        if (seeded.errors !== undefined) return { data: null, errors: seeded.errors };
        const fed = { process: () => Promise.resolve({ data: seeded.data ?? {} }) };
        return (await executeQueryPlan(
          plan,
          { ...sources, [primary.serviceName]: fed },
          // Its error path reads `metrics`.
          { ...{ request: { variables }, context: { viewer }, logger: log, metrics: {} } } as never,
          operationContext,
          wholeSchema,
          api,
        )) as ExecutionResult;
      };
    },
  };
}

/** The services that a plan asks. */
function servicesIn(node: PlanNode): string[] {
  switch (node.kind) {
    case 'Fetch':
      return [node.serviceName];
    case 'Flatten':
      return servicesIn(node.node);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(servicesIn);
    case 'Condition':
      return [node.ifClause, node.elseClause].flatMap(clause => (clause ? servicesIn(clause) : []));
    case 'Defer':
      throw new Error('@defer is not supported in subscriptions');
  }
}
