/**
 * Answers to requests that were sent before and whose answers are cached: from the request's bytes and who sends it to the answer's
 * bytes. Nothing is parsed, validated or planned again. What cannot differ for the same bytes is remembered; what can is done
 * each time: media types and CSRF, identity, contract, whether the document may be sent, what access denies.
 *
 * Whatever is more than a plain hit (a stale answer, an explanation, a client that directs caches) goes the whole way.
 */
import type { Principal } from '../../../access/index.ts';
import { type Soon, writeTokenHeader } from '../../../cache/index.ts';
import type { OperationRequest } from '../../../execution/index.ts';
import type { BudgetedCache } from '../../../lib/index.ts';
import { clientNameOf } from '../../../limits/index.ts';
import type { OperationEvent } from '../../../observability/index.ts';
import type { GatewayGeneration } from '../../../runtime/index.ts';
import { callerFactsOf } from '../../edge/caller-facts.ts';
import type { AllowedOrigins } from '../../request/allowed-origins.ts';
import type { ClientRequest } from '../../request/client-request.ts';
import { dryRunHeader } from '../../request/dry-run.ts';
import { maxUsdHeader } from '../../request/open-account.ts';
import { pathOf } from '../../request/path-of.ts';
import { refuseCrossSite } from '../../request/refuse-cross-site.ts';
import { beginOperation } from '../../request/request-event.ts';
import type { Answer } from '../answer-through-plugins.ts';
import { noteValidated } from '../operation-events.ts';
import { type GraphQLMediaType, mediaTypeOf } from '../read-graphql-request.ts';
import { documentIdOf, endpointOf } from '../resolve-document.ts';
import type { ValidatedOperation } from '../validated-operations.ts';
import type { CachedExecution } from './cached-execution.ts';
import { longAnswerOf } from './long-answer.ts';

/** An operation with its variables, which have been checked. */
export interface KnownOperation {
  readonly validated: ValidatedOperation;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly view: NonNullable<OperationRequest['view']>;
  readonly cached: CachedExecution;
  /** Beside those of the cached answer. */
  readonly headers: readonly (readonly [string, string])[];
}

/** How the request names its document. */
export interface NamedDocument {
  readonly text: string | undefined;
  readonly id: string | undefined;
  readonly isHash: boolean;
  /** The document itself. */
  readonly document: string;
}

interface KnownRequest extends KnownOperation {
  readonly named: NamedDocument;
  /** Keys by what differs among callers. */
  readonly keys: Map<string, string>;
  /** Of the headers that tell how long an answer may be cached. */
  readonly isForEveryone: boolean;
}

/** Of a request with one of these, more than a plain hit may be wanted. */
const decidingHeaders = ['isthmus-explain', dryRunHeader, maxUsdHeader, writeTokenHeader];
const longestText = 32_768;
const maxKeys = 32;
/** The object, its parsed variables and its keys, beside the text. */
const entryBytes = 2_000;

const contentTypes: Readonly<Record<GraphQLMediaType, readonly [string, string]>> = {
  'application/json': ['content-type', 'application/json; charset=utf-8'],
  'application/graphql-response+json': ['content-type', 'application/graphql-response+json; charset=utf-8'],
};

/** What is known of a request that has begun the whole way. */
interface BegunRequest {
  readonly principal: Principal;
  readonly event: OperationEvent | undefined;
}

export class KnownRequests {
  readonly #generation: GatewayGeneration;
  readonly #origins: AllowedOrigins;
  readonly #requests: BudgetedCache<Map<string, KnownRequest>>;
  readonly #followsDirectives: boolean;

  constructor(generation: GatewayGeneration, origins: AllowedOrigins) {
    this.#generation = generation;
    this.#origins = origins;
    this.#requests = generation.caches.cache();
    this.#followsDirectives = generation.config.cache.clientDirectives !== 'nobody';
  }

  /** Remembers a request whose answer is cached. */
  add(raw: ClientRequest, contract: string | undefined, operation: KnownOperation, named: NamedDocument): void {
    const text = textOf(raw);
    const { validated, view, cached } = operation;
    // Such documents are checked for each client.
    if (text === undefined || validated.size !== undefined) return;
    const request: KnownRequest = {
      ...operation,
      named,
      keys: new Map(),
      isForEveryone: cached.isForEveryone({ ...validated, view }),
    };
    const byContract = this.#requests.get(text) ?? new Map<string, KnownRequest>();
    byContract.set(contract ?? '', request);
    this.#requests.set(text, byContract, (text.length + entryBytes) * byContract.size);
  }

  /**
   * @param begun what is known of the request already
   * @returns undefined: the request goes the whole way; so does one that is to be refused
   */
  answer(raw: ClientRequest, begun?: BegunRequest): Soon<Answer | undefined> {
    const { headers } = raw;
    if (this.#requests.size === 0 || decidingHeaders.some((name) => headers[name] !== undefined)) return undefined;
    if (this.#followsDirectives && headers['cache-control'] !== undefined) return undefined;
    const text = textOf(raw);
    const byContract = text === undefined ? undefined : this.#requests.get(text);
    if (byContract === undefined) return undefined;
    try {
      const mediaType = mediaTypeOf(raw);
      refuseCrossSite({ method: raw.method as 'GET' | 'POST', headers }, this.#origins);
      const principal = begun?.principal ?? this.#generation.authenticator.identify(callerFactsOf(raw, headers));
      const event = begun?.event;
      if (!(principal instanceof Promise)) return this.#answerTo(principal, raw, mediaType, byContract, event);
      return principal
        .then((caller) => this.#answerTo(caller, raw, mediaType, byContract, event))
        .catch(() => undefined);
    } catch {
      return undefined;
    }
  }

  #answerTo(
    principal: Principal,
    raw: ClientRequest,
    mediaType: GraphQLMediaType,
    byContract: ReadonlyMap<string, KnownRequest>,
    begun: OperationEvent | undefined,
  ): Soon<Answer | undefined> {
    const { contracts, persisted } = this.#generation;
    const { id: requestId, headers, clientAddress } = raw;
    const contract = contracts?.choose(principal, headers, endpointOf(pathOf(raw.url)));
    const request = byContract.get(contract ?? '');
    if (request === undefined) return undefined;
    const { named, cached, headers: own } = request;
    if (persisted !== undefined) {
      const clientName = clientNameOf({ clientHeaders: headers });
      if (persisted.textOf({ ...named, requestId, clientName }) !== named.document) return undefined;
    }
    const outcome = this.#outcomeOf(request, principal, raw);
    if (outcome instanceof Promise) return undefined;
    const key = keyOf(request, outcome, { principal, clientHeaders: headers, clientAddress });
    const began = performance.now();
    const finding = cached.findFresh(key, { principal });
    const answered = (fresh: Awaited<typeof finding>): Answer | undefined => {
      if (fresh === undefined) return undefined;
      const { response, ageMs } = fresh;
      const event = begun ?? beginOperation(raw, began);
      if (event !== undefined) this.#note(event, request, principal, contract, outcome);
      const caching = cached.cachingHeaders(response, ageMs, request.isForEveryone);
      return {
        status: 200,
        headers: [contentTypes[mediaType], ...caching, ...response.headers, ...own],
        body: longAnswerOf(response.body) ?? response.sendable,
        isShared: true,
        isPlain: response.headers.length === 0 && own.length === 0,
      };
    };
    return finding instanceof Promise ? finding.then(answered) : answered(finding);
  }

  #note(
    event: OperationEvent,
    { validated, variables, named }: KnownRequest,
    principal: Principal,
    contract: string | undefined,
    outcome: string | undefined,
  ): void {
    event.request.principal = principal;
    event.request.generation = this.#generation.id;
    noteValidated(event, validated);
    event.document = named.document;
    event.variables = variables;
    event.contract = contract;
    event.outcome = outcome;
    event.source = 'cached';
    event.end(performance.now());
  }

  /** What access denies; a promise where a policy answers later. */
  #outcomeOf(
    { validated, variables, view }: KnownRequest,
    principal: Principal,
    { id: requestId, headers }: ClientRequest,
  ): string | undefined | Promise<unknown> {
    const { access } = this.#generation;
    if (access === undefined) return undefined;
    const { document, operation, operationName } = validated;
    const denials = access.authorise({
      document,
      operation,
      variables,
      principal,
      request: { headers, operationName, operationType: operation.operation },
      requestId,
      signal: neverAborted,
      apiSchema: view.schema,
    });
    return denials instanceof Promise ? denials : denials?.outcome;
  }
}

const neverAborted = new AbortController().signal;

function keyOf(
  { keys, validated, variables, view, cached }: KnownRequest,
  outcome: string | undefined,
  caller: Parameters<CachedExecution['keys']['of']>[2],
): string {
  const differs = cached.keys.haveHeaders
    ? JSON.stringify([outcome ?? null, cached.keys.headersOf(caller)])
    : (outcome ?? '');
  let key = keys.get(differs);
  if (key === undefined) {
    key = cached.keys.of({ ...validated, variables, view }, outcome, caller);
    if (keys.size >= maxKeys) keys.clear();
    keys.set(differs, key);
  }
  return key;
}

/** All that a request says, besides its headers; a POST's body never begins as a path does. */
function textOf({ method, url, body }: ClientRequest): string | undefined {
  if (method === 'GET') return url.length > longestText ? undefined : url;
  if (method !== 'POST' || !Buffer.isBuffer(body) || body.length > longestText) return undefined;
  const text = body.toString('latin1');
  return documentIdOf(url) === undefined ? text : `${pathOf(url)}\n${text}`;
}
