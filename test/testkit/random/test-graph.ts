/**
 * A whole graph in this process: subgraphs composed, our engine and the reference engine over them, and a monolith of
 * the same data that answers the API schema directly. What an engine answers must be what the monolith answers.
 */

import { createHash } from 'node:crypto';
import {
  buildASTSchema,
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
} from 'graphql';
import type { RowDecisions } from '../../../src/access/index.ts';
import { anonymous } from '../../../src/access/principal.ts';
import type { ErrorPolicy, LimitsConfig } from '../../../src/config/index.ts';
import { GatewayError, messageOf } from '../../../src/errors/index.ts';
import {
  createIsthmusEngine,
  createReferenceEngine,
  type ExecutionEngine,
  JsonText,
} from '../../../src/execution/index.ts';
import { Deadline, MemoryBudget } from '../../../src/lib/index.ts';
import { createLimits } from '../../../src/limits/index.ts';
import type { Logger } from '../../../src/observability/index.ts';
import { createApolloPlanner } from '../../../src/planning/apollo/apollo-planner.ts';
import type { Search } from '../../../src/planning/apollo/search-bounds.ts';
import {
  createPlannerPool,
  normaliseOperation,
  type OperationPlan,
  type Planner,
} from '../../../src/planning/index.ts';
import { UnsoundPlan } from '../../../src/planning/plan/unsound-plan.ts';
import { composeSubgraphs } from '../../../src/supergraph/compose-subgraphs.ts';
import type { Composition } from '../../../src/supergraph/index.ts';
import type { OperationCosts, RequestContext, SubgraphClient, SubgraphRequest } from '../../../src/transport/index.ts';
import { createInProcessSubgraph, type Intercept, type TestData } from './in-process-subgraph.ts';
import { Random } from './random.ts';

export interface TestSchema {
  readonly name: string;
  readonly subgraphs: readonly { readonly name: string; readonly sdl: string }[];
  readonly data: () => TestData;
  /** Subgraphs whose requests are never merged. */
  readonly inProcess?: readonly string[];
  /** Plans in a separate process that is ended after this time: for schemas whose planning may not end. */
  readonly planWithinMs?: number;
  /** Values of its ids, for random arguments. */
  readonly ids: readonly string[];
}

export interface Answer {
  /** JSON text, so that the order of keys counts. */
  readonly data: string;
  readonly errors: readonly GraphQLFormattedError[];
  /** Where the graph has `limits`. */
  readonly costs?: OperationCosts;
}

const errorPolicy = { mode: 'wrapped', allowedExtensions: [], serviceName: true } as const;

export interface TestGraph {
  readonly name: string;
  readonly apiSchema: GraphQLSchema;
  readonly supergraphSdl: string;
  readonly engine: ExecutionEngine;
  readonly planner: Planner;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  /** Every request to a subgraph since the last `run`. */
  readonly requests: { readonly subgraph: string; readonly request: SubgraphRequest }[];
  /** The text of every operation that was planned, in order. */
  readonly planned: string[];
  /** Answers in a subgraph's place, for faults. */
  intercept: Intercept | undefined;
  /** Decides on objects for the next operations. */
  rows: RowDecisions | undefined;
  /** What the monolith is about. @default the data of the schema */
  monolithData: (() => TestData) | undefined;
  /** Decides how long each subgraph takes. */
  random: Random;
  readonly ids: readonly string[];
  close(): Promise<void>;
  reference(): Promise<ExecutionEngine>;
  run(
    engine: ExecutionEngine,
    query: string | DocumentNode,
    variables?: Record<string, unknown>,
    operationName?: string,
  ): Promise<Answer>;
  monolith(query: string | DocumentNode, variables?: Record<string, unknown>, operationName?: string): Promise<Answer>;
  /** The normalised text and the plan of an operation, for reading. */
  explain(
    query: string,
    variables?: Record<string, unknown>,
    operationName?: string,
  ): { readonly text: string; readonly plan: OperationPlan | string };
}

/** As supergraph.yaml has it by default. */
export const defaultErrorPolicy: ErrorPolicy = { mode: 'wrapped', allowedExtensions: [], serviceName: true };

export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };

export function composeOrThrow(subgraphs: TestSchema['subgraphs']): Composition {
  const outcome = composeSubgraphs(
    subgraphs.map(({ name, sdl }) => ({ name, sdl, url: `http://127.0.0.1/${name}`, origin: name })),
  );
  if (outcome.kind === 'failed')
    throw new Error(outcome.problems.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return outcome;
}

export interface TestGraphOptions {
  /** How far plans are looked for. @default widely */
  readonly search?: Search;
  /** @default nothing is limited */
  readonly limits?: LimitsConfig;
}

export function createTestGraph(options: TestSchema, { search, limits }: TestGraphOptions = {}): TestGraph {
  const { supergraphSdl, apiSdl, memberships, strictFields, costTypes, constraints, rows } = composeOrThrow(
    options.subgraphs,
  );
  const apiSchema = buildASTSchema(parse(apiSdl));
  const isOfType = membershipsOf(supergraphSdl);
  const problems: string[] = [];
  const requests: TestGraph['requests'] = [];
  const planned: string[] = [];
  const data = new Map<string, TestData>();
  let lastId = 0;

  const dataOf = ({ requestId }: RequestContext): TestData => {
    const requestData = data.get(requestId) ?? options.data();
    data.set(requestId, requestData);
    return requestData;
  };
  const clients = new Map(
    options.subgraphs.map(({ name, sdl }) => [
      name,
      createInProcessSubgraph({
        name,
        sdl,
        dataOf,
        isOfType,
        random: () => graph.random,
        onRequest: (subgraph, request) => requests.push({ subgraph, request }),
        onProblem: (problem) => problems.push(problem),
        intercept: () => graph.intercept,
      }),
    ]),
  );
  const plannerOptions = {
    supergraphSdl,
    inProcess: options.inProcess ?? [],
    rows: rows.rules.length === 0 ? undefined : rows,
  };
  const apollo = createApolloPlanner(plannerOptions);
  const plan = (text: string, labels: readonly string[]): OperationPlan =>
    JSON.parse(JSON.stringify(apollo.plan(text, labels, search))) as OperationPlan;
  const { planWithinMs } = options;
  const pool = planWithinMs === undefined ? undefined : createPlannerPool({ log: silentLog, maxProcesses: 1 });
  const pooled = pool?.load(options.name, plannerOptions);
  const planner: Planner = {
    overrideLabels: apollo.overrideLabels,
    async plan(text, labels) {
      planned.push(text);
      if (pooled !== undefined) return (await pooled).plan(text, labels, planWithinMs ?? 0);
      try {
        return plan(text, labels);
      } catch (error) {
        const code = error instanceof UnsoundPlan ? 'PLAN_UNSOUND' : 'PLAN_DEADLINE_EXCEEDED';
        throw new GatewayError(code, { detail: messageOf(error), cause: error });
      }
    },
    isAvailable: () => true,
    close() {},
  };
  let reference: Promise<ExecutionEngine> | undefined;

  const graph: TestGraph = {
    name: options.name,
    apiSchema,
    supergraphSdl,
    clients,
    requests,
    planned,
    planner,
    ids: options.ids,
    close: async () => pool?.close(),
    intercept: undefined,
    rows: undefined,
    monolithData: undefined,
    random: new Random(1),
    engine: createIsthmusEngine({
      apiSchema,
      types: memberships,
      strictFields,
      planner,
      clients,
      log: silentLog,
      planDeadlineMs: 10_000,
      errorPolicy,
      overrideLabels: [],
      caches: new MemoryBudget(128_000_000).group(),
      limits: limits && createLimits({ config: limits, log: silentLog, costTypes, constraints, memberships }).plans,
    }),
    reference() {
      // Engines are compared on what a caller with every right reads; @apollo/gateway refuses the rules of access.
      const unprotected = supergraphSdl.replaceAll(', for: SECURITY)', ')');
      reference ??= createReferenceEngine({ supergraphSdl: unprotected, clients, errorPolicy, log: silentLog });
      return reference;
    },

    async run(engine, query, variables = {}, operationName) {
      const document = checked(apiSchema, query);
      const operation = getOperationAST(document, operationName);
      if (operation == null) throw new Error('no operation');
      const { errors } = getVariableValues(apiSchema, operation.variableDefinitions ?? [], variables);
      if (errors !== undefined) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
      const costs: OperationCosts | undefined = limits?.cost && {};
      const context = { ...testContext(`request-${++lastId}`), costs };
      requests.length = 0;
      problems.length = 0;
      const outcome = await engine.execute({
        documentHash: hashOf(query),
        document,
        operation,
        operationName,
        variables,
        context,
        rows: graph.rows,
      });
      data.delete(context.requestId);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      if (outcome.kind !== 'single') throw new Error('a single result');
      const { result } = outcome;
      const text = result.data instanceof JsonText ? result.data.text : JSON.stringify(result.data ?? null);
      return { data: text, errors: result.errors ?? [], ...(costs === undefined ? {} : { costs }) };
    },

    async monolith(query, variables = {}, operationName) {
      const document = typeof query === 'string' ? parse(query) : query;
      const result = await execute({
        schema: apiSchema,
        document,
        rootValue: (graph.monolithData ?? options.data)().root,
        contextValue: {},
        variableValues: variables,
        operationName: operationName ?? null,
        fieldResolver: ownFieldResolver,
        typeResolver: (value: { readonly __typename?: unknown }) =>
          typeof value.__typename === 'string' && apiSchema.getType(value.__typename) !== undefined
            ? value.__typename
            : undefined,
      });
      return {
        data: JSON.stringify(result.data ?? null),
        errors: (result.errors ?? []).map((error: GraphQLError) => error.toJSON()),
      };
    },

    explain(query, variables = {}, operationName) {
      const document = parse(query);
      const operation = getOperationAST(document, operationName);
      if (operation == null) throw new Error('no operation');
      const { text } = normaliseOperation({
        schema: apiSchema,
        operation,
        fragments: new Map(
          document.definitions.flatMap((one) =>
            one.kind === 'FragmentDefinition' ? [[one.name.value, one] as const] : [],
          ),
        ),
        included: (selection) =>
          (selection.directives ?? []).every(({ name, arguments: given }) => {
            const value = given?.[0]?.value;
            const fallback = operation.variableDefinitions?.find(
              (one) => value?.kind === 'Variable' && one.variable.name.value === value.name.value,
            );
            const decided =
              value?.kind === 'Variable'
                ? (variables[value.name.value] ??
                  (fallback?.defaultValue?.kind === 'BooleanValue' && fallback.defaultValue.value))
                : value?.kind === 'BooleanValue' && value.value;
            return (decided === true) === (name.value === 'include');
          }),
      });
      if (text === '') return { text, plan: { fetches: [] } };
      if (process.env.PLAN === undefined && planWithinMs !== undefined)
        return { text, plan: 'not planned here: its planning may not end' };
      try {
        return {
          text,
          plan: plan(
            text,
            apollo.overrideLabels.filter((label) => label === 'percent(100)'),
          ),
        };
      } catch (error) {
        return { text, plan: messageOf(error) };
      }
    },
  };
  return graph;
}

/** Own properties only: a field may be called `constructor`. */
const ownFieldResolver: GraphQLFieldResolver<Record<string, unknown>, unknown> = (source, args, context, info) => {
  const value = Object.hasOwn(source, info.fieldName) ? source[info.fieldName] : undefined;
  return typeof value === 'function' ? value.call(source, args, context, info) : value;
};

const documents = new WeakMap<GraphQLSchema, Map<string, DocumentNode>>();

function checked(schema: GraphQLSchema, query: string | DocumentNode): DocumentNode {
  if (typeof query !== 'string') return query;
  const cached = documents.get(schema)?.get(query);
  if (cached !== undefined) return cached;
  const document = parse(query);
  const errors = validate(schema, document);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  documents.set(schema, (documents.get(schema) ?? new Map<string, DocumentNode>()).set(query, document));
  return document;
}

let anonymousDocuments = 0;

function hashOf(query: string | DocumentNode): string {
  return typeof query === 'string'
    ? createHash('sha256').update(query).digest('hex')
    : `document-${++anonymousDocuments}`;
}

export function testContext(requestId: string): RequestContext {
  return { requestId, principal: anonymous, signal: new AbortController().signal, deadline: Deadline.in(60_000) };
}

function membershipsOf(supergraphSdl: string): (typeName: unknown, wider: string) => boolean {
  const wider = new Map<string, Set<string>>();
  for (const definition of parse(supergraphSdl).definitions) {
    if (definition.kind === 'ObjectTypeDefinition' || definition.kind === 'InterfaceTypeDefinition') {
      wider.set(definition.name.value, new Set((definition.interfaces ?? []).map(({ name }) => name.value)));
    }
  }
  return (typeName, name) =>
    typeName === name || (typeof typeName === 'string' && wider.get(typeName)?.has(name) === true);
}
