/**
 * A subgraph over HTTP: plain HTTP/1.1 through our own client (lean/), HTTP/2 and whatever is set to it through undici.
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
import {
  type BodyCompression,
  type HeaderRules,
  type TraceFormat,
  traceHeaderNames,
  unforwardableHeaders,
} from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { addTraceHeaders, type FetchEvent, newSpanId } from '../observability/index.ts';
import { Answer } from './answer.ts';
import { EndpointChooser } from './choose-endpoint.ts';
import { executeParts, splitRepresentations } from './chunk-representations.ts';
import { decodeBody, isEncoded } from './decode-body.ts';
import { encodeBody } from './encode-body.ts';
import type { Endpoint } from './endpoint.ts';
import type { Answered } from './exchange.ts';
import { splitHeaderRules } from './headers/fixed-header-rules.ts';
import { compileRequestHeaderRules } from './headers/request-header-rules.ts';
import type { CallerHeader, HttpSubgraphOptions } from './http-subgraph-options.ts';
import { openEndpoint } from './open-endpoint.ts';
import { PersistedQueries } from './persisted-queries.ts';
import type { RequestContext } from './request-context.ts';
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

type MessageHeaders = Pick<Message, 'fixedHeaders' | 'headers'>;

class HttpSubgraph implements SubgraphClient {
  readonly name: string;
  readonly kind = 'http';
  readonly #timeoutMs: number;
  readonly #endpoints: readonly Endpoint[];
  readonly #sender: SenderOptions;
  readonly #maxRepresentations: number;
  readonly #forward: ReturnType<typeof compileRequestHeaderRules>;
  /** What rules insert into every request. */
  readonly #inserted: readonly string[];
  readonly #responseRules: HeaderRules['response'];
  readonly #sharing: boolean;
  readonly #inFlight = new Map<string, SharedCall>();
  readonly #persisted: PersistedQueries | undefined;
  readonly #compression: BodyCompression;
  /** Of every request, before rules. */
  readonly #baseHeaders: readonly string[];
  /** These and `#inserted`: of every request whose headers neither a plugin nor the caller's identity changes. */
  readonly #fixedHeaders: readonly string[];
  readonly #callerHeaders: readonly CallerHeader[];
  readonly #traceFormats: readonly TraceFormat[];

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
    const { fixedHeaders, rules } = splitHeaderRules(headers.request);
    this.#inserted = fixedHeaders;
    // What a rule inserts for every request is the last word.
    this.#traceFormats = namesTrace(fixedHeaders) ? [] : (options.traceFormats ?? []);
    this.#forward = compileRequestHeaderRules(
      rules,
      this.#callerHeaders.map(({ header }) => header),
    );
    this.#responseRules = headers.response;
    // Followers would be handed the leader's cookie.
    const carriesCookies = headers.response.some(({ named }) => named === 'set-cookie');
    this.#sharing = (options.shareIdentical ?? true) && !carriesCookies;
    this.#persisted = options.apq === true ? new PersistedQueries() : undefined;
    this.#compression = compression;
    this.#baseHeaders = compression === 'none' ? contentHeaders : [...contentHeaders, ...acceptEncoding];
    this.#fixedHeaders = [...this.#baseHeaders, ...fixedHeaders];
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
    const forwarded = request.headers === undefined ? ruled : this.#withHeaders(ruled, request.headers);
    const body = writeRequest(request);
    const now = performance.now();
    const key = this.#sharing && request.kind === 'query' ? keyOf(context, forwarded, body) : undefined;
    const running = key === undefined ? undefined : this.#inFlight.get(key);
    if (running !== undefined) {
      if (request.event !== undefined) noteShared(request.event, running.event);
      return running.join(context, now);
    }
    const forget = key === undefined ? undefined : () => this.#inFlight.delete(key);
    const numbers = request.exponents === false ? plainExponents : allNumbers;
    const call = new SharedCall(this.name, this.#timeoutMs, now, forget, numbers, request.event);
    if (key !== undefined) this.#inFlight.set(key, call);
    const response = call.join(context, now);
    if (this.#callerHeaders.length === 0) {
      const areFixed = request.headers === undefined;
      this.#start(call, request, this.#headersFor(request, context, forwarded, areFixed), body);
    } else this.#startAsCaller(call, request, context, forwarded, body);
    return response;
  }

  /** What tells who asks is the last word on its header, whatever a plugin sets. */
  #startAsCaller(
    call: SharedCall,
    request: SubgraphRequest,
    context: RequestContext,
    forwarded: readonly string[] | undefined,
    body: string,
  ): void {
    const before = request.headers === undefined ? this.#withHeaders(forwarded, {}) : forwarded;
    const start = (values: readonly (string | undefined)[]): void => {
      const headers: Record<string, string> = {};
      for (const [index, { header }] of this.#callerHeaders.entries()) {
        const value = values[index];
        if (value !== undefined) headers[header] = value;
      }
      this.#start(call, request, this.#headersFor(request, context, withHeaders(before, headers), false), body);
    };
    try {
      const values = this.#callerHeaders.map(({ of }) => of(context.principal, this.name));
      if (values.every((value) => !(value instanceof Promise))) start(values as readonly (string | undefined)[]);
      else
        Promise.all(values)
          .then((resolved) => (call.stopped === undefined ? start(resolved) : undefined))
          .catch((error) => call.reject(error));
    } catch (error) {
      call.reject(error);
    }
  }

  #start(call: SharedCall, request: SubgraphRequest, headers: MessageHeaders, body: string): void {
    const { kind } = request;
    if (this.#compression !== 'none' || (this.#persisted?.supported === true && kind === 'query')) {
      void this.#run(call, request, headers, body);
      return;
    }
    const message: Message = { kind, ...headers, body };
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
  async #run(call: SharedCall, request: SubgraphRequest, headers: MessageHeaders, body: string): Promise<void> {
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

  /** @param areFixed whether `forwarded` lacks what rules insert into every request */
  #headersFor(
    { event }: SubgraphRequest,
    { requestId }: RequestContext,
    forwarded: readonly string[] | undefined,
    areFixed: boolean,
  ): MessageHeaders {
    const fixedHeaders = areFixed ? this.#fixedHeaders : this.#baseHeaders;
    // A rule may send on the client's own request id, or one of its own.
    const isRuled = forwarded?.includes('x-request-id') === true || fixedHeaders.includes('x-request-id');
    const headers = isRuled ? [] : ['x-request-id', requestId];
    if (forwarded !== undefined) headers.push(...forwarded);
    if (event?.trace !== undefined && this.#traceFormats.length > 0 && !namesTrace(forwarded)) {
      event.spanId ??= newSpanId();
      addTraceHeaders(this.#traceFormats, event.trace, event.spanId, headers);
    }
    return { fixedHeaders, headers };
  }

  /** All that rules forward and insert, with the headers of the request, which replace others of their names. */
  #withHeaders(ruled: readonly string[] = [], headers: Readonly<Record<string, string>>): readonly string[] {
    return withHeaders([...this.#inserted, ...ruled], headers);
  }

  async #ask(call: SharedCall, kind: SubgraphRequest['kind'], headers: MessageHeaders, body: string): Promise<Answer> {
    const message = await this.#compress(kind, headers, body);
    const answered = await sendWithRetries(this.#sender, call, message);
    return this.#read(call, answered, await this.#decode(answered));
  }

  async #askByHash(
    persisted: PersistedQueries,
    call: SharedCall,
    request: SubgraphRequest,
    headers: MessageHeaders,
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

  async #compress(kind: SubgraphRequest['kind'], { fixedHeaders, headers }: MessageHeaders, text: string) {
    if (this.#compression === 'none') return { kind, fixedHeaders, headers, body: text };
    const { body, encoding } = await encodeBody(text, this.#compression);
    const encoded = encoding === undefined ? headers : [...headers, 'content-encoding', encoding];
    return { kind, fixedHeaders, headers: encoded, body };
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

/** Whether a rule or a plugin says of the trace what it wants. */
function namesTrace(headers: readonly string[] | undefined): boolean {
  return headers !== undefined && traceHeaderNames.some((name) => headers.includes(name));
}

function noteShared(event: FetchEvent, leader: FetchEvent | undefined): void {
  event.isShared = true;
  if (leader?.trace === undefined || leader.spanId === undefined) return;
  event.leader = { traceId: leader.trace.traceId, spanId: leader.spanId };
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
