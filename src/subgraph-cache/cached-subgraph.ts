/**
 * A subgraph whose answers are cached: of each entity by its representation, so that a request is sent for what is missing alone,
 * and of fields of the root by their request. It stands above transport: what is cached is answered while a circuit is open.
 *
 * Entries are keyed by the subgraph’s schema and address, the document, its variables, and the headers that the subgraph is sent; so a
 * change elsewhere in the graph, and other callers’ operations that read the same, find them. Kept as long as `Cache-Control` and
 * hints allow; an answer with an error is never kept. A failing store is a miss.
 */
import { hash } from 'node:crypto';
import {
  type CachedResponse,
  type CacheHints,
  etagOf,
  OperationPolicy,
  type ResponseCache,
  readerOf,
} from '../cache/index.ts';
import type { SubgraphTags } from '../cache/tags/index.ts';
import type { HeaderRules, LifetimeConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { Deadline, parseExactJson } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import {
  compileRequestHeaderRules,
  type RequestContext,
  type SubgraphClient,
  type SubgraphError,
  type SubgraphNote,
  type SubgraphRequest,
  type SubgraphResponse,
  writeVariables,
} from '../transport/index.ts';
import { representationsOf, requestFor } from './entity-requests.ts';
import { tagsOfParts } from './tags-of-parts.ts';

export interface CachedSubgraphOptions {
  readonly cache: ResponseCache;
  readonly config: LifetimeConfig;
  readonly hints: CacheHints;
  readonly tags: SubgraphTags;
  /** Of the subgraph’s schema and address: another one has other entries. */
  readonly version: string;
  readonly headers: HeaderRules | undefined;
  /** How long reading a stale entry anew may take. */
  readonly refreshTimeoutMs: number;
  readonly log: Logger;
}

/** The subgraph with its answers cached. */
export function withEntityCache(client: SubgraphClient, options: CachedSubgraphOptions): SubgraphClient {
  const cached = new CachedSubgraph(client, options);
  const { status } = client;
  return {
    name: client.name,
    kind: client.kind,
    execute: (request, context) => cached.execute(request, context),
    ...(status === undefined ? {} : { status: () => status.call(client) }),
    close: () => client.close(),
  };
}

/** One part of an answer, an entity or all fields of the root, with what is cached of it. */
interface Part {
  readonly key: string;
  readonly cached: CachedResponse | undefined;
}

class CachedSubgraph {
  readonly #client: SubgraphClient;
  readonly #options: CachedSubgraphOptions;
  readonly #forwardHeaders: ReturnType<typeof compileRequestHeaderRules>;
  /** The keys of entries that are being read anew. */
  readonly #refreshing = new Set<string>();

  constructor(client: SubgraphClient, options: CachedSubgraphOptions) {
    this.#client = client;
    this.#options = options;
    this.#forwardHeaders = compileRequestHeaderRules(options.headers?.request ?? []);
  }

  async execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    if (request.kind !== 'query' || request.headers !== undefined || (context.explain?.size ?? 0) > 0)
      return this.#client.execute(request, context);
    const representations = representationsOf(request);
    const parts = await this.#find(request, representations, context);
    if (representations === undefined) return this.#answerRoot(request, context, parts[0] as Part);
    return this.#answerEntities(request, context, parts);
  }

  async #answerRoot(request: SubgraphRequest, context: RequestContext, part: Part): Promise<SubgraphResponse> {
    if (this.#isGood(part)) {
      this.#refreshStale(request, context, [part]);
      return { data: this.#read(part, context) };
    }
    let response: SubgraphResponse;
    const policy = this.#createPolicy();
    const readAt = performance.now();
    try {
      response = await this.#send(request, context, policy);
      if (response.data != null || !this.#isGoodIfError(part)) {
        if (isWhole(response)) this.#store([part], [response.data], { request, response }, policy, context, readAt);
        return response;
      }
    } catch (error) {
      if (!this.#isGoodIfError(part) || context.signal.aborted) throw error;
    }
    const [key] = Object.keys(this.#read(part, context) ?? {});
    return { data: this.#read(part, context), notes: [this.#degraded(key === undefined ? [] : [key], part)] };
  }

  async #answerEntities(
    request: SubgraphRequest,
    context: RequestContext,
    parts: readonly Part[],
  ): Promise<SubgraphResponse> {
    const missing = parts.flatMap((part, index) => (this.#isGood(part) ? [] : [index]));
    this.#refreshStale(request, context, parts);
    if (missing.length === 0) return { data: { _entities: parts.map((part) => this.#read(part, context)) } };
    const missingParts = missing.map((index) => parts[index] as Part);
    const areAllMissing = missing.length === parts.length;
    const policy = this.#createPolicy();
    const readAt = performance.now();
    try {
      const partial = areAllMissing ? request : requestFor(request, missing);
      const response = await this.#send(partial, context, policy);
      const entities = entitiesOf(response, missing.length);
      if (entities !== undefined || !missingParts.every((part) => this.#isGoodIfError(part))) {
        if (entities !== undefined && isWhole(response))
          this.#store(missingParts, entities, { request: partial, response }, policy, context, readAt);
        return areAllMissing ? response : this.#join(parts, missing, response, context);
      }
    } catch (error) {
      if (context.signal.aborted) throw error;
      if (!missingParts.every((part) => this.#isGoodIfError(part))) {
        if (areAllMissing || !(error instanceof GatewayError)) throw error;
        const failed = missing.map((_, index) => ({
          message: error.message,
          path: ['_entities', index],
          cause: error,
        }));
        return this.#join(parts, missing, { data: null, errors: failed }, context);
      }
    }
    return {
      data: { _entities: parts.map((part) => this.#read(part, context)) },
      notes: missing.map((index) => this.#degraded(['_entities', index], parts[index] as Part)),
    };
  }

  /** Cached entities, and those of a response in the places of the missing ones. */
  #join(
    parts: readonly Part[],
    missing: readonly number[],
    response: SubgraphResponse,
    context: RequestContext,
  ): SubgraphResponse {
    const { data, errors } = response;
    const received = entitiesOf(response, missing.length);
    if (received === undefined && errors === undefined) return response; // malformed
    const entities: unknown[] = parts.map((part) => (this.#isGood(part) ? this.#read(part, context) : null));
    for (const [position, index] of missing.entries()) entities[index] = received?.[position] ?? null;
    const joined = { ...response, data: { ...data, _entities: entities } };
    return errors === undefined ? joined : { ...joined, errors: errors.map((error) => inPlace(error, missing)) };
  }

  async #find(
    request: SubgraphRequest,
    representations: readonly string[] | undefined,
    context: RequestContext,
  ): Promise<readonly Part[]> {
    const { cache, config, version } = this.#options;
    const headers = this.#forwardHeaders?.(context.clientHeaders, context.principal, context.clientAddress);
    const variables =
      representations === undefined || request.variablesJson !== undefined
        ? writeVariables({ ...request, representationsJson: undefined })
        : JSON.stringify({ ...request.variables, representations: null });
    const decisive = [this.#client.name, version, request.query, variables ?? '', headers ?? []];
    const base = `entity:${hash('sha256', JSON.stringify(decisive), 'base64url')}`;
    const reader = readerOf(config.scopeBy, context.principal);
    const keys = representations === undefined ? [base] : representations.map((text) => `${base} ${text}`);
    const entries = cache.findMany(keys, reader);
    const cached = entries instanceof Promise ? await entries : entries;
    return keys.map((key, index) => ({ key, cached: cached[index] }));
  }

  /** Whether the part is answered from the cache. */
  #isGood({ cached }: Part): boolean {
    return cached !== undefined && cached.staleMs <= this.#options.config.staleWhileRevalidateMs;
  }

  #isGoodIfError({ cached }: Part): boolean {
    return cached !== undefined && cached.staleMs <= this.#options.config.staleIfErrorMs;
  }

  /** A value of its own: whoever gets it may write into it. */
  #read({ cached }: Part, { cachePolicy }: RequestContext): Record<string, unknown> | null {
    if (cached === undefined) return null;
    const { policy, body, tags } = cached.response;
    cachePolicy?.tags(tags);
    const seconds = Math.max(0, Math.floor((policy.maxAgeMs - cached.ageMs) / 1000));
    const scope = policy.scope === 'private' ? 'private, ' : '';
    cachePolicy?.response(this.#client.name, {
      cacheControl: `${scope}max-age=${seconds}`,
      age: undefined,
      vary: undefined,
    });
    return parseExactJson(body.toString('utf8')) as Record<string, unknown> | null;
  }

  /** Sends a request and collects how long its answer is good. */
  #send(request: SubgraphRequest, context: RequestContext, policy: OperationPolicy): Promise<SubgraphResponse> {
    const { cachePolicy: outer } = context;
    policy.request(this.#client.name, request.query);
    return this.#client.execute(request, {
      ...context,
      cachePolicy: {
        refuse: () => outer?.refuse(),
        request: () => undefined,
        tags: () => undefined,
        response(subgraph, headers) {
          policy.response(subgraph, headers);
          outer?.response(subgraph, headers);
        },
      },
    });
  }

  #createPolicy(): OperationPolicy {
    const { hints, config } = this.#options;
    const { defaultMaxAgeMs } = config;
    return new OperationPolicy({ hints: new Map([[this.#client.name, hints]]), defaultMaxAgeMs });
  }

  /** @param request for these parts */
  #store(
    parts: readonly Part[],
    values: readonly unknown[],
    { request, response }: { readonly request: SubgraphRequest; readonly response: SubgraphResponse },
    operationPolicy: OperationPolicy,
    { principal, cachePolicy }: RequestContext,
    readAt: number,
  ): void {
    const { cache, config, tags } = this.#options;
    const partTags = tagsOfParts(tags, request, response);
    cachePolicy?.tags(partTags.flat());
    const { maxAgeMs, scope } = operationPolicy.result;
    if (maxAgeMs <= 0) return;
    const policy = { maxAgeMs: Math.min(maxAgeMs, config.maxAgeMs), scope };
    const reader = readerOf(config.scopeBy, principal);
    const { allTags } = operationPolicy;
    const readMsAgo = performance.now() - readAt;
    const responses = parts.map(({ key }, index) => {
      const body = Buffer.from(JSON.stringify(values[index] ?? null));
      const ofPart = partTags[index] ?? [];
      const stored = { policy, etag: etagOf(body), headers: [], tags: ofPart, body };
      return { key, response: stored, tags: [...allTags, ...ofPart] };
    });
    cache.putMany(responses, reader, principal.tenant, readMsAgo);
  }

  /** Reads stale parts anew, for those who come after. */
  #refreshStale(request: SubgraphRequest, context: RequestContext, parts: readonly Part[]): void {
    const indexes = parts.flatMap((part, index) =>
      this.#isGood(part) && (part.cached?.staleMs ?? 0) > 0 && !this.#refreshing.has(part.key) ? [index] : [],
    );
    if (indexes.length === 0) return;
    const stale = indexes.map((index) => parts[index] as Part);
    for (const { key } of stale) this.#refreshing.add(key);
    const partial = representationsOf(request) === undefined ? request : requestFor(request, indexes);
    this.#readAnew(partial, context, stale)
      .catch((error: unknown) =>
        this.#options.log.debug({ subgraph: this.#client.name, error }, 'stale entries could not be read anew'),
      )
      .finally(() => {
        for (const { key } of stale) this.#refreshing.delete(key);
      });
  }

  async #readAnew(request: SubgraphRequest, context: RequestContext, parts: readonly Part[]): Promise<void> {
    const { refreshTimeoutMs } = this.#options;
    const policy = this.#createPolicy();
    const readAt = performance.now();
    const response = await this.#send(
      request,
      {
        ...context,
        signal: AbortSignal.timeout(refreshTimeoutMs),
        deadline: Deadline.in(refreshTimeoutMs),
        responseHeaders: undefined,
        cachePolicy: undefined,
      },
      policy,
    );
    const values = representationsOf(request) === undefined ? [response.data] : entitiesOf(response, parts.length);
    if (values !== undefined && isWhole(response))
      this.#store(parts, values, { request, response }, policy, context, readAt);
  }

  #degraded(path: SubgraphNote['path'], { cached }: Part): SubgraphNote {
    const ageSeconds = Math.floor((cached?.ageMs ?? 0) / 1000);
    return {
      extension: 'degraded',
      path,
      value: { reason: 'stale_if_error', subgraph: this.#client.name, ageSeconds },
    };
  }
}

function entitiesOf({ data }: SubgraphResponse, count: number): readonly unknown[] | undefined {
  const entities = data?._entities;
  return Array.isArray(entities) && entities.length === count ? entities : undefined;
}

/** An answer that may be cached: nothing of it is an error, or of this request alone. */
function isWhole({ data, errors, notes }: SubgraphResponse): boolean {
  return data != null && errors === undefined && (notes === undefined || notes.length === 0);
}

function inPlace(error: SubgraphError, missing: readonly number[]): SubgraphError {
  const [field, position, ...inEntity] = error.path ?? [];
  const index = field === '_entities' && typeof position === 'number' ? missing[position] : undefined;
  return index === undefined ? error : { ...error, path: ['_entities', index, ...inEntity] };
}
