export { createHttpSubgraph, type HttpSubgraphOptions } from './http-subgraph.ts';
export { anonymous, type Principal, type RequestContext, type ResponseHeaderCollector } from './request-context.ts';
export { compileRequestHeaderRules, type ForwardHeaders } from './request-header-rules.ts';
export { CollectedResponseHeaders } from './response-headers.ts';
export type {
  EndpointStatus,
  SubgraphClient,
  SubgraphError,
  SubgraphRequest,
  SubgraphResponse,
} from './subgraph-client.ts';
