/**
 * From a request that has been read to its answer, one pipeline for each API schema of a generation; the only file that imports
 * `@apollo/server`. The steps:
 *
 * 1. `findValidated`: an operation that was validated before goes round Apollo Server, on to step 4.
 * 2. `limits.documents`: a document that is too large is refused before anything is made of it.
 * 3. `validateWithApollo`: Apollo Server parses the document, validates it against the API schema and chooses the operation.
 * 4. `runOperation`: checks the variables and runs the engine. Apollo Server calls it through `responseForOperation`, its
 *    one hook that can answer with a single result and with one whose parts come later.
 * 5. `printResult`: the answer's text.
 */
import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLResponse,
  HeaderMap,
  type HTTPGraphQLResponse,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { ApiView } from '../../access/index.ts';
import { JsonText, printResult } from '../../execution/index.ts';
import type { DocumentSize } from '../../limits/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import type { AnswerBody } from './answer-through-plugins.ts';
import type { KnownOperation } from './caching/known-requests.ts';
import { formatError, formatErrors, statusOfErrors } from './format-errors.ts';
import { noteErrors } from './operation-events.ts';
import type { GraphQLHttpRequest } from './read-graphql-request.ts';
import { createRunner, type OperationRunner, runOperation } from './run-operation.ts';
import { type ValidatedOperation, ValidatedOperations } from './validated-operations.ts';

interface ApolloContext {
  readonly request: RequestContext;
  /** The variables of a GET, whose numbers Apollo Server would round. */
  readonly variables: GraphQLHttpRequest['variables'];
  /** Where further requests with the document are to be checked by it. */
  readonly size: DocumentSize | undefined;
  /**
   * The printed answer of the engine, which Apollo Server would print again and encode. In an object of its own, because
   * Apollo Server works on a copy of the context.
   */
  readonly answer: { printed?: ReturnType<typeof printResult>; isRun?: true };
}

/** An answer to send. */
export interface PipelineAnswer {
  readonly status: number | undefined;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: AnswerBody;
  /** Where the whole answer is cached. */
  readonly known?: KnownOperation | undefined;
}

export interface ApolloPipeline {
  run(request: GraphQLHttpRequest, context: RequestContext): Promise<PipelineAnswer>;
}

/** @param view what documents are validated against */
export async function createApolloPipeline(
  generation: GatewayGeneration,
  view: ApiView,
  log: Logger,
): Promise<ApolloPipeline> {
  const { caches, limits } = generation;
  const validated = new ValidatedOperations(caches.cache());
  const runner = createRunner(generation, view, log);
  const server = createApolloServer(generation, view, runOnEngine(runner, validated), log);
  await server.start();

  return {
    async run(request, context) {
      const operation = findValidated(validated, request);
      let size: DocumentSize | undefined;
      try {
        if (operation === undefined) size = limits.documents.check(queryOf(request), context);
        else if (operation.size !== undefined) limits.documents.checkAgain(operation.size, context);
      } catch (error) {
        return refuse(request, error, context, log);
      }
      const answer = operation && (await runValidated(runner, operation, request, context));
      return answer ?? validateWithApollo(server, request, context, size);
    },
  };
}

function findValidated(
  cache: ValidatedOperations,
  { method, body, parameters }: GraphQLHttpRequest,
): ValidatedOperation | undefined {
  const validated = cache.find(body ?? parameters);
  // A mutation by GET is refused by Apollo Server.
  return method === 'POST' || validated?.operation.operation === 'query' ? validated : undefined;
}

/** The document's text; empty where a client sends the hash of one instead, which Apollo Server refuses. */
function queryOf({ body, parameters }: GraphQLHttpRequest): string {
  const { query } = (body ?? parameters ?? {}) as { readonly query?: unknown };
  return typeof query === 'string' ? query : '';
}

function refuse(
  { mediaType }: GraphQLHttpRequest,
  error: unknown,
  { event }: RequestContext,
  log: Logger,
): PipelineAnswer {
  const errors = formatErrors(error, log);
  if (event !== undefined) noteErrors(event, errors);
  return {
    status: statusOfErrors(errors),
    headers: [['content-type', `${mediaType}; charset=utf-8`]],
    body: printResult({ errors }),
  };
}

/** Runs an operation that was validated before. @returns undefined for an answer in parts, which Apollo Server writes */
async function runValidated(
  runner: OperationRunner,
  operation: ValidatedOperation,
  { body, mediaType, variables: exact }: GraphQLHttpRequest,
  context: RequestContext,
): Promise<PipelineAnswer | undefined> {
  const { variables } = (body ?? {}) as { readonly variables?: Record<string, unknown> | null };
  const used = exact ?? variables ?? {};
  const outcome = await runOperation(runner, operation, used, context);
  if (outcome.kind !== 'single') return undefined;
  const { status, result, isCached } = outcome;
  const { view, cached, deprecations } = runner;
  const headers = (isCached === true ? deprecations?.headersOf(operation, used) : undefined) ?? [];
  return {
    status,
    headers: [['content-type', `${mediaType}; charset=utf-8`]],
    body: printResult(result),
    known: isCached === true && cached ? { validated: operation, variables: used, view, cached, headers } : undefined,
  };
}

/** Parses and validates the document, then runs it through `runOnEngine`. */
async function validateWithApollo(
  server: ApolloServer<ApolloContext>,
  { method, headers, search, body, mediaType, variables }: GraphQLHttpRequest,
  request: RequestContext,
  size: DocumentSize | undefined,
): Promise<PipelineAnswer> {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  map.set('accept', mediaType);
  const context: ApolloContext = { request, variables, size, answer: {} };
  const response = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers: map, search, body },
    context: async () => context,
  });
  const { printed } = context.answer;
  return { status: response.status, headers: response.headers, body: printed ?? bodyOf(response) };
}

/** Runs the operation that Apollo Server has validated, and caches it where its answer is a single result. */
function runOnEngine(runner: OperationRunner, cache: ValidatedOperations): ApolloServerPlugin<ApolloContext> {
  return {
    requestDidStart: async () => ({
      async parsingDidStart({ contextValue: { request } }) {
        const { event } = request;
        if (event === undefined) return undefined;
        const began = performance.now();
        return async () => {
          event.parseMs = performance.now() - began;
        };
      },
      async validationDidStart({ contextValue: { request } }) {
        const { event } = request;
        if (event === undefined) return undefined;
        const began = performance.now();
        return async () => {
          event.validateMs = performance.now() - began;
        };
      },
      async responseForOperation({ operation, document, queryHash, request, contextValue }) {
        if (operation === undefined || queryHash === undefined) return null; // graphql-js reports which is missing
        const { operationName } = request;
        const { size } = contextValue;
        const { schema } = runner.view;
        const documentHash = queryHash;
        const validated: ValidatedOperation = { documentHash, document, operation, schema, operationName, size };
        const variables = contextValue.variables ?? request.variables ?? {};
        const { answer } = contextValue;
        answer.isRun = true;
        const outcome = await runOperation(runner, validated, variables, contextValue.request);
        if (outcome.kind === 'incremental')
          return toResponse(undefined, outcome as unknown as Extract<ResponseBody, { kind: 'incremental' }>);
        if (request.query !== undefined) cache.add(request.query, validated);
        const { status, result } = outcome;
        if (result.data instanceof JsonText) answer.printed = printResult(result);
        const singleResult = result as Extract<ResponseBody, { kind: 'single' }>['singleResult'];
        return toResponse(status, { kind: 'single', singleResult });
      },
      async willSendResponse({ response: { body }, document, contextValue }) {
        if (body.kind !== 'single') return;
        const { errors } = body.singleResult;
        const { answer, request } = contextValue;
        if (answer.isRun === undefined && request.event !== undefined) noteErrors(request.event, errors);
        if (document === undefined) return;
        if (errors?.[0]?.extensions?.code !== 'GRAPHQL_VALIDATION_FAILED') return;
        body.singleResult.errors = await runner.suggest(errors, document, contextValue.request);
      },
    }),
  };
}

function createApolloServer(
  { config }: GatewayGeneration,
  { schema }: ApiView,
  engine: ApolloServerPlugin<ApolloContext>,
  log: Logger,
): ApolloServer<ApolloContext> {
  const { introspection } = config.server;
  return new ApolloServer<ApolloContext>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    csrfPrevention: false, // refuse-cross-site.ts: Apollo's also refuses plain GETs of servers
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    documentStore: null, // validated-operations.ts: with a store, Apollo Server prints the whole schema
    stringifyResult: (result) => (result.data instanceof JsonText ? '' : JSON.stringify(result)),
    formatError: (formatted, error) => formatError(formatted, error, log),
    logger: apolloLogger(log),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      engine,
    ],
  });
}

function bodyOf({ body }: HTTPGraphQLResponse): PipelineAnswer['body'] {
  return body.kind === 'complete' ? body.string : body.asyncIterator;
}

type ResponseBody = GraphQLResponse['body'];

function toResponse(status: number | undefined, body: ResponseBody): GraphQLResponse {
  return { http: { headers: new HeaderMap(), ...(status === undefined ? {} : { status }) }, body };
}

function apolloLogger(log: Logger) {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message?: unknown) => log[level]({}, String(message));
  return { debug: write('debug'), info: write('debug'), warn: write('warn'), error: write('error') };
}
