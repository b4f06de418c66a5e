/**
 * A subgraph whose answers are cached: of each entity by its representation, so that a request is sent for what is missing alone,
 * and of fields of the root by their request. It stands above transport: what is cached is answered while a circuit is open.
 *
 * Entries are keyed by the subgraph’s schema and address, the document, its variables, and the headers that the subgraph is sent; so a
 * change elsewhere in the graph, and other callers’ operations that read the same, find them. Kept as long as `Cache-Control` and
 * hints allow; an answer with an error is never kept. Of all who miss an entry, in all workers and gateways of a store, one reads
 * it. A failing store is a miss. Long because finding, claiming, reading and storing are one flow over the same parts.
 */
import {
  drawRenewal,
  etagOf,
  type KeyedResponse,
  NotStored,
  OperationPolicy,
  type ResponseCache,
  readerOf,
  readLeaseMs,
} from '../cache/index.ts';
import type { SubgraphTags } from '../cache/tags/index.ts';
import type { EntitiesConfig, HeaderRules } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { wholeSeconds } from '../lib/index.ts';
import type {
  RequestContext,
  SubgraphClient,
  SubgraphNote,
  SubgraphRequest,
  SubgraphResponse,
} from '../transport/index.ts';
import { cachedAnswer, ownValue } from './cached-answer.ts';
import { EntityKeys } from './entity-keys.ts';
import { EntityOutcomes, type EntityOutcomesOptions, noteHits } from './entity-outcomes.ts';
import { representationsOf, requestFor } from './entity-requests.ts';
import { entitiesOf, isWhole, joinGroups } from './join-groups.ts';
import {
  backgroundOf,
  bypassReason,
  type Group,
  type Part,
  typeOfPart,
  untilRead,
  unwatched,
  type Wave,
} from './part.ts';
import { tagsOfParts } from './tags-of-parts.ts';
import { ageNow, isReadAlone, isUsableIfError, usabilityOf } from './usability.ts';

export interface CachedSubgraphOptions extends EntityOutcomesOptions {
  readonly cache: ResponseCache;
  readonly config: EntitiesConfig;
  readonly tags: SubgraphTags;
  /** Of the subgraph’s schema and address: another one has other entries. */
  readonly version: string;
  readonly headers: HeaderRules | undefined;
  /** Whether the subgraph is told who asks. */
  readonly isCallerAware: boolean;
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

/** How often a caller waits for others before it reads by itself. */
const maxWaits = 4;

interface Reading {
  readonly missing: readonly number[];
  readonly parts: readonly Part[];
  readonly pick: (indexes: readonly number[]) => Wave;
  /** Whether time has passed since nothing was found. */
  readonly isRemote: boolean;
  readonly isOfEntities: boolean;
  readonly context: RequestContext;
  /** How often it has waited for others. */
  readonly waits: number;
}

class CachedSubgraph {
  readonly #client: SubgraphClient;
  readonly #options: CachedSubgraphOptions;
  readonly #keys: EntityKeys;
  readonly #notStored = new NotStored();
  readonly #outcomes: EntityOutcomes;
  readonly #leaseMs: number;

  constructor(client: SubgraphClient, options: CachedSubgraphOptions) {
    this.#client = client;
    this.#options = options;
    this.#keys = new EntityKeys(client.name, options.version, options.headers);
    this.#outcomes = new EntityOutcomes(client, options);
    this.#leaseMs = readLeaseMs(options.refreshTimeoutMs);
  }

  async execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    const reason = bypassReason(request, context);
    if (reason !== undefined) {
      context.cacheReport?.fetch({ subgraph: this.#client.name, status: 'bypass', reason });
      return this.#client.execute(request, context);
    }
    const representations = representationsOf(request);
    const keys = this.#keys.of(request, representations, context);
    const finding = this.#find(keys, context);
    const parts = finding instanceof Promise ? await finding : finding;
    return this.#answer(request, representations, parts, context, finding instanceof Promise);
  }

  /** @param isRemote whether time passes between finding nothing and claiming it */
  async #answer(
    request: SubgraphRequest,
    representations: readonly string[] | undefined,
    parts: readonly Part[],
    context: RequestContext,
    isRemote: boolean,
  ): Promise<SubgraphResponse> {
    const missing: number[] = [];
    const renewable: number[] = [];
    for (let index = 0; index < parts.length; index++) {
      const { usability } = parts[index] as Part;
      if (usability === 'unusable') missing.push(index);
      else if (usability === 'renew') renewable.push(index);
    }
    const report = this.#outcomes.report(parts, representations, request, context);
    const pick = (indexes: readonly number[]): Wave => ({
      report,
      request: representations === undefined ? request : requestFor(request, indexes),
      parts: indexes.map((index) => parts[index] as Part),
      context,
    });
    if (renewable.length > 0) this.#renew(pick(renewable), representations !== undefined);
    this.#outcomes.count(parts, representations, request.event);
    if (missing.length < parts.length && this.#options.verification.draw()) {
      const fresh = parts.flatMap(({ usability }, index) => (usability === 'use' ? [index] : []));
      if (fresh.length > 0) this.#outcomes.verify(pick(fresh), fresh, representations);
    }
    if (missing.length === 0) {
      for (const part of parts) this.#restrict(part, context);
      return cachedAnswer(parts, representations !== undefined);
    }
    if (context.cacheDemands?.isOnlyIfCached === true) throw new GatewayError('NOT_CACHED');
    const isOfEntities = representations !== undefined;
    const groups = await this.#read({ missing, parts, pick, isRemote, isOfEntities, context, waits: 0 });
    for (const group of groups) if (group.kind === 'cached') noteHits(request.event, group.parts);
    return this.#answerOf(parts, representations, context, groups);
  }

  /** What is cached, and what was read of the others. */
  #answerOf(
    parts: readonly Part[],
    representations: readonly string[] | undefined,
    context: RequestContext,
    groups: readonly Group[],
  ): SubgraphResponse {
    const [only] = groups;
    if (only !== undefined && groups.length === 1 && only.indexes.length === parts.length) {
      if (only.kind === 'answered') return only.response;
      const isStaleUsable = parts.some((part) => this.#isUsableIfError(part, context));
      if (only.kind === 'failed' && !isStaleUsable) throw only.error;
    }
    const failed = new Map(
      groups.flatMap((group) =>
        group.kind === 'failed' ? group.indexes.map((index) => [index, group.error] as const) : [],
      ),
    );
    const stale = [...failed.keys()].filter((index) => this.#isUsableIfError(parts[index] as Part, context));
    for (const index of stale) failed.delete(index);
    const late = new Map(
      groups.flatMap((group) =>
        group.kind === 'cached'
          ? group.indexes.map((index, position) => [index, group.parts[position] as Part] as const)
          : [],
      ),
    );
    const read = (index: number): unknown => this.#valueOf(late.get(index) ?? (parts[index] as Part), context);
    if (representations === undefined) {
      const data = read(0) as Record<string, unknown> | null;
      const [key] = Object.keys(data ?? {});
      const notes = stale.length === 0 ? [] : [this.#degraded(key === undefined ? [] : [key], parts[0] as Part)];
      return notes.length === 0 ? { data } : { data, notes };
    }
    const notes = stale.map((index) => this.#degraded(['_entities', index], parts[index] as Part));
    return joinGroups({ count: parts.length, groups, failed, read, notes });
  }

  /** Reads what is missing: what nobody else reads at once, the rest once others have. */
  async #read(reading: Reading): Promise<readonly Group[]> {
    const { missing, parts, pick, isRemote, isOfEntities, context, waits } = reading;
    const keyOf = (index: number): string => (parts[index] as Part).entryKey as string;
    const isAlone = waits === maxWaits || isReadAlone(context.cacheDemands);
    const claimable = missing.filter((index) => {
      const { entryKey } = parts[index] as Part;
      return entryKey !== undefined && !isAlone && !this.#notStored.has(entryKey);
    });
    const claiming = claimable.length === 0 ? [] : this.#options.cache.claim(claimable.map(keyOf), this.#leaseMs);
    const claims = claiming instanceof Promise ? await claiming : claiming;
    const waiters = claims.flatMap((claim) => (claim.kind === 'waiter' ? [claim] : []));
    const held = claimable.filter((_, position) => claims[position]?.kind === 'holder');
    const waited = claimable.filter((_, position) => claims[position]?.kind === 'waiter');
    const release = (): void => {
      for (const claim of claims) if (claim.kind === 'holder') claim.release();
    };
    const groups: Group[] = [];
    const isElsewhere = new Set(waited);
    if ((isRemote || claiming instanceof Promise) && held.length > 0) {
      // Somebody may have stored some between the two questions.
      const later = await this.#find(
        held.map((index) => (parts[index] as Part).key),
        context,
      );
      const usable = held.filter((_, position) => later[position]?.usability !== 'unusable');
      if (usable.length > 0) {
        const usableParts = later.filter(({ usability }) => usability !== 'unusable');
        groups.push({ kind: 'cached', indexes: usable, parts: usableParts });
        for (const index of usable) isElsewhere.add(index);
      }
    }
    const toFetch = missing.filter((index) => !isElsewhere.has(index));
    if (toFetch.length === 0) release();
    const fetching = toFetch.length === 0 ? undefined : this.#fetch(pick(toFetch), toFetch, isOfEntities, release);
    // It is awaited below, unless waiting for the others ends this.
    fetching?.catch(() => undefined);
    if (waited.length > 0) {
      await untilRead(waiters, context);
      const now = await this.#find(
        waited.map((index) => (parts[index] as Part).key),
        context,
      );
      const there = waited.filter((_, position) => now[position]?.usability !== 'unusable');
      const gone = waited.filter((_, position) => now[position]?.usability === 'unusable');
      if (there.length > 0)
        groups.push({ kind: 'cached', indexes: there, parts: now.filter(({ usability }) => usability !== 'unusable') });
      // Who held them may have died, or was too slow: of those who waited, one follows.
      if (gone.length > 0)
        groups.push(...(await this.#read({ ...reading, missing: gone, isRemote: true, waits: waits + 1 })));
    }
    if (fetching !== undefined) groups.push(await fetching);
    return groups;
  }

  /** @param release is called once what was read has been stored, or is not */
  async #fetch(wave: Wave, indexes: readonly number[], isOfEntities: boolean, release: () => void): Promise<Group> {
    const { request, parts, context } = wave;
    const policy = this.#createPolicy();
    let stored: Promise<void> | undefined;
    try {
      const response = await this.#send(request, context, policy);
      const values = isOfEntities
        ? entitiesOf(response, parts.length)
        : response.data == null
          ? undefined
          : [response.data];
      if (values !== undefined && isWhole(response)) {
        const storing = this.#store(wave, values, response, policy);
        if (storing instanceof Promise) stored = storing;
      } else this.#refuse(wave, 'error');
      if (values === undefined && parts.every((part) => this.#isUsableIfError(part, context)))
        return {
          kind: 'failed',
          indexes,
          error: new GatewayError('SUBREQUEST_MALFORMED_RESPONSE', {
            service: this.#client.name,
          }),
        };
      return { kind: 'answered', indexes, response };
    } catch (error) {
      if (context.signal.aborted || !(error instanceof GatewayError)) throw error;
      this.#refuse(wave, 'error');
      return { kind: 'failed', indexes, error };
    } finally {
      if (stored === undefined) release();
      else void stored.finally(release);
    }
  }

  #find(
    keys: readonly string[],
    { principal, cacheDemands }: RequestContext,
  ): readonly Part[] | Promise<readonly Part[]> {
    const { cache, config } = this.#options;
    const lookups = cache.findMany(keys, readerOf(config.scopeBy, principal));
    const toParts = (found: Awaited<typeof lookups>): readonly Part[] =>
      found.map(({ key: entryKey, cached }, index) => ({
        key: keys[index] as string,
        entryKey,
        cached,
        usability: cached === undefined ? 'unusable' : usabilityOf(cached, config.staleWhileRevalidateMs, cacheDemands),
      }));
    return lookups instanceof Promise ? lookups.then(toParts) : toParts(lookups);
  }

  #isUsableIfError({ cached }: Part, { cacheDemands }: RequestContext): boolean {
    return cached !== undefined && isUsableIfError(cached, this.#options.config.staleIfErrorMs, cacheDemands);
  }

  /** A value of its own: whoever gets it may write into it. */
  #valueOf(part: Part, context: RequestContext): unknown {
    this.#restrict(part, context);
    return ownValue(part);
  }

  #restrict({ cached }: Part, { cachePolicy }: RequestContext): void {
    if (cached === undefined || cachePolicy === undefined) return;
    const { policy, tags } = cached.response;
    // Others may have been read meanwhile.
    const ageMs = ageNow(cached);
    cachePolicy.cached(this.#client.name, { scope: policy.scope, leftMs: policy.maxAgeMs - ageMs, ageMs, tags });
  }

  /** Sends a request and collects how long its answer is good. */
  #send(request: SubgraphRequest, context: RequestContext, policy: OperationPolicy): Promise<SubgraphResponse> {
    const { cachePolicy: outer } = context;
    policy.request(this.#client.name, request.query);
    return this.#client.execute(request, {
      ...context,
      cachePolicy: {
        refuse: (reason) => outer?.refuse(reason),
        cached: (subgraph, found) => outer?.cached(subgraph, found),
        request: () => undefined,
        tags: () => undefined,
        response(subgraph, headers, requestedAt) {
          policy.response(subgraph, headers, requestedAt);
          outer?.response(subgraph, headers, requestedAt);
        },
      },
    });
  }

  #createPolicy(): OperationPolicy {
    const { hints, config, isCallerAware } = this.#options;
    const { defaultMaxAgeMs } = config;
    const { name } = this.#client;
    const callerAware = isCallerAware ? new Set([name]) : undefined;
    return new OperationPolicy({ hints: new Map([[name, hints]]), defaultMaxAgeMs, callerAware });
  }

  #store(
    wave: Wave,
    values: readonly unknown[],
    answered: SubgraphResponse,
    operationPolicy: OperationPolicy,
  ): void | Promise<void> {
    const { cache, config, tags, outcomes } = this.#options;
    const { request, parts, context, report } = wave;
    const representations = representationsOf(request);
    const partTags = tagsOfParts(tags, request, answered);
    context.cachePolicy?.tags(partTags.flat());
    const { maxAgeMs, scope } = operationPolicy.result;
    if (maxAgeMs <= 0) return this.#refuse(wave, operationPolicy.refusal ?? 'no_max_age');
    const reader = readerOf(config.scopeBy, context.principal);
    if (scope === 'private' && reader === undefined) return this.#refuse(wave, 'private_without_reader');
    const { allTags, readMsAgo, requestedMsAgo } = operationPolicy;
    const responses: KeyedResponse[] = [];
    for (const [index, { key, entryKey }] of parts.entries()) {
      this.#notStored.delete(entryKey ?? key);
      const value = values[index] ?? null;
      const longest = value === null ? Math.min(config.maxAgeMs, config.negativeMaxAgeMs) : config.maxAgeMs;
      const policy = { maxAgeMs: Math.min(maxAgeMs, longest), scope };
      if (policy.maxAgeMs <= 0) {
        report?.refuse('negative');
        continue;
      }
      const body = Buffer.from(JSON.stringify(value));
      const renewMs = drawRenewal(policy.maxAgeMs, readMsAgo);
      const ofPart = partTags[index] ?? [];
      const response = { policy, etag: etagOf(body), headers: [], tags: ofPart, readMs: readMsAgo, renewMs, body };
      responses.push({ key, response, tags: [...allTags, ...ofPart], readMsAgo: requestedMsAgo });
      report?.store(policy, [...allTags, ...ofPart]);
      outcomes.count('entities', this.#client.name, typeOfPart(representations, index), 'stored');
    }
    return cache.put(responses, reader, context.principal.tenant);
  }

  #refuse({ parts, request, report }: Wave, reason: string): undefined {
    report?.refuse(reason);
    const representations = representationsOf(request);
    for (const [index, { key, entryKey }] of parts.entries()) {
      this.#notStored.add(entryKey ?? key, reason === 'error');
      this.#options.outcomes.refuse('entities', this.#client.name, typeOfPart(representations, index), reason);
    }
  }

  /** Reads parts anew for those who come after, unless somebody does already. */
  #renew({ request, parts, context }: Wave, isOfEntities: boolean): void {
    const { refreshTimeoutMs, cache, log } = this.#options;
    const renew = async (): Promise<void> => {
      const keys = parts.map(({ key, entryKey }) => entryKey ?? key);
      const claims = await cache.claim(keys, this.#leaseMs);
      const indexes = parts.flatMap((_, index) => (claims[index]?.kind === 'holder' ? [index] : []));
      if (indexes.length === 0) return;
      const release = (): void => {
        for (const claim of claims) if (claim.kind === 'holder') claim.release();
      };
      const wave = {
        request: unwatched(isOfEntities ? requestFor(request, indexes) : request),
        parts: indexes.map((index) => parts[index] as Part),
        context: backgroundOf(context, refreshTimeoutMs),
      };
      await this.#fetch(wave, indexes, isOfEntities, release);
    };
    renew().catch((error: unknown) =>
      log.debug({ subgraph: this.#client.name, error }, 'entries could not be read anew'),
    );
  }

  #degraded(path: SubgraphNote['path'], { cached }: Part): SubgraphNote {
    const ageSeconds = cached === undefined ? 0 : wholeSeconds(ageNow(cached));
    return {
      extension: 'degraded',
      path,
      value: { reason: 'stale_if_error', subgraph: this.#client.name, ageSeconds },
    };
  }
}
