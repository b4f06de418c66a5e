import type { GatewayError } from '../errors/index.ts';
import type { FetchEvent } from '../observability/index.ts';
import type { RequestContext } from './request-context.ts';

/**
 * One request to a subgraph. An in-process subgraph is handed `variables`, as values that it must not change. The variables of a
 * request to an HTTP subgraph may be JSON text, so that an engine that writes text need not build objects first:
 *
 * - `variables`: an object. Numbers that no JavaScript number equals are `ExactNumber`s.
 * - `variablesJson`: the JSON text of the variables object, such as `{"first":2}`; it is sent as it is, and `variables`
 *   is ignored.
 * - `representationsJson`: the JSON texts of the entity representations, one each. They become the variable
 *   `representations`; the other variables come from `variablesJson` or `variables`, neither of which may contain
 *   `representations`.
 *
 * The texts are trusted to be JSON: they are sent without being parsed.
 */
export interface SubgraphRequest {
  readonly kind: 'query' | 'mutation';
  readonly query: string;
  /** The query as JSON text, where it has been made already. */
  readonly queryJson?: string | undefined;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly variablesJson?: string | undefined;
  readonly representationsJson?: readonly string[] | undefined;
  /** Headers beside those of the header rules, in lower case; the last word where both name one. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the answer may hold a number whose exponent exceeds a JavaScript number's, such as `1e400`: only custom
   * scalars do. Where not, none is looked for.
   *
   * @default true
   */
  readonly exponents?: boolean | undefined;
  /** Filled while it is answered; missing where nobody looks at it. */
  readonly event?: FetchEvent | undefined;
}

/** An error as a subgraph wrote it: outside data, whose message a client must not see by default. */
export interface SubgraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Of an in-process subgraph: the message is written by Isthmus for clients. @default false */
  readonly isOwnMessage?: boolean;
  /** Why there is no answer, where no subgraph wrote the error: it is coded and safe to show. */
  readonly cause?: GatewayError;
}

/** What an in-process subgraph tells of a field beside its value, for clients that ask to have it explained. */
export interface SubgraphNote {
  /** The key of the answer's `extensions` it belongs under. */
  readonly extension: string;
  readonly path: readonly (string | number)[];
  readonly value: Readonly<Record<string, unknown>>;
}

/** Tags that a subgraph sends with an answer, by which it is invalidated in caches. */
export interface SentCacheTags {
  /** `apolloCacheTags`: of the answer’s fields of the root. */
  readonly answer: readonly string[];
  /** `apolloEntityCacheTags`: of each entity, in the order of the representations. */
  readonly entities: readonly (readonly string[])[];
}

export interface SubgraphResponse {
  /**
   * Of the cached entries that the answer was made from, where it is of nothing else: two answers to one request that are made from
   * the same have the same data, which is made when it is read.
   */
  readonly versions?: readonly number[] | undefined;
  /** Missing where the subgraph sent none. */
  readonly cacheTags?: SentCacheTags;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly SubgraphError[];
  /** Only where the context's `explain` asks for it. */
  readonly notes?: readonly SubgraphNote[];
}

/**
 * One subgraph, however it is reached. Implementations: HTTP, and in-process (AI subgraphs).
 *
 * `execute` throws `GatewayError` `SUBGRAPH_REQUEST_TIMEOUT`, `SUBREQUEST_HTTP_ERROR`, `SUBREQUEST_MALFORMED_RESPONSE`
 * or `SUBGRAPH_CIRCUIT_BREAKER_REJECTED`; it rejects with the context's signal's reason when that aborts.
 */
export interface SubgraphClient {
  readonly name: string;
  /** Errors of an in-process subgraph are ours: coded and safe to show. Those of an HTTP one are masked. */
  readonly kind: 'http' | 'in-process';
  execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse>;
  /** How each URL stands, for metrics and health pages. In-process subgraphs have none. */
  status?(): readonly EndpointStatus[];
  close(): Promise<void>;
}

export interface EndpointStatus {
  readonly url: string;
  /** `open` is not asked; `half-open` is asked once, to see whether it is well again. */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Requests sent or waiting for a connection. */
  readonly inFlight: number;
}
