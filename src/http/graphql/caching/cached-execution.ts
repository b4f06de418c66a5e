/**
 * Answers of queries from the cache, or from the engine and then into the cache. What decides an answer is its key: the content
 * of the configuration and schemas, contract, document, operation, variables, what access denies, and the headers that subgraphs
 * are sent; the reader, too, where the answer is private. An answer with an error, of a mutation or of introspection is never cached.
 *
 * - Of all who miss an answer at the same time, in all workers and gateways of a store, one runs the operation; of a private
 *   answer, one of each reader. They get what was stored, and nothing else of each other: no header, no cookie. One that dies
 *   is followed by another after its lease.
 * - An answer is read anew ahead of its end, at a moment of its own, so that nobody waits and keys do not end together. A stale
 *   one is sent while it is read anew (`stale_while_revalidate`), or where reading it anew fails (`stale_if_error`).
 * - `cache-control`, `age` and `etag` tell the client how long its own copy is good.
 */
import {
  type CachedResponse,
  drawRenewal,
  etagOf,
  type Lookup,
  maxResponseTags,
  type NewResponse,
  NotStored,
  readerOf,
  readLeaseMs,
  renewableMs,
  responseTags,
  type Soon,
} from '../../../cache/index.ts';
import { coarsened } from '../../../cache/tags/index.ts';
import { type ExecutionOutcome, JsonText, type OperationRequest } from '../../../execution/index.ts';
import { firstDifference, parseExactJson, wholeSeconds } from '../../../lib/index.ts';
import type { Logger } from '../../../observability/index.ts';
import type { GatewayGeneration } from '../../../runtime/index.ts';
import {
  ageNow,
  backgroundOf,
  isReadAlone,
  isUsableIfError,
  untilRead,
  usabilityOf,
} from '../../../subgraph-cache/index.ts';
import { CollectedResponseHeaders, type RequestContext } from '../../../transport/index.ts';
import { edgeHeaders, withoutEdge } from '../edge-headers.ts';
import { hasFallbacks } from '../has-fallbacks.ts';
import { bypassReason, cacheableAnswer } from './cacheable-answer.ts';
import { fieldAt } from './field-at.ts';
import { longAnswerOf } from './long-answer.ts';
import { type Caller, ResponseKeys } from './response-key.ts';

type Run = (request: OperationRequest) => Promise<ExecutionOutcome>;

type Responses = NonNullable<GatewayGeneration['responses']>;

export interface CachedExecutionOptions {
  readonly generation: Pick<GatewayGeneration, 'config'>;
  readonly responses: Responses;
  /** Whether caches of others may keep an answer of the operation: nothing of it depends on who asks. */
  readonly isForEveryone: (request: Pick<OperationRequest, 'document' | 'operation' | 'view'>) => boolean;
  /** The headers of requests that decide an answer, beside those that subgraphs are sent. */
  readonly vary: string;
  readonly run: Run;
  readonly log: Logger;
}

/** Whole answers are of it. */
const rootType = 'Query';

const noHeaders: readonly (readonly [string, string])[] = [];

/** Who asks for what, with its key. */
interface Question {
  readonly request: OperationRequest;
  readonly key: string;
  readonly reader: string | undefined;
}

/** How often a caller waits for others before it runs the operation itself. */
const maxWaits = 4;

export class CachedExecution {
  readonly keys: ResponseKeys;
  readonly #options: CachedExecutionOptions;
  readonly #leaseMs: number;
  readonly #notStored = new NotStored();
  /** Hits from bytes that were drawn to be compared with their source, on the whole way. */
  #drawn = 0;

  constructor(options: CachedExecutionOptions) {
    const { generation, responses } = options;
    this.#options = options;
    this.keys = new ResponseKeys(responses.content, generation.config);
    this.#leaseMs = readLeaseMs(generation.config.server.operationTimeoutMs);
  }

  async execute(request: OperationRequest): Promise<ExecutionOutcome> {
    const { context, denials } = request;
    const reason = bypassReason(request);
    if (reason !== undefined) {
      context.cacheReport?.response({ status: 'bypass', reason });
      return this.#options.run(request);
    }
    const key = this.keys.of(request, denials?.outcome, context);
    const reader = readerOf(this.#options.responses.config.scopeBy, context.principal);
    return this.#answer({ request, key, reader });
  }

  /**
   * What is cached and can be sent as it is; undefined where anything more is to be done: the caller then executes the operation.
   * @param key of `keys`
   */
  findFresh(key: string, { principal }: Caller): Soon<CachedResponse | undefined> {
    const { cache, config } = this.#options.responses;
    const { outcomes, verification } = this.#options.responses;
    const fresh = ({ cached }: Lookup): CachedResponse | undefined => {
      if (cached === undefined || usabilityOf(cached, 0, undefined) !== 'use') return undefined;
      if (verification.draw()) {
        this.#drawn++;
        return undefined;
      }
      outcomes.count('responses', '', rootType, 'hits');
      return cached;
    };
    const lookup = cache.find(key, readerOf(config.scopeBy, principal));
    return lookup instanceof Promise ? lookup.then(fresh) : fresh(lookup);
  }

  /** The headers that tell a client, and caches in between, how long they may use an answer. */
  cachingHeaders(
    { policy, etag, tags }: Pick<NewResponse, 'policy' | 'etag' | 'tags'>,
    ageMs: number,
    isForEveryone: boolean,
  ): readonly (readonly [string, string])[] {
    const { surrogateKeysLength: maxLength } = this.#options.responses.config;
    const isPublic = policy.scope === 'public' && !this.keys.haveHeaders && isForEveryone;
    const remaining = wholeSeconds(policy.maxAgeMs) - wholeSeconds(ageMs);
    const edge = isPublic && maxLength !== undefined ? edgeHeaders(tags, maxLength, remaining) : noHeaders;
    return [
      [
        'cache-control',
        `max-age=${wholeSeconds(policy.maxAgeMs)}, ${isPublic && edge !== undefined ? 'public' : 'private'}`,
      ],
      ['age', String(wholeSeconds(ageMs))],
      ['etag', etag],
      ['vary', this.#options.vary],
      ...(edge ?? withoutEdge),
    ];
  }

  /** @param isMarked whether the answer is sent with extensions: its text is not that of the `etag` */
  #setCachingHeaders(response: NewResponse, ageMs: number, request: OperationRequest, isMarked: boolean): void {
    const { responseHeaders } = request.context;
    if (responseHeaders === undefined) return;
    for (const [name, value] of this.cachingHeaders(response, ageMs, this.isForEveryone(request)))
      if (!isMarked || name !== 'etag') responseHeaders.append(name, value, name === 'vary' ? 'append' : 'last');
  }

  isForEveryone(request: Pick<OperationRequest, 'document' | 'operation' | 'view'>): boolean {
    return this.#options.isForEveryone(request);
  }

  async #answer(question: Question): Promise<ExecutionOutcome> {
    const { cache, config } = this.#options.responses;
    const { request, key, reader } = question;
    const { cacheDemands: demands } = request.context;
    for (let wait = 0; ; wait++) {
      const finding = cache.find(key, reader);
      const { key: entryKey, cached } = finding instanceof Promise ? await finding : finding;
      const usability = cached && usabilityOf(cached, config.staleWhileRevalidateMs, demands);
      if (cached !== undefined && usability !== 'unusable') {
        if (usability === 'renew') this.#renew(entryKey ?? key, question, cached);
        else if (this.#isDrawn()) this.#verify(cached, request);
        return this.#answerOf(cached, request);
      }
      if (demands?.isOnlyIfCached === true) return this.#options.run(request);
      const isAlone = entryKey === undefined || isReadAlone(demands) || this.#notStored.has(entryKey);
      if (isAlone || wait === maxWaits) return (await this.#read(question, entryKey, cached)).outcome;
      const claiming = cache.claim([entryKey], this.#leaseMs);
      const [claim] = claiming instanceof Promise ? await claiming : claiming;
      if (claim?.kind === 'waiter') {
        await untilRead([claim], request.context);
        continue;
      }
      const release = (): void => claim?.release();
      // Somebody may have stored it between the two questions.
      const isLate = finding instanceof Promise || claiming instanceof Promise;
      const later = isLate ? (await cache.find(key, reader)).cached : undefined;
      if (later !== undefined && usabilityOf(later, config.staleWhileRevalidateMs, demands) !== 'unusable') {
        release();
        return this.#answerOf(later, request);
      }
      return this.#readAsHolder(question, entryKey, cached, release);
    }
  }

  /** Those who wait go on once the answer has been stored; whoever read it does not wait for that. */
  async #readAsHolder(
    question: Question,
    entryKey: string,
    stale: CachedResponse | undefined,
    release: () => void,
  ): Promise<ExecutionOutcome> {
    try {
      const { outcome, stored } = await this.#read(question, entryKey, stale);
      if (stored instanceof Promise) void stored.finally(release);
      else release();
      return outcome;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Reads an answer anew; where that fails, a stale one is still good enough for a while. */
  async #read(
    question: Question,
    entryKey: string | undefined,
    stale: CachedResponse | undefined,
  ): Promise<{ readonly outcome: ExecutionOutcome; readonly stored: Soon<void> }> {
    const { request } = question;
    const { cacheDemands: demands, signal } = request.context;
    const { staleIfErrorMs } = this.#options.responses.config;
    const isUsable = stale !== undefined && isUsableIfError(stale, staleIfErrorMs, demands);
    try {
      const read = await this.#runAndStore(question, entryKey);
      const { outcome } = read;
      if (outcome.kind !== 'single' || !isUsable) return read;
      if (outcome.result.errors === undefined && !hasFallbacks(outcome.result)) return read;
    } catch (error) {
      if (!isUsable || signal.aborted) throw error;
    }
    const late = { ...stale, ageMs: ageNow(stale) };
    return { outcome: this.#answerOf(late, request, 'stale_if_error'), stored: undefined };
  }

  /**
   * Reads an answer anew for those who come after, unless somebody does already: not from entities that are stale, too, or nearly,
   * of which the new answer would be as old.
   */
  #renew(entryKey: string, question: Question, { response }: CachedResponse): void {
    const { generation, responses, log } = this.#options;
    const timeoutMs = generation.config.server.operationTimeoutMs;
    const { request } = question;
    const renew = async (): Promise<void> => {
      const [claim] = await responses.cache.claim([entryKey], this.#leaseMs);
      if (claim?.kind === 'waiter') return;
      try {
        const cacheDemands = { minFreshMs: renewableMs(response.policy.maxAgeMs) };
        const context = { ...inBackground(request, timeoutMs), cacheDemands };
        await (await this.#runAndStore({ ...question, request: { ...request, context } }, entryKey)).stored;
      } finally {
        claim?.release();
      }
    };
    renew().catch((error: unknown) => log.debug({ error }, 'a cached answer could not be read anew'));
  }

  #isDrawn(): boolean {
    if (this.#drawn === 0) return this.#options.responses.verification.draw();
    this.#drawn--;
    return true;
  }

  /** Compares a hit with its source, after it has been sent, and names what is no longer so. */
  #verify({ response, ageMs }: CachedResponse, request: OperationRequest): void {
    const { generation, responses, run, log } = this.#options;
    const { outcomes, verification } = responses;
    verification.run(async () => {
      const context = inBackground(request, generation.config.server.operationTimeoutMs);
      const outcome = await run({ ...request, context: { ...context, cacheDemands: { isNoStore: true } } });
      const answer = cacheableAnswer(outcome, Number.POSITIVE_INFINITY);
      if (!('body' in answer)) return;
      outcomes.count('responses', '', rootType, 'verified');
      const source = parseExactJson(String(answer.body)) as { readonly data: unknown };
      const difference = firstDifference((response.value as { readonly data: unknown }).data, source.data);
      if (difference === undefined) return;
      outcomes.count('responses', '', rootType, 'wrong');
      const place = request.view === undefined ? undefined : fieldAt(request.view.schema, request, difference);
      log.warn(
        { ...place, path: difference.join('.'), operation: request.operationName, ageSeconds: wholeSeconds(ageMs) },
        'a cached answer is not what its source says now (cache.verify): its field is good for a shorter time',
      );
    });
  }

  async #runAndStore(
    { request, key, reader }: Question,
    entryKey: string | undefined,
  ): Promise<{ readonly outcome: ExecutionOutcome; readonly stored: Soon<void> }> {
    const { responses, run } = this.#options;
    const { context, operation } = request;
    const { cache, config } = responses;
    const cachePolicy = responses.createPolicy();
    const ran = await run({ ...request, context: { ...context, cachePolicy } });
    const { result, refusal: policyRefusal } = cachePolicy;
    const answer = policyRefusal === undefined ? cacheableAnswer(ran, config.maxAnswerBytes) : undefined;
    const { outcome } = answer ?? { outcome: ran };
    const policy = { maxAgeMs: Math.min(result.maxAgeMs, config.maxAgeMs), scope: result.scope };
    const headers = [...(context.responseHeaders?.entries() ?? [])];
    const { name } = operation;
    const { allTags } = cachePolicy;
    const tags = name === undefined ? allTags : [responseTags.operation(name.value), ...allTags];
    const fewTags = coarsened(tags, maxResponseTags);
    const refusal =
      policyRefusal ??
      (answer !== undefined && 'refusal' in answer ? answer.refusal : undefined) ??
      // A cookie belongs to the client that it was set for.
      (headers.some(([header]) => header === 'set-cookie') ? 'set_cookie' : undefined) ??
      (fewTags === undefined ? 'too_many_tags' : undefined);
    if (refusal !== undefined || answer === undefined || !('body' in answer)) {
      context.responseHeaders?.append('cache-control', 'no-store', 'last');
      const hasErrors = outcome.kind === 'single' && outcome.result.errors !== undefined;
      this.#notStored.add(entryKey ?? key, hasErrors);
      const reason = hasErrors ? 'error' : (refusal ?? 'error');
      responses.outcomes.count('responses', '', rootType, 'misses');
      responses.outcomes.refuse('responses', '', rootType, reason);
      context.cacheReport?.response({ status: 'miss', reason });
      return { outcome, stored: undefined };
    }
    const body = Buffer.from(answer.body as Buffer);
    const { readMsAgo: readMs, requestedMsAgo: readMsAgo } = cachePolicy;
    const renewMs = drawRenewal(policy.maxAgeMs, readMs);
    // Only the headers of a CDN have them.
    const keyed = config.surrogateKeysLength === undefined ? [] : (fewTags ?? []);
    const response = { policy, etag: etagOf(body), headers, tags: keyed, readMs, renewMs, body };
    const isStorable = policy.scope === 'public' || reader !== undefined;
    const stored = cache.put([{ key, response, tags, readMsAgo }], reader, context.principal.tenant);
    if (isStorable) this.#notStored.delete(entryKey ?? key);
    else this.#notStored.add(entryKey ?? key, false);
    this.#setCachingHeaders(response, readMs, request, false);
    responses.outcomes.count('responses', '', rootType, 'misses');
    if (isStorable) responses.outcomes.count('responses', '', rootType, 'stored');
    else responses.outcomes.refuse('responses', '', rootType, 'private_without_reader');
    context.cacheReport?.response({
      status: 'miss',
      ...(isStorable ? { stored: true } : { reason: 'private_without_reader' }),
      ...policyReport(policy),
      tags,
    });
    if (outcome.kind !== 'single') return { outcome, stored };
    const long = longAnswerOf(body);
    const answered = long === undefined ? outcome.result : { ...outcome.result, data: new JsonText(long) };
    return { outcome: { ...outcome, result: answered, isCached: isStorable }, stored };
  }

  #answerOf(cached: CachedResponse, request: OperationRequest, failed?: 'stale_if_error'): ExecutionOutcome {
    const { context } = request;
    const isStale = cached.staleMs > 0;
    const reason = failed ?? (isStale ? 'stale_while_revalidate' : undefined);
    const ageSeconds = wholeSeconds(cached.ageMs);
    if (context.event !== undefined) context.event.source = cached.staleMs > 0 ? 'stale' : 'cached';
    const { headers, body, policy } = cached.response;
    for (const [name, value] of headers) context.responseHeaders?.append(name, value, 'last');
    this.#setCachingHeaders(cached.response, cached.ageMs, request, reason !== undefined);
    const { outcomes } = this.#options.responses;
    outcomes.count('responses', '', rootType, isStale ? 'stale' : 'hits');
    const status = failed ?? (isStale ? 'stale' : 'hit');
    context.cacheReport?.response({ status, ageSeconds, ...policyReport(policy) });
    const data = new JsonText(longAnswerOf(body) ?? body);
    if (reason !== undefined)
      return { kind: 'single', result: { data, extensions: { degraded: { '*': { reason, ageSeconds } } } } };
    return { kind: 'single', result: { data }, isCached: true };
  }
}

/** For what is done after the answer has been sent: headers of subgraphs belong to the new one. */
function inBackground({ context }: OperationRequest, timeoutMs: number): RequestContext {
  return { ...backgroundOf(context, timeoutMs), responseHeaders: new CollectedResponseHeaders() };
}

function policyReport({ maxAgeMs, scope }: CachedResponse['response']['policy']) {
  return { maxAgeSeconds: wholeSeconds(maxAgeMs), scope };
}
