/**
 * The reference engine: `@apollo/gateway`'s planner and executor over our SubgraphClients. No other file imports the package.
 *
 * Known to be wrong, and kept as it is for reference: a client's aliases and arguments can reach the fields that
 * @requires reads; @context and progressive @override are not applied. Errors of a whole subgraph request have no path.
 */
import { createRequire } from 'node:module';
import type { GraphQLFormattedError } from 'graphql';
import { GraphQLError } from 'graphql';
import { ConfigError, type ErrorPolicy, type ResolvedConfig } from '../config/index.ts';
import { errorTable, GatewayError, messageOf } from '../errors/index.ts';
import { invariant } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { RequestContext, SubgraphClient, SubgraphError, SubgraphResponse } from '../transport/index.ts';
import type { ExecutionEngine, ExecutionResult, OperationRequest } from './execution-engine.ts';
import { maskSubgraphError, type ShownError } from './run/mask-subgraph-errors.ts';

export interface ReferenceEngineOptions {
  readonly supergraphSdl: string;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly errorPolicy: ErrorPolicy;
  readonly log: Logger;
}

/** An optional peer: it brings 97 packages and 70 MB that nobody else needs. The version is what Isthmus is tested with. */
const referencePackage = '@apollo/gateway@2.14.4';

const noDryRun = 'The reference engine does not price operations: there are no dry runs.';

/** @throws ConfigError where the configuration names this engine and its package is not installed */
export function refuseMissingReference({ file, engine }: ResolvedConfig): void {
  if (engine !== 'reference') return;
  try {
    createRequire(import.meta.url).resolve('@apollo/gateway');
  } catch {
    const message = `the reference engine is a package of its own, which is not installed: run npm install ${referencePackage}, or write engine: isthmus`;
    throw new ConfigError(file, [{ path: 'engine', line: undefined, message }]);
  }
}

export async function createReferenceEngine(options: ReferenceEngineOptions): Promise<ExecutionEngine> {
  // Without this, the package reports home at start and every hour; it is read when the class is constructed.
  process.env.APOLLO_TELEMETRY_DISABLED = '1';
  const { ApolloGateway } = await import('@apollo/gateway');
  const gateway = new ApolloGateway({
    supergraphSdl: options.supergraphSdl,
    __exposeQueryPlanExperimental: false,
    validateSupergraph: false,
    logger: quiet,
    buildService: ({ name }) => {
      const client = options.clients.get(name);
      invariant(client !== undefined, `subgraph ${name} has a client`);
      return {
        async process({ request, context }) {
          const requestContext = (context as { request: RequestContext }).request;
          const response = await fetchFrom(client, request, requestContext, options);
          return {
            data: response.data ?? undefined,
            errors: response.errors?.map(
              ({ message, path, extensions }) => new GraphQLError(message, { path, extensions }),
            ),
          } as Awaited<ReturnType<import('@apollo/gateway').GraphQLDataSource['process']>>;
        },
      };
    },
  });
  const { executor } = await gateway.load();

  return {
    async execute(request) {
      if (request.context.isDryRun === true) throw new GatewayError('BAD_REQUEST', { message: noDryRun });
      let result: ExecutionResult;
      try {
        result = (await executor(requestContextOf(request))) as ExecutionResult;
      } catch (error) {
        if (/exceeds limit/.test(messageOf(error))) throw new GatewayError('PLAN_DEADLINE_EXCEEDED', { cause: error });
        throw error;
      }
      request.context.signal.throwIfAborted();
      return { kind: 'single', result: toResult(result) };
    },
    mostUsed: () => [],
    warm: async () => {}, // its plans are keyed by text and made on the thread that serves: nothing is gained ahead
    isAvailable: () => true,
    planCount: () => 0,
    close: () => gateway.stop(),
  };
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

type Executor = Awaited<ReturnType<InstanceType<typeof import('@apollo/gateway').ApolloGateway>['load']>>['executor'];

function requestContextOf(request: OperationRequest): Parameters<Executor>[0] {
  return {
    request: { operationName: request.operationName, variables: request.variables },
    document: request.document,
    operation: request.operation,
    operationName: request.operationName ?? null,
    queryHash: request.documentHash,
    metrics: {},
    context: { request: request.context },
    logger: quiet,
  } as unknown as Parameters<Executor>[0];
}

/** A failed request becomes the errors of an answer without data, so that the other fetches of the plan go on. */
async function fetchFrom(
  client: SubgraphClient,
  request: { readonly query?: string; readonly operationName?: string; readonly variables?: Record<string, unknown> },
  context: RequestContext,
  { log, errorPolicy }: ReferenceEngineOptions,
): Promise<SubgraphResponse> {
  const query = request.query ?? '';
  try {
    const response = await client.execute(
      {
        kind: query.startsWith('mutation') ? 'mutation' : 'query',
        query,
        operationName: request.operationName,
        variables: request.variables,
      },
      context,
    );
    if (response.errors === undefined) return response;
    for (const { message, path, extensions } of response.errors) {
      log.warn(
        { requestId: context.requestId, subgraph: client.name, path, extensions, reason: message },
        'subgraph error',
      );
    }
    return {
      ...response,
      errors: response.errors.map((error) => clientError(error.path, maskSubgraphError(errorPolicy, client, error))),
    };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn(
      { requestId: context.requestId, subgraph: client.name, code: error.code, reason: error.detail },
      'subgraph request failed',
    );
    const { message, code } = error;
    const service = errorPolicy.serviceName ? { service: client.name } : {};
    return { errors: [clientError(undefined, { message, extensions: { code, ...service } })] };
  }
}

/** Errors without originals or duplicates; nulls that the subgraphs were not allowed to give become errors of their own. */
function toResult({ data, errors, extensions }: ExecutionResult): ExecutionResult {
  const completion = extensions?.valueCompletion;
  const all = [
    ...(errors ?? []).map(toFormattedError),
    ...(Array.isArray(completion) ? completion.map(toCompletionError) : []),
  ];
  const distinct = new Map(all.map((error) => [JSON.stringify(error), error]));
  return distinct.size === 0 ? { data } : { data, errors: [...distinct.values()] };
}

/** The package adds to an error's extensions and may change its message; what is to be shown goes through it whole. */
function clientError(path: SubgraphError['path'], error: ShownError): SubgraphError {
  return { message: error.message, ...(path === undefined ? {} : { path }), extensions: { shown: error } };
}

function toFormattedError({ path, extensions }: GraphQLFormattedError): GraphQLFormattedError {
  const error = extensions?.shown as ShownError | undefined;
  return {
    message: error?.message ?? errorTable.INTERNAL_SERVER_ERROR.client,
    ...(path === undefined ? {} : { path }),
    extensions: { ...(error?.extensions ?? { code: 'INTERNAL_SERVER_ERROR' }) },
  };
}

function toCompletionError(error: GraphQLFormattedError): GraphQLFormattedError {
  return {
    message: errorTable.SUBREQUEST_MALFORMED_RESPONSE.client,
    ...(error.path === undefined ? {} : { path: error.path }),
    extensions: { code: 'SUBREQUEST_MALFORMED_RESPONSE' },
  };
}
