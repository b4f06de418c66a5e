import type { Principal } from '../access/principal.ts';
import type { BodyCompression, BreakerConfig, HeaderRules, HttpClient, TraceFormat } from '../config/index.ts';
import type { Signals } from '../signals/index.ts';
import type { ClientCredentials } from '../tls/index.ts';
import type { BreakerState } from './circuit-breaker.ts';

/** A header that tells one subgraph who asks: a signed statement, or a token of its own audience. */
export interface CallerHeader {
  /** In lower case. */
  readonly header: string;
  /**
   * @returns undefined: it is not sent; a promise where it has to be made
   * @throws GatewayError where the request must not be sent without it
   */
  of(principal: Principal, subgraph: string): string | undefined | Promise<string>;
}

/** How a subgraph is reached over HTTP, and its bounds. */
export interface HttpSubgraphOptions {
  readonly name: string;
  readonly url: string;
  /** URLs besides `url` that answer the same. @default [] */
  readonly furtherUrls?: readonly string[];
  /** How long the whole answer may take, retries included. */
  readonly timeoutMs: number;
  /** How long connecting may take. @default 1_000 */
  readonly connectTimeoutMs?: number;
  /** How often a failed query is sent again, at 20 % extra load at most; mutations never are. @default 1 */
  readonly retries?: number;
  /** The largest answer read, after decoding. @default 50_000_000 */
  readonly maxResponseBytes?: number;
  /** The most representations in one request; longer lists are split. @default no limit */
  readonly maxRepresentations?: number | undefined;
  /** The most connections kept to each URL. @default 100 */
  readonly maxConnections?: number;
  /**
   * The most requests to one URL, sent or waiting for a connection; one more fails at once.
   * @default 50 for each connection: each would have to be answered in 0.2 s for the last to be within 10 s
   */
  readonly maxInFlight?: number;
  /** Whether HTTP/2 is used where an https:// URL offers it. Costs nothing on http://. @default true */
  readonly http2?: boolean;
  /** What sends requests: our own client for plain HTTP/1.1, or undici for everything. @default 'lean' */
  readonly client?: HttpClient;
  /** Certificates for https:// URLs; `current` may be replaced, for new connections. @default Node's own */
  readonly tls?: { readonly current: ClientCredentials } | undefined;
  /** Whether queries are sent by hash first. @default false */
  readonly apq?: boolean;
  /** How request bodies are compressed; other than none also asks for compressed answers. @default 'none' */
  readonly compression?: BodyCompression;
  /** The circuit breaker of each URL. @default none */
  readonly breaker?: BreakerConfig | undefined;
  /** Which headers reach the subgraph and come back from it. @default none */
  readonly headers?: HeaderRules;
  /** Tell the subgraph who asks; nothing that a client sends becomes one of them. @default none */
  readonly callerHeaders?: readonly CallerHeader[];
  /** How the subgraph is told of the trace that a request belongs to. @default not at all */
  readonly traceFormats?: readonly TraceFormat[];
  /** Whether identical queries in flight share one request. @default true */
  readonly shareIdentical?: boolean;
  /** How the breakers of its URLs follow those of other workers. @default each counts alone */
  readonly signals?: Signals;
  /** Told when a URL's breaker changes, for the log and metrics. */
  readonly onBreakerChange?: (url: string, state: BreakerState) => void;
}
