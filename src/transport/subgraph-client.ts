import type { RequestContext } from './request-context.ts';

export interface SubgraphRequest {
  readonly kind: 'query' | 'mutation';
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/** An error as a subgraph wrote it: outside data, whose message a client must not see by default. */
export interface SubgraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface SubgraphResponse {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly SubgraphError[];
}

/**
 * One subgraph, however it is reached. Implementations: HTTP, and in-process (AI subgraphs).
 *
 * `execute` throws `GatewayError` `SUBGRAPH_REQUEST_TIMEOUT`, `SUBREQUEST_HTTP_ERROR` or `SUBREQUEST_MALFORMED_RESPONSE`;
 * it rejects with the context's signal's reason when that aborts.
 */
export interface SubgraphClient {
  readonly name: string;
  /** Errors of an in-process subgraph are ours: coded and safe to show. Those of an HTTP one are masked. */
  readonly kind: 'http' | 'in-process';
  execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse>;
  close(): Promise<void>;
}
