/**
 * The steps of an operation from its validated document to its answer, in order; the same for one that Apollo Server has
 * just validated and for one that was validated before.
 */
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Access, ApiView, RowDecisions } from '../../access/index.ts';
import type { Budgets } from '../../ai/budgets/index.ts';
import { writeTokenHeader } from '../../cache/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ExecutionOutcome, OperationRequest } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import { runOperationHooks } from '../../plugins/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import { openAccount } from '../request/open-account.ts';
import { explainCaches } from './caching/cache-report.ts';
import { CachedExecution } from './caching/cached-execution.ts';
import { VariableChecks } from './check-variables.ts';
import { Deprecations } from './deprecations.ts';
import { accessRequest, explainingAccess, type VisibleSchemaOf } from './explain-access.ts';
import { formatErrors, statusOfErrors } from './format-errors.ts';
import { introspects } from './introspects.ts';
import { noteRun, noteValidated } from './operation-events.ts';
import { publicOperations, varyOf } from './public-answers.ts';
import { explainCosts, hasAiFields } from './report-costs.ts';
import type { ValidatedOperation } from './validated-operations.ts';
import { hasSuggestion, suggestForDocument, suggestForVariables } from './visible-suggestions.ts';

/** What the operations of one API schema are run with: the whole one of a generation, or a contract's. */
export interface OperationRunner {
  readonly execute: Execute;
  /** The errors of a document that is not valid, with suggestions of what the caller may use alone. */
  readonly suggest: <E extends GraphQLFormattedError>(
    errors: readonly E[],
    document: DocumentNode,
    context: RequestContext,
  ) => Promise<readonly E[]>;
  readonly budgets: Budgets;
  readonly view: ApiView;
  /** Undefined where whole answers are not cached. */
  readonly cached: CachedExecution | undefined;
  /** Why they are not. */
  readonly uncachedReason: 'off' | 'plugin';
  /** Whether clients are noted the names of subgraphs. */
  readonly namesSubgraphs: boolean;
  /** Whether operations may have AI fields. */
  readonly hasAi: boolean;
  /** Undefined where nothing is deprecated. */
  readonly deprecations: Deprecations | undefined;
  readonly log: Logger;
}

export type Execute = (
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
) => Promise<ExecutionOutcome>;

type RunnerParts = Pick<
  GatewayGeneration,
  'engine' | 'access' | 'writes' | 'apiSchemas' | 'budgets' | 'hooks' | 'config' | 'limits' | 'responses'
>;

/** Whether plugins and access take part is decided here, once for an API schema. */
export function createRunner(generation: RunnerParts, view: ApiView, log: Logger): OperationRunner {
  const { engine, access, apiSchemas, budgets, hooks, config, limits } = generation;
  const runUncached = uncachedRun(generation);
  const cached = cachedExecution(generation, runUncached, log);
  const run = (request: OperationRequest) => (cached === undefined ? runUncached(request) : cached.execute(request));
  const runDecided = (request: OperationRequest, denials: OperationRequest['denials']) => {
    const { event } = request.context;
    if (event !== undefined) event.outcome = denials?.outcome;
    return run({ ...request, denials });
  };
  const variableChecks = new VariableChecks(view.schema);
  const { introspection } = config.server;
  const namesSubgraphs = config.errors.serviceName;
  const checkArguments = limits.arguments?.of(view.schema);
  const hasAi = hasAiFields(config);
  const deprecations = Deprecations.of(view.schema, config.server.deprecationHeaders);
  /** What the caller may use; undefined where clients are noted nothing of the schema. */
  const visibleTo = async (
    operationType: OperationTypeNode,
    variables: Record<string, unknown>,
    { principal, signal, clientHeaders = {} }: RequestContext,
  ): Promise<GraphQLSchema | undefined> => {
    if (!introspection) return undefined;
    const request = { headers: clientHeaders, operationName: undefined, operationType };
    return apiSchemas.visible(view, { principal, request, variables, signal });
  };
  const visibleSchemaOf: VisibleSchemaOf = async ({ document, operation }, variables, context) =>
    access !== undefined && introspects(document) ? visibleTo(operation.operation, variables, context) : undefined;
  const explained = explainingAccess({ engine, access, mode: config.access.mode, view, visibleSchemaOf, log });
  async function refuseVariables(
    errors: readonly GraphQLError[],
    { operation }: ValidatedOperation,
    variables: Record<string, unknown>,
    context: RequestContext,
  ): Promise<never> {
    if (!errors.some(hasSuggestion)) throw new AggregateError(errors);
    const visible = await visibleTo(operation.operation, variables, context);
    throw new AggregateError(
      visible === view.schema ? errors : suggestForVariables(errors, operation, variables, visible),
    );
  }
  async function executeIntrospection(
    validated: ValidatedOperation,
    variables: Record<string, unknown>,
    context: RequestContext,
    denials: ReturnType<Access['authorise']>,
    rows: RowDecisions | undefined,
  ): Promise<ExecutionOutcome> {
    const decided = await denials;
    const visibleSchema = await visibleSchemaOf(validated, variables, context);
    return engine.execute({ ...validated, variables, context, denials: decided, rows, view, visibleSchema });
  }
  const execute: Execute = (validated, variables, context) => {
    const errors = variableChecks.check(validated.operation, variables);
    if (errors !== undefined) return refuseVariables(errors, validated, variables, context);
    checkArguments?.(validated, variables, context);
    if (context.explain?.has('access') === true) return explained(validated, variables, context);
    if (access === undefined) return run({ ...validated, variables, context, view });
    const request = accessRequest(validated, variables, context, view);
    const denials = access.authorise(request);
    const rows = access.rowsFor?.(request);
    if (introspects(validated.document)) return executeIntrospection(validated, variables, context, denials, rows);
    const executed = { ...validated, variables, context, rows, view };
    if (!(denials instanceof Promise)) return runDecided(executed, denials);
    return denials.then((decided) => runDecided(executed, decided));
  };
  const suggest: OperationRunner['suggest'] = async (errors, document, context) => {
    if (!errors.some(hasSuggestion)) return errors;
    const visible = await visibleTo(OperationTypeNode.QUERY, {}, context);
    return visible === view.schema ? errors : suggestForDocument(errors, document, visible);
  };
  const uncachedReason = generation.responses === undefined ? 'off' : 'plugin';
  const parts = { execute, suggest, budgets, view, cached, uncachedReason, namesSubgraphs, hasAi, log } as const;
  const runner = { ...parts, deprecations };
  if (hooks?.onOperation === undefined) return runner;
  return {
    ...runner,
    execute: (validated, variables, context) =>
      runOperationHooks(hooks, { ...validated, variables, context }, async (changed) =>
        execute(validated, changed, context),
      ),
  };
}

/** Never throws for what a client or a subgraph does wrong: such errors are the answer. */
export async function runOperation(
  runner: OperationRunner,
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
): Promise<ExecutionOutcome> {
  const { event } = context;
  if (event !== undefined) noteValidated(event, validated);
  const outcome = await runPaid(runner, validated, variables, context);
  if (event !== undefined)
    noteRun(event, validated, (outcome.kind === 'single' ? outcome.result : outcome.initialResult).errors, context);
  const priced = context.costs === undefined ? outcome : explainCosts(outcome, context, runner);
  const noted =
    runner.deprecations === undefined
      ? priced
      : noteDeprecations(runner.deprecations, priced, validated, variables, context);
  return context.cacheReport === undefined ? noted : explainCaches(noted, context, silenceReason(runner, validated));
}

/** The answer, with what the operation uses that is deprecated: in headers, and in the answer where the client asks for it. */
function noteDeprecations(
  deprecations: Deprecations,
  outcome: ExecutionOutcome,
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  { responseHeaders, explain }: RequestContext,
): ExecutionOutcome {
  for (const [name, value] of deprecations.headersOf(validated, variables))
    responseHeaders?.append(name, value, 'last');
  return explain?.has('deprecations') === true ? deprecations.explain(outcome, validated, variables) : outcome;
}

/** Why caches say nothing of an operation: they have no part in it, or were not reached. */
function silenceReason({ cached, uncachedReason }: OperationRunner, { document }: ValidatedOperation): string {
  if (cached === undefined) return uncachedReason;
  return introspects(document) ? 'introspection' : 'error';
}

async function runPaid(
  { execute, budgets, log }: OperationRunner,
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
): Promise<ExecutionOutcome> {
  try {
    refuseSubscription(validated.operation);
    const { principal, clientHeaders: headers = {} } = context;
    const operation = validated.operation.name?.value;
    const account = openAccount(budgets, { door: 'graphql', principal, headers, operation });
    return await execute(validated, variables, account === undefined ? context : { ...context, account });
  } catch (error) {
    // Nobody reads the answer of an aborted run; the route reports the reason to every client that still waits.
    if (context.signal.aborted) return { kind: 'single', result: {} };
    const errors = formatErrors(error, log);
    return { kind: 'single', result: { errors }, status: statusOfErrors(errors) };
  }
}

function refuseSubscription({ operation }: OperationDefinitionNode): void {
  if (operation !== 'subscription') return;
  throw new GatewayError('BAD_REQUEST', { message: 'Subscriptions are not available.' });
}

/** Runs operations on the engine; a mutation’s answer has a token by which its client reads what it has written. */
function uncachedRun({ engine, writes }: RunnerParts) {
  return async (request: OperationRequest): Promise<ExecutionOutcome> => {
    const { context, operation } = request;
    const outcome = await engine.execute(request);
    if (context.cacheDemands?.isOnlyIfCached === true) refuseUncached(outcome);
    if (writes !== undefined && operation.operation === 'mutation' && context.isDryRun !== true)
      context.responseHeaders?.append(writeTokenHeader, await writes.issue(), 'last');
    return outcome;
  };
}

/** To a client that wants nothing that is not cached, a part of an answer is none. */
function refuseUncached(outcome: ExecutionOutcome): void {
  const errors = outcome.kind === 'single' ? outcome.result.errors : undefined;
  if (errors?.some(({ extensions }) => extensions?.code === 'NOT_CACHED') === true)
    throw new GatewayError('NOT_CACHED');
}

/** @returns undefined where whole answers are not cached */
function cachedExecution(
  { config, access, responses, hooks }: RunnerParts,
  run: (request: OperationRequest) => Promise<ExecutionOutcome>,
  log: Logger,
): CachedExecution | undefined {
  // Plugins that take part in an operation may answer each client otherwise.
  const { onOperation, onPlan, onSubgraphRequest } = hooks ?? {};
  if (responses === undefined || (onOperation ?? onPlan ?? onSubgraphRequest) !== undefined) return undefined;
  const isForEveryone = publicOperations(config, access);
  return new CachedExecution({ generation: { config }, responses, isForEveryone, vary: varyOf(config), run, log });
}
