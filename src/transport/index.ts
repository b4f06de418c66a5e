export { createHttpSubgraph, type HttpSubgraphOptions } from './http-subgraph.ts';
export { anonymous, type Principal, type RequestContext } from './request-context.ts';
export type { SubgraphClient, SubgraphError, SubgraphRequest, SubgraphResponse } from './subgraph-client.ts';
