/**
 * `isthmus`: a gateway in your own process, and what its options, plugins and field code are typed by.
 *
 * ```ts
 * import { createGateway } from 'isthmus';
 *
 * const gateway = await createGateway({ configFile: 'supergraph.yaml' });
 * const response = await gateway.fetch(new Request('http://localhost/graphql', { method: 'POST', … }));
 * const { url } = await gateway.listen({ port: 4000 });
 * await gateway.close();
 * ```
 */
export type { Principal } from './access/index.ts';
export type { FieldCode, FieldCodeCall } from './ai/fields/index.ts';
export {
  type EmbeddingRequest,
  type Embeddings,
  type ModelAnswer,
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type ProviderStreamPart,
  type Usage,
} from './ai/model-call/index.ts';
export type { CacheEntry, EntryStore as CacheStore, StoreOptions } from './cache/index.ts';
export { ConfigError, type ConfigProblem, loadConfig, type ResolvedConfig } from './config/index.ts';
export { type ErrorCode, type ErrorEntry, errorTable, GatewayError } from './errors/index.ts';
export type { ExecutionEngine, ExecutionOutcome, ExecutionResult, OperationRequest } from './execution/index.ts';
export { createGateway, type Gateway, type GatewayOptions, type ListeningServer } from './gateway.ts';
export type { ListenOptions } from './http/index.ts';
export { createLogger, type Logger, type LoggerOptions } from './observability/index.ts';
export type {
  HookResult,
  HttpAnswer,
  ModelCallEvent,
  ModelCallSummary,
  OperationAnswer,
  OperationEvent,
  OperationResult,
  PlanEvent,
  PlannedRequest,
  Plugin,
  ReloadEvent,
  RequestEvent,
  ResponseEvent,
  SubgraphEvent,
} from './plugins/index.ts';
export type { GatewayGeneration, Invalidated, Invalidation, ReloadOutcome } from './runtime/index.ts';
export { CompositionError, type CompositionProblem } from './supergraph/index.ts';
export type {
  InProcessAnswer,
  InProcessContext,
  InProcessOperation,
  InProcessSubgraph,
  RequestContext,
  SubgraphClient,
  SubgraphRequest,
  SubgraphResponse,
} from './transport/index.ts';
