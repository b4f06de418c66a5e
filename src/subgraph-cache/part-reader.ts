/**
 * Reads parts of an answer that are not cached, and stores them: of all who miss a part, in all workers and gateways of a store, one
 * reads it, and the others wait for what it stores. Long because claiming, waiting, reading and storing are one flow over the same
 * parts.
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
import type { EntitiesConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { RequestContext, SubgraphClient, SubgraphRequest, SubgraphResponse } from '../transport/index.ts';
import type { EntityOutcomesOptions } from './entity-outcomes.ts';
import { representationsOf, requestFor } from './entity-requests.ts';
import { entitiesOf, isWhole } from './join-groups.ts';
import { backgroundOf, type Group, type Part, typeOfPart, untilRead, unwatched, type Wave } from './part.ts';
import type { PartFinder } from './part-finder.ts';
import { tagsOfParts } from './tags-of-parts.ts';
import { isReadAlone } from './usability.ts';

export interface PartReaderOptions extends EntityOutcomesOptions {
  readonly cache: ResponseCache;
  readonly config: EntitiesConfig;
  readonly tags: SubgraphTags;
  /** Whether the subgraph is told who asks. */
  readonly isCallerAware: boolean;
}

/** How often a caller waits for others before it reads by itself. */
const maxWaits = 4;

/** What is to be read. */
export interface Reading {
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

export class PartReader {
  readonly #client: SubgraphClient;
  readonly #finder: PartFinder;
  readonly #options: PartReaderOptions;
  readonly #notStored = new NotStored();
  readonly #leaseMs: number;

  constructor(client: SubgraphClient, finder: PartFinder, options: PartReaderOptions) {
    this.#client = client;
    this.#finder = finder;
    this.#options = options;
    this.#leaseMs = readLeaseMs(options.refreshTimeoutMs);
  }

  /** Reads what is missing: what nobody else reads at once, the rest once others have. */
  async read(reading: Reading): Promise<readonly Group[]> {
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
      const later = await this.#finder.find(
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
      const now = await this.#finder.find(
        waited.map((index) => (parts[index] as Part).key),
        context,
      );
      const there = waited.filter((_, position) => now[position]?.usability !== 'unusable');
      const gone = waited.filter((_, position) => now[position]?.usability === 'unusable');
      if (there.length > 0)
        groups.push({ kind: 'cached', indexes: there, parts: now.filter(({ usability }) => usability !== 'unusable') });
      // Who held them may have died, or was too slow: of those who waited, one follows.
      if (gone.length > 0)
        groups.push(...(await this.read({ ...reading, missing: gone, isRemote: true, waits: waits + 1 })));
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
      if (values === undefined && parts.every((part) => this.#finder.isUsableIfError(part, context)))
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
  renew({ request, parts, context }: Wave, isOfEntities: boolean): void {
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
}
