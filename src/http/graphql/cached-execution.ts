/**
 * Answers of queries from the cache, or from the engine and then into the cache. What decides an answer is its key: the content
 * of the configuration and schemas, contract, document, operation, variables, what access denies, and the headers that subgraphs are sent; the reader, too, where the
 * answer is private. An answer with an error, of a mutation, of introspection, or that a client asks to have explained is never cached.
 *
 * - Equal operations that miss at the same time are run once, whoever asks; of a private answer, once for each reader.
 * - A stale answer is sent while it is read anew (`stale_while_revalidate`), or where reading it anew fails (`stale_if_error`).
 * - `cache-control`, `age` and `etag` tell the client how long its own copy is good.
 */
import { hash } from 'node:crypto';
import { type CachedResponse, type CachePolicy, etagOf, readerOf, responseTags } from '../../cache/index.ts';
import { type ExecutionOutcome, JsonText, type OperationRequest } from '../../execution/index.ts';
import { canonicalJson, Deadline, untilAborted } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import {
  CollectedResponseHeaders,
  compileRequestHeaderRules,
  type ForwardHeaders,
  type RequestContext,
} from '../../transport/index.ts';
import { hasFallbacks } from './has-fallbacks.ts';
import { introspects } from './introspects.ts';

type Run = (request: OperationRequest) => Promise<ExecutionOutcome>;

type Responses = NonNullable<GatewayGeneration['responses']>;

export interface CachedExecutionOptions {
  readonly generation: Pick<GatewayGeneration, 'config'>;
  readonly responses: Responses;
  /** Whether caches of others may keep an answer of the operation: nothing of it depends on who asks. */
  readonly isForEveryone: (request: OperationRequest) => boolean;
  readonly run: Run;
  readonly log: Logger;
}

export class CachedExecution {
  readonly #options: CachedExecutionOptions;
  readonly #forwardHeaders: readonly ForwardHeaders[];
  /** Runs by key, which others wait for. */
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #refreshing = new Set<string>();

  constructor(options: CachedExecutionOptions) {
    this.#options = options;
    const rules = Object.values(options.generation.config.headers);
    this.#forwardHeaders = rules.flatMap(({ request }) => compileRequestHeaderRules(request) ?? []);
  }

  async execute(request: OperationRequest): Promise<ExecutionOutcome> {
    const { responses, run } = this.#options;
    if (!isCacheable(request)) return run(request);
    const key = this.#keyOf(request);
    const reader = readerOf(responses.config.scopeBy, request.context.principal);
    const cached = await responses.cache.find(key, reader);
    const { staleWhileRevalidateMs } = responses.config;
    if (cached !== undefined && cached.staleMs <= staleWhileRevalidateMs) {
      if (cached.staleMs > 0) this.#refresh(key, reader, request);
      return this.#answerOf(cached, request);
    }
    if (cached !== undefined) return this.#renew(key, reader, request, cached);
    const running = this.#running.get(key);
    if (running === undefined) return this.#runFirst(key, reader, request);
    await untilAborted(running, request.context.signal);
    const stored = await responses.cache.find(key, reader);
    return stored === undefined ? this.#runAndStore(key, reader, request) : this.#answerOf(stored, request);
  }

  /** Runs what others wait for, whether it succeeds or not. */
  async #runFirst(key: string, reader: string | undefined, request: OperationRequest): Promise<ExecutionOutcome> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.set(key, promise);
    try {
      return await this.#runAndStore(key, reader, request);
    } finally {
      this.#running.delete(key);
      resolve();
    }
  }

  /** Reads a stale answer anew; where that fails, it is still good enough for a while. */
  async #renew(
    key: string,
    reader: string | undefined,
    request: OperationRequest,
    stale: CachedResponse,
  ): Promise<ExecutionOutcome> {
    const isUsable = stale.staleMs <= this.#options.responses.config.staleIfErrorMs;
    try {
      const outcome = await this.#runFirst(key, reader, request);
      if (outcome.kind !== 'single' || !isUsable) return outcome;
      if (outcome.result.errors === undefined && !hasFallbacks(outcome.result)) return outcome;
    } catch (error) {
      if (!isUsable || request.context.signal.aborted) throw error;
    }
    return this.#answerOf(stale, request, {
      degraded: { '*': { reason: 'stale_if_error', ageSeconds: seconds(stale.ageMs) } },
    });
  }

  #refresh(key: string, reader: string | undefined, request: OperationRequest): void {
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    const { generation, log } = this.#options;
    const timeoutMs = generation.config.server.operationTimeoutMs;
    const context: RequestContext = {
      ...request.context,
      signal: AbortSignal.timeout(timeoutMs),
      deadline: Deadline.in(timeoutMs),
      responseHeaders: new CollectedResponseHeaders(),
    };
    this.#runAndStore(key, reader, { ...request, context })
      .catch((error: unknown) => log.debug({ error }, 'a stale answer could not be read anew'))
      .finally(() => this.#refreshing.delete(key));
  }

  async #runAndStore(key: string, reader: string | undefined, request: OperationRequest): Promise<ExecutionOutcome> {
    const { responses, run } = this.#options;
    const cachePolicy = responses.createPolicy();
    const began = performance.now();
    const outcome = await run({ ...request, context: { ...request.context, cachePolicy } });
    const body = wholeOf(outcome);
    const policy = this.#bounded(cachePolicy.result);
    const collected = request.context.responseHeaders;
    const headers = [...(collected?.entries() ?? [])];
    // A cookie belongs to the client that it was set for.
    const isCached = policy.maxAgeMs > 0 && headers.every(([name]) => name !== 'set-cookie');
    const { name } = request.operation;
    const { allTags } = cachePolicy;
    const tags = name === undefined ? allTags : [responseTags.operation(name.value), ...allTags];
    if (body === undefined || !isCached) {
      collected?.append('cache-control', 'no-store', 'last');
      return outcome;
    }
    const etag = etagOf(body);
    const response = { policy, etag, headers, tags: [], body: Buffer.from(body) };
    const { tenant } = request.context.principal;
    responses.cache.put({ key, response, tags }, reader, tenant, performance.now() - began);
    this.#setCachingHeaders({ response, ageMs: 0, staleMs: 0 }, request);
    return outcome;
  }

  #bounded({ maxAgeMs, scope }: CachePolicy): CachePolicy {
    return { maxAgeMs: Math.min(maxAgeMs, this.#options.responses.config.maxAgeMs), scope };
  }

  #answerOf(
    cached: CachedResponse,
    request: OperationRequest,
    extensions?: Readonly<Record<string, unknown>>,
  ): ExecutionOutcome {
    const { headers, body } = cached.response;
    for (const [name, value] of headers) request.context.responseHeaders?.append(name, value, 'last');
    this.#setCachingHeaders(cached, request);
    const data = new JsonText(body);
    return { kind: 'single', result: extensions === undefined ? { data } : { data, extensions } };
  }

  #setCachingHeaders({ response: { policy, etag }, ageMs }: CachedResponse, request: OperationRequest): void {
    const { responseHeaders } = request.context;
    if (responseHeaders === undefined) return;
    const isPublic =
      policy.scope === 'public' && this.#forwardHeaders.length === 0 && this.#options.isForEveryone(request);
    const scope = isPublic ? 'public' : 'private';
    responseHeaders.append('cache-control', `max-age=${seconds(policy.maxAgeMs)}, ${scope}`, 'last');
    responseHeaders.append('age', String(seconds(ageMs)), 'last');
    responseHeaders.append('etag', etag, 'last');
  }

  #keyOf({ documentHash, operationName, variables, context, denials, view }: OperationRequest): string {
    const { principal, clientHeaders = {}, clientAddress } = context;
    const headers = this.#forwardHeaders.map((forward) => forward(clientHeaders, principal, clientAddress) ?? null);
    const parts = [
      this.#options.responses.content,
      view?.contract ?? null,
      documentHash,
      operationName ?? null,
      denials?.outcome ?? null,
      headers,
    ];
    return `response:${hash('sha256', `${JSON.stringify(parts)}\n${canonicalJson(variables)}`, 'base64url')}`;
  }
}

function isCacheable({ operation, document, context }: OperationRequest): boolean {
  const isPlain = (context.explain?.size ?? 0) === 0 && context.isDryRun !== true;
  return operation.operation === 'query' && isPlain && !introspects(document);
}

/** The answer’s bytes or text; undefined for one that is not cached: with errors, of another status, in parts, or long. */
function wholeOf(outcome: ExecutionOutcome): Buffer | string | undefined {
  if (outcome.kind !== 'single' || outcome.status !== undefined) return undefined;
  const { data, errors, extensions } = outcome.result;
  if (errors !== undefined || extensions !== undefined || !(data instanceof JsonText)) return undefined;
  return data.long === undefined ? data.whole : undefined;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
