export type { FieldCode, FieldCodeCall } from './ai/fields/index.ts';
export { ConfigError, type ConfigProblem, loadConfig, type ResolvedConfig } from './config/index.ts';
export { type ErrorCode, type ErrorEntry, errorTable, GatewayError } from './errors/index.ts';
export type { ExecutionEngine, ExecutionOutcome, ExecutionResult, OperationRequest } from './execution/index.ts';
export {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type ListeningServer,
} from './gateway.ts';
export type { ListenOptions } from './http/index.ts';
export { createLogger, type Logger, type LoggerOptions } from './observability/index.ts';
export type { GatewayGeneration, ReloadOutcome } from './runtime/index.ts';
export { CompositionError, type CompositionProblem } from './supergraph/index.ts';
export type {
  Principal,
  RequestContext,
  SubgraphClient,
  SubgraphRequest,
  SubgraphResponse,
} from './transport/index.ts';
