/**
 * Apollo Server's part of a request's life, one server per generation: parsing and validating against the API schema
 * (cached per document), then our engine through `responseForOperation`, the one seam that can carry a single result
 * and one whose rest comes later. The only file that imports `@apollo/server`.
 */
import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLResponse,
  HeaderMap,
  type HTTPGraphQLResponse,
} from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLFormattedError, type OperationDefinitionNode } from 'graphql';
import { errorTable, GatewayError, isErrorCode } from '../../errors/index.ts';
import { type ExecutionOutcome, type ExecutionResult, JsonText, printResult } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import type { OperationFacts } from '../request/request-facts.ts';
import { VariableChecks } from './check-variables.ts';
import type { GraphQLHttpRequest } from './read-graphql-request.ts';
import { type SeenOperation, SeenOperations } from './seen-operations.ts';

/** Parsing stops here; the limits issue brings a key for it. What a document of this size costs is bounded. */
const maxDocumentTokens = 15_000;

interface ApolloContext {
  readonly request: RequestContext;
  /** Those of a GET, whose numbers Apollo Server would round. */
  readonly variables: GraphQLHttpRequest['variables'];
  /**
   * The engine's answer, printed: it goes round Apollo Server, which would make a string of it and bytes of that. In an
   * object of its own, because Apollo Server works on a copy of the context.
   */
  readonly answer: { printed?: Buffer | string; facts?: OperationFacts };
}

/** What is sent: whole, or in parts that come later. */
export interface PipelineAnswer {
  readonly status: number | undefined;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: Buffer | string | AsyncIterable<string>;
  readonly facts: OperationFacts | undefined;
}

export interface ApolloPipeline {
  run(request: GraphQLHttpRequest, context: RequestContext): Promise<PipelineAnswer>;
}

export async function createApolloPipeline(generation: GatewayGeneration, log: Logger): Promise<ApolloPipeline> {
  const { introspection } = generation.config.server;
  const seen = new SeenOperations(generation.caches.cache());
  const serving: Serving = { generation, variables: new VariableChecks(generation.apiSchema), log };
  const server = new ApolloServer<ApolloContext>({
    schema: generation.apiSchema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    csrfPrevention: false, // refuse-cross-site.ts: Apollo's also refuses plain GETs of servers
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    documentStore: null, // seen-operations.ts: a store of its own would have Apollo Server print the whole schema
    parseOptions: { maxTokens: maxDocumentTokens },
    stringifyResult: (result) => (result.data instanceof JsonText ? '' : JSON.stringify(result)),
    formatError: (formatted, error) => formatError(formatted, error, log),
    logger: apolloLogger(log),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      runOnEngine(serving, seen),
    ],
  });
  await server.start();

  return {
    async run({ method, headers, search, body, parameters, mediaType, variables: exact }, request) {
      const known = seen.find(body ?? parameters);
      // A mutation by GET is refused by Apollo Server.
      if (known !== undefined && (method === 'POST' || known.operation.operation === 'query')) {
        const { variables } = (body ?? {}) as { readonly variables?: Record<string, unknown> | null };
        const answered = await answerOperation(serving, known, exact ?? variables ?? {}, request);
        if (answered.kind === 'single') {
          const contentType = ['content-type', `${mediaType}; charset=utf-8`] as const;
          const facts = operationFacts(known, answered.result);
          return { status: answered.status, headers: [contentType], body: printResult(answered.result), facts };
        }
      }
      const map = new HeaderMap();
      for (const [name, value] of Object.entries(headers)) {
        if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
      }
      map.set('accept', mediaType);
      const context: ApolloContext = { request, variables: exact, answer: {} };
      const response = await server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method, headers: map, search, body },
        context: async () => context,
      });
      const { printed, facts } = context.answer;
      return { status: response.status, headers: response.headers, body: printed ?? bodyOf(response), facts };
    },
  };
}

/** What the steps of an operation are taken with: one generation's. */
interface Serving {
  readonly generation: GatewayGeneration;
  readonly variables: VariableChecks;
  readonly log: Logger;
}

function runOnEngine(serving: Serving, seen: SeenOperations): ApolloServerPlugin<ApolloContext> {
  return {
    requestDidStart: async () => ({
      async responseForOperation({ operation, document, queryHash, request, contextValue }) {
        if (operation === undefined || queryHash === undefined) return null; // graphql-js says which one was meant
        const { operationName } = request;
        const known: SeenOperation = { documentHash: queryHash, document, operation, operationName };
        const variables = contextValue.variables ?? request.variables ?? {};
        const answered = await answerOperation(serving, known, variables, contextValue.request);
        const { answer } = contextValue;
        if (answered.kind === 'incremental') {
          answer.facts = operationFacts(known, answered.initialResult);
          return toResponse(undefined, answered as unknown as Extract<ResponseBody, { kind: 'incremental' }>);
        }
        if (request.query !== undefined) seen.add(request.query, known);
        const { status, result } = answered;
        answer.facts = operationFacts(known, result);
        if (result.data instanceof JsonText) answer.printed = printResult(result);
        const singleResult = result as Extract<ResponseBody, { kind: 'single' }>['singleResult'];
        return toResponse(status, { kind: 'single', singleResult });
      },
      async didEncounterErrors({ errors, request, contextValue }) {
        const { operationName } = request;
        contextValue.answer.facts ??= { operation: operationName, errors: errors.length };
      },
    }),
  };
}

function operationFacts({ operation }: SeenOperation, { errors }: { readonly errors?: unknown }): OperationFacts {
  return {
    operationType: operation.operation,
    operation: operation.name?.value,
    errors: Array.isArray(errors) ? errors.length : undefined,
  };
}

type Answered =
  | { readonly kind: 'single'; readonly result: ExecutionResult; readonly status: number | undefined }
  | Extract<ExecutionOutcome, { readonly kind: 'incremental' }>;

/** The steps between validation and the answer, in order; those of later issues take their place in this list. */
async function answerOperation(
  { generation, variables: checks, log }: Serving,
  known: SeenOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
): Promise<Answered> {
  try {
    refuseSubscription(known.operation);
    checks.check(known.operation, variables);
    // access: remove what the principal may not read · limits: price · ai/budgets: reserve
    const outcome = await generation.engine.execute({ ...known, variables, context });
    // ai/budgets: settle
    return outcome.kind === 'single' ? { ...outcome, status: undefined } : outcome;
  } catch (error) {
    // Nobody reads the answer of a run that was given up; the route says why where someone waits.
    if (context.signal.aborted) return { kind: 'single', result: {}, status: undefined };
    const errors = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    const formatted = errors.map((one) => formatError(toFormatted(one), one, log));
    return { kind: 'single', result: { errors: formatted }, status: statusOf(formatted[0]?.extensions?.code) };
  }
}

function refuseSubscription(operation: OperationDefinitionNode): void {
  if (operation.operation !== 'subscription') return;
  throw new GatewayError('BAD_REQUEST', { message: 'Subscriptions are not available.' });
}

function bodyOf({ body }: HTTPGraphQLResponse): PipelineAnswer['body'] {
  return body.kind === 'complete' ? body.string : body.asyncIterator;
}

type ResponseBody = GraphQLResponse['body'];

function toResponse(status: number | undefined, body: ResponseBody): GraphQLResponse {
  return { http: { headers: new HeaderMap(), ...(status === undefined ? {} : { status }) }, body };
}

function toFormatted(error: unknown): GraphQLFormattedError {
  if (error instanceof GraphQLError) return error.toJSON();
  if (error instanceof GatewayError) return { message: error.message, extensions: error.extensions };
  return { message: '' };
}

function statusOf(code: unknown): number {
  return isErrorCode(code) ? errorTable[code].status : 500;
}

/** Every error has a code of our table; whatever has none is a defect: masked, and logged with its stack. */
function formatError(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GatewayError && cause.code === 'INTERNAL_SERVER_ERROR') {
    log.error({ error: cause, reason: cause.detail }, 'an operation failed unexpectedly');
  }
  if (cause instanceof GatewayError) return { ...formatted, message: cause.message, extensions: cause.extensions };
  if (isMethodNotAllowed(error))
    return { message: errorTable.METHOD_NOT_ALLOWED.client, extensions: { code: 'METHOD_NOT_ALLOWED' } };
  const code = formatted.extensions?.code;
  if (isErrorCode(code) && code !== 'INTERNAL_SERVER_ERROR') {
    const { message, locations, path } = formatted;
    return {
      message: plainMessage(message),
      ...(locations === undefined ? {} : { locations }),
      ...(path === undefined ? {} : { path }),
      extensions: { code },
    };
  }
  log.error({ error }, 'an operation failed unexpectedly');
  return { message: errorTable.INTERNAL_SERVER_ERROR.client, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}

/** Sentences of the libraries below that would send a client, or its owner, looking in the wrong place. */
function plainMessage(message: string): string {
  if (message.startsWith('GraphQL introspection is not allowed')) return 'Introspection is switched off.';
  if (message.includes('Maximum call stack size exceeded')) return 'The GraphQL document is nested too deeply.';
  if (message === 'Validation aborted.') return 'The GraphQL document has more mistakes than are listed.';
  return message;
}

/** Apollo's refusal of a mutation by GET has the code of any bad request, and the status that says which. */
function isMethodNotAllowed(error: unknown): boolean {
  const http = error instanceof GraphQLError ? error.extensions.http : undefined;
  return http !== null && typeof http === 'object' && 'status' in http && http.status === 405;
}

function apolloLogger(log: Logger) {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message?: unknown) => log[level]({}, String(message));
  return { debug: write('debug'), info: write('debug'), warn: write('warn'), error: write('error') };
}
