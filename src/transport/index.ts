export { CircuitBreaker, type Verdict } from './circuit-breaker.ts';
export { createHttpSubgraph, type HttpSubgraphOptions } from './http-subgraph.ts';
export { isWithinDepth, maxValueDepth } from './is-within-depth.ts';
export { anonymous, type Principal, type RequestContext, type ResponseHeaderCollector } from './request-context.ts';
export { compileRequestHeaderRules, type ForwardHeaders } from './request-header-rules.ts';
export { CollectedResponseHeaders } from './response-headers.ts';
export { readRetryAfter } from './retry-policy.ts';
export { RollingWindow } from './rolling-window.ts';
export type {
  EndpointStatus,
  SubgraphClient,
  SubgraphError,
  SubgraphNote,
  SubgraphRequest,
  SubgraphResponse,
} from './subgraph-client.ts';
