/**
 * A subgraph over HTTP: plain HTTP/1.1 through our own client (lean/), HTTP/2 and whatever is set to it through undici,
 * which no other file of this folder imports.
 *
 * What a request goes through, in order:
 *
 * 1. a list of representations above the limit is split (chunk-representations.ts)
 * 2. an identical query in flight is joined (share-in-flight.ts, shared-call.ts)
 * 3. where configured, the query is sent by its hash (persisted-queries.ts), the body compressed (encode-body.ts)
 * 4. a URL is chosen, its breaker asked, failures tried again within the budget (send-with-retries.ts)
 * 5. the exchange itself (exchange.ts), then decoding and parsing the answer
 *
 * Bounded in every direction: one deadline for connecting, headers, the whole body and all retries (a byte a second does
 * not keep it open), a limit on the answer's size after decoding, and redirects are never followed (a subgraph cannot
 * point the gateway at another host). A client that leaves stops its request at once, unless others wait for it.
 */
import type * as Undici from 'undici';
import { type BodyCompression, type HeaderRules, unforwardableHeaders } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { packageOnDemand } from '../lib/index.ts';
import type { ClientCredentials } from '../tls/index.ts';
import { Answer } from './answer.ts';
import { EndpointChooser } from './choose-endpoint.ts';
import { executeParts, splitRepresentations } from './chunk-representations.ts';
import { decodeBody, isEncoded } from './decode-body.ts';
import { encodeBody } from './encode-body.ts';
import { type ConnectionPool, Endpoint } from './endpoint.ts';
import type { Answered } from './exchange.ts';
import type { CallerHeader, HttpSubgraphOptions } from './http-subgraph-options.ts';
import { LeanPool } from './lean/lean-pool.ts';
import { PersistedQueries } from './persisted-queries.ts';
import type { RequestContext } from './request-context.ts';
import { compileRequestHeaderRules } from './request-header-rules.ts';
import { RetryBudget } from './retry-budget.ts';
import {
  type Message,
  ownedTry,
  type SenderOptions,
  sendAgain,
  sendFirst,
  sendWithRetries,
  type Tried,
} from './send-with-retries.ts';
import { keyOf } from './share-in-flight.ts';
import { SharedCall } from './shared-call.ts';
import type { EndpointStatus, SubgraphClient, SubgraphRequest, SubgraphResponse } from './subgraph-client.ts';
import { writeRequest } from './write-request.ts';

const undici = packageOnDemand<typeof Undici>('undici');

export function createHttpSubgraph(options: HttpSubgraphOptions): SubgraphClient {
  return new HttpSubgraph(options);
}

const contentHeaders = [
  'content-type',
  'application/json',
  'accept',
  'application/graphql-response+json, application/json',
];
const allNumbers = { exponents: true };
const plainExponents = { exponents: false };
const acceptEncoding = ['accept-encoding', 'gzip, br, deflate'];

class HttpSubgraph implements SubgraphClient {
  readonly name: string;
  readonly kind = 'http';
  readonly #timeoutMs: number;
  readonly #endpoints: readonly Endpoint[];
  readonly #sender: SenderOptions;
  readonly #maxRepresentations: number;
  readonly #forward: ReturnType<typeof compileRequestHeaderRules>;
  readonly #responseRules: HeaderRules['response'];
  readonly #sharing: boolean;
  readonly #inFlight = new Map<string, SharedCall>();
  readonly #persisted: PersistedQueries | undefined;
  readonly #compression: BodyCompression;
  readonly #baseHeaders: readonly string[];
  readonly #callerHeaders: readonly CallerHeader[];

  constructor(options: HttpSubgraphOptions) {
    const { name, url, furtherUrls = [], headers = { request: [], response: [] }, compression = 'none' } = options;
    this.name = name;
    this.#timeoutMs = options.timeoutMs;
    this.#endpoints = [url, ...furtherUrls].map((endpointUrl) => openEndpoint(endpointUrl, options));
    this.#sender = {
      service: name,
      chooser: new EndpointChooser(this.#endpoints),
      budget: new RetryBudget(),
      retries: options.retries ?? 1,
      maxResponseBytes: options.maxResponseBytes ?? 50_000_000,
    };
    this.#maxRepresentations = options.maxRepresentations ?? Number.POSITIVE_INFINITY;
    this.#callerHeaders = options.callerHeaders ?? [];
    this.#forward = compileRequestHeaderRules(
      headers.request,
      this.#callerHeaders.map(({ header }) => header),
    );
    this.#responseRules = headers.response;
    // Followers would be handed the leader's cookie.
    const carriesCookies = headers.response.some(({ named }) => named === 'set-cookie');
    this.#sharing = (options.shareIdentical ?? true) && !carriesCookies;
    this.#persisted = options.apq === true ? new PersistedQueries() : undefined;
    this.#compression = compression;
    this.#baseHeaders = compression === 'none' ? contentHeaders : [...contentHeaders, ...acceptEncoding];
  }

  execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    if (this.#maxRepresentations !== Number.POSITIVE_INFINITY) {
      const parts = splitRepresentations(request, this.#maxRepresentations);
      if (parts !== undefined) {
        return executeParts(this.name, parts, context, (part, partContext) => this.#executeOne(part, partContext));
      }
    }
    return this.#executeOne(request, context);
  }

  #executeOne(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    if (context.signal.aborted) return Promise.reject(context.signal.reason);
    const ruled = this.#forward?.(context.clientHeaders, context.principal, context.clientAddress);
    const forwarded = request.headers === undefined ? ruled : withHeaders(ruled, request.headers);
    const body = writeRequest(request);
    const now = performance.now();
    const key = this.#sharing && request.kind === 'query' ? keyOf(context, forwarded, body) : undefined;
    const running = key === undefined ? undefined : this.#inFlight.get(key);
    if (running !== undefined) return running.join(context, now);
    const forget = key === undefined ? undefined : () => this.#inFlight.delete(key);
    const numbers = request.exponents === false ? plainExponents : allNumbers;
    const call = new SharedCall(this.name, this.#timeoutMs, now, forget, numbers);
    if (key !== undefined) this.#inFlight.set(key, call);
    const response = call.join(context, now);
    if (this.#callerHeaders.length === 0) this.#start(call, request, context.requestId, forwarded, body);
    else this.#startAsCaller(call, request, context, forwarded, body);
    return response;
  }

  /** What tells who asks is the last word on its header, whatever a plugin sets. */
  #startAsCaller(
    call: SharedCall,
    request: SubgraphRequest,
    { principal, requestId }: RequestContext,
    forwarded: readonly string[] | undefined,
    body: string,
  ): void {
    const start = (values: readonly (string | undefined)[]): void => {
      const headers: Record<string, string> = {};
      for (const [index, { header }] of this.#callerHeaders.entries()) {
        const value = values[index];
        if (value !== undefined) headers[header] = value;
      }
      this.#start(call, request, requestId, withHeaders(forwarded, headers), body);
    };
    try {
      const values = this.#callerHeaders.map(({ of }) => of(principal, this.name));
      if (values.every((value) => !(value instanceof Promise))) start(values as readonly (string | undefined)[]);
      else
        Promise.all(values)
          .then((resolved) => (call.stopped === undefined ? start(resolved) : undefined))
          .catch((error) => call.reject(error));
    } catch (error) {
      call.reject(error);
    }
  }

  #start(
    call: SharedCall,
    request: SubgraphRequest,
    requestId: string,
    forwarded: readonly string[] | undefined,
    body: string,
  ): void {
    const { kind } = request;
    const headers = this.#headersFor(requestId, forwarded);
    if (this.#compression !== 'none' || (this.#persisted?.supported === true && kind === 'query')) {
      void this.#run(call, request, headers, body);
      return;
    }
    const message: Message = { kind, headers, body };
    sendFirst(this.#sender, call, message, (tried) => {
      const { outcome } = tried;
      if (outcome?.kind === 'answered' && outcome.status < 400 && !isEncoded(outcome.headers['content-encoding'])) {
        this.#answer(call, outcome);
      } else void this.#retry(call, message, ownedTry(tried));
    });
  }

  #answer(call: SharedCall, answered: Answered): void {
    try {
      call.resolve(this.#read(call, answered, answered.body));
    } catch (error) {
      call.reject(error);
    }
  }

  async #retry(call: SharedCall, message: Message, tried: Tried): Promise<void> {
    try {
      const answered = await sendAgain(this.#sender, call, message, tried);
      call.resolve(this.#read(call, answered, await this.#decode(answered)));
    } catch (error) {
      call.reject(error);
    }
  }

  /** The way of requests whose body is compressed or whose query may go by its hash. */
  async #run(call: SharedCall, request: SubgraphRequest, headers: string[], body: string): Promise<void> {
    try {
      const byHash = this.#persisted?.supported === true && request.kind === 'query';
      call.resolve(
        byHash
          ? await this.#askByHash(this.#persisted, call, request, headers, body)
          : await this.#ask(call, request.kind, headers, body),
      );
    } catch (error) {
      call.reject(error);
    }
  }

  #headersFor(requestId: string, forwarded: readonly string[] | undefined): string[] {
    if (forwarded === undefined) return [...this.#baseHeaders, 'x-request-id', requestId];
    // A rule may send on the client's own request id.
    const requestIdHeader = forwarded.includes('x-request-id') ? [] : ['x-request-id', requestId];
    return [...this.#baseHeaders, ...requestIdHeader, ...forwarded];
  }

  async #ask(call: SharedCall, kind: SubgraphRequest['kind'], headers: string[], body: string): Promise<Answer> {
    const message = await this.#compress(kind, headers, body);
    const answered = await sendWithRetries(this.#sender, call, message);
    return this.#read(call, answered, await this.#decode(answered));
  }

  async #askByHash(
    persisted: PersistedQueries,
    call: SharedCall,
    request: SubgraphRequest,
    headers: string[],
    whole: string,
  ): Promise<Answer> {
    const sha256Hash = persisted.hashOf(request.query);
    const answer = await this.#ask(call, 'query', headers, writeRequest(request, { sha256Hash, withQuery: false }));
    switch (persisted.refusalIn(answer.response)) {
      case 'not-found':
        return this.#ask(call, 'query', headers, writeRequest(request, { sha256Hash, withQuery: true }));
      case 'not-supported':
        persisted.supported = false;
        return this.#ask(call, 'query', headers, whole);
      default:
        return answer;
    }
  }

  async #compress(kind: SubgraphRequest['kind'], headers: string[], text: string) {
    if (this.#compression === 'none') return { kind, headers, body: text };
    const { body, encoding } = await encodeBody(text, this.#compression);
    return { kind, headers: encoding === undefined ? headers : [...headers, 'content-encoding', encoding], body };
  }

  #read({ numbers }: SharedCall, { status, headers }: Answered, bytes: Buffer): Answer {
    return new Answer(this.name, status, headers, bytes, this.#responseRules, numbers);
  }

  async #decode({ body, headers }: Answered): Promise<Buffer> {
    if (!isEncoded(headers['content-encoding'])) return body;
    const decoded = await decodeBody(body, headers['content-encoding'], this.#sender.maxResponseBytes);
    if (decoded.kind === 'decoded') return decoded.body;
    throw new GatewayError('SUBREQUEST_MALFORMED_RESPONSE', { service: this.name, detail: decoded.detail });
  }

  status(): readonly EndpointStatus[] {
    return this.#endpoints.map(({ url, breakerState, inFlight }) => ({ url, breaker: breakerState, inFlight }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
  }
}

/** The headers of the rules with those of the request, which replace others of their names. */
function withHeaders(ruled: readonly string[] = [], headers: Readonly<Record<string, string>>): readonly string[] {
  const merged: string[] = [];
  for (let at = 0; at < ruled.length; at += 2) {
    const name = ruled[at] as string;
    if (!Object.hasOwn(headers, name)) merged.push(name, ruled[at + 1] as string);
  }
  for (const [name, value] of Object.entries(headers)) if (!unforwardableHeaders.has(name)) merged.push(name, value);
  return merged;
}

/** New connections are made with the credentials of the day; a connector keeps sessions, which belong to those it was made with. */
function followingConnector(
  tls: NonNullable<HttpSubgraphOptions['tls']>,
  options: Undici.buildConnector.BuildOptions,
): Undici.buildConnector.connector {
  let connector: { readonly of: ClientCredentials; readonly connect: Undici.buildConnector.connector } | undefined;
  return (target, callback) => {
    const { current } = tls;
    if (connector?.of !== current)
      connector = { of: current, connect: undici().buildConnector({ ...options, ...current.options }) };
    return connector.connect(target, callback);
  };
}

function openEndpoint(url: string, options: HttpSubgraphOptions): Endpoint {
  const connections = options.maxConnections ?? 100;
  const { origin } = new URL(url);
  const connectTimeoutMs = options.connectTimeoutMs ?? 1_000;
  const allowH2 = options.http2 ?? true;
  const openUndici = (): ConnectionPool =>
    new (undici().Pool)(origin, {
      connections,
      allowH2,
      connect:
        options.tls === undefined
          ? { timeout: connectTimeoutMs }
          : followingConnector(options.tls, { timeout: connectTimeoutMs, allowH2 }),
      // The call's own deadline covers the whole exchange; undici's two would only cover parts of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  const pool =
    options.client === 'undici'
      ? openUndici()
      : new LeanPool({
          origin,
          connections,
          connectTimeoutMs,
          tls: options.tls,
          http2: allowH2 ? openUndici : undefined,
        });
  return new Endpoint({
    url,
    pool,
    maxInFlight: options.maxInFlight ?? connections * 50,
    breaker: options.breaker,
    breakerShare:
      options.signals === undefined
        ? undefined
        : { signals: options.signals, topic: `subgraph breaker ${options.name} ${url}` },
    onBreakerChange: options.onBreakerChange,
  });
}
