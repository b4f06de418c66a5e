export { CircuitBreaker, type Verdict } from './circuit-breaker.ts';
export { compileRequestHeaderRules, type ForwardHeaders } from './headers/request-header-rules.ts';
export { CollectedResponseHeaders } from './headers/response-headers.ts';
export { createHttpSubgraph } from './http-subgraph.ts';
export type { CallerHeader, HttpSubgraphOptions } from './http-subgraph-options.ts';
export {
  createInProcessSubgraph,
  type InProcessAnswer,
  type InProcessContext,
  type InProcessOperation,
  type InProcessSubgraph,
  inProcessSubgraph,
} from './in-process-subgraph.ts';
export { isWithinDepth, maxValueDepth } from './is-within-depth.ts';
export type { LeanController, LeanExchange, LeanRequest } from './lean/lean-exchange.ts';
export { LeanPool } from './lean/lean-pool.ts';
export { withRootTypeNames } from './renamed-roots.ts';
export type {
  CacheDemands,
  CacheReport,
  FieldReading,
  OperationCosts,
  PlanSizes,
  ReaderView,
  RequestContext,
} from './request-context.ts';
export { readRetryAfter } from './retry-policy.ts';
export type {
  SubgraphClient,
  SubgraphError,
  SubgraphNote,
  SubgraphRequest,
  SubgraphResponse,
} from './subgraph-client.ts';
export { writeVariables } from './write-request.ts';
