/**
 * A subgraph whose answers are cached: of each entity by its representation, so that a request is sent for what is missing alone,
 * and of fields of the root by their request. It stands above transport: what is cached is answered while a circuit is open.
 *
 * Entries are keyed by the subgraph’s address and what is read of its schema, the document, its variables, and the headers that the subgraph is sent; so a
 * change elsewhere in the graph, and other callers’ operations that read the same, find them. Kept as long as `Cache-Control` and
 * hints allow; an answer with an error is never kept. Of all who miss an entry, in all workers and gateways of a store, one reads
 * it. A failing store is a miss.
 */
import type { HeaderRules } from '../config/index.ts';
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
import { EntityOutcomes, noteHits } from './entity-outcomes.ts';
import { representationsOf, requestFor } from './entity-requests.ts';
import { joinGroups } from './join-groups.ts';
import { bypassReason, type Group, type Part, type Wave } from './part.ts';
import { PartFinder } from './part-finder.ts';
import { PartReader, type PartReaderOptions } from './part-reader.ts';
import { ageNow } from './usability.ts';

export interface CachedSubgraphOptions extends PartReaderOptions {
  /** Of what decides the answer to a query: another one has other entries. */
  readonly versionOf: (query: string) => string;
  readonly headers: HeaderRules | undefined;
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

class CachedSubgraph {
  readonly #client: SubgraphClient;
  readonly #options: CachedSubgraphOptions;
  readonly #keys: EntityKeys;
  readonly #outcomes: EntityOutcomes;
  readonly #finder: PartFinder;
  readonly #reader: PartReader;

  constructor(client: SubgraphClient, options: CachedSubgraphOptions) {
    this.#client = client;
    this.#options = options;
    this.#keys = new EntityKeys(client.name, options.versionOf, options.headers);
    this.#outcomes = new EntityOutcomes(client, options);
    this.#finder = new PartFinder(options);
    this.#reader = new PartReader(client, this.#finder, options);
  }

  async execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    const reason = bypassReason(request, context);
    if (reason !== undefined) {
      context.cacheReport?.fetch({ subgraph: this.#client.name, status: 'bypass', reason });
      return this.#client.execute(request, context);
    }
    const representations = representationsOf(request);
    const keys = this.#keys.of(request, representations, context);
    const finding = this.#finder.find(keys, context);
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
    if (renewable.length > 0) this.#reader.renew(pick(renewable), representations !== undefined);
    this.#outcomes.count(parts, representations, request.event);
    if (missing.length < parts.length && this.#options.verification.draw()) {
      const fresh = parts.flatMap(({ usability }, index) => (usability === 'use' ? [index] : []));
      if (fresh.length > 0) this.#outcomes.verify(pick(fresh), fresh, representations);
    }
    if (missing.length === 0) {
      if (parts.some(isStale)) return this.#answerOf(parts, representations, context, []);
      for (const part of parts) this.#restrict(part, context);
      return cachedAnswer(parts, representations !== undefined);
    }
    if (context.cacheDemands?.isOnlyIfCached === true) throw new GatewayError('NOT_CACHED');
    const isOfEntities = representations !== undefined;
    const groups = await this.#reader.read({ missing, parts, pick, isRemote, isOfEntities, context, waits: 0 });
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
      const isStaleUsable = parts.some((part) => this.#finder.isUsableIfError(part, context));
      if (only.kind === 'failed' && !isStaleUsable) throw only.error;
    }
    const failed = new Map(
      groups.flatMap((group) =>
        group.kind === 'failed' ? group.indexes.map((index) => [index, group.error] as const) : [],
      ),
    );
    const stale = [...failed.keys()].filter((index) => this.#finder.isUsableIfError(parts[index] as Part, context));
    for (const index of stale) failed.delete(index);
    const late = new Map(
      groups.flatMap((group) =>
        group.kind === 'cached'
          ? group.indexes.map((index, position) => [index, group.parts[position] as Part] as const)
          : [],
      ),
    );
    const partAt = (index: number): Part => late.get(index) ?? (parts[index] as Part);
    const isFailed = new Set(stale);
    const noteOf = (index: number, path: SubgraphNote['path']): SubgraphNote[] => {
      if (isFailed.has(index)) return [this.#degraded('stale_if_error', path, partAt(index))];
      return isStale(partAt(index)) ? [this.#degraded('stale_while_revalidate', path, partAt(index))] : [];
    };
    const read = (index: number): unknown => this.#valueOf(partAt(index), context);
    if (representations === undefined) {
      const data = read(0) as Record<string, unknown> | null;
      const notes = noteOf(0, Object.keys(data ?? {}).slice(0, 1));
      return notes.length === 0 ? { data } : { data, notes };
    }
    const notes = parts.flatMap((_, index) => noteOf(index, ['_entities', index]));
    return joinGroups({ count: parts.length, groups, failed, read, notes });
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

  #degraded(
    reason: 'stale_if_error' | 'stale_while_revalidate',
    path: SubgraphNote['path'],
    { cached }: Part,
  ): SubgraphNote {
    const ageSeconds = cached === undefined ? 0 : wholeSeconds(ageNow(cached));
    return {
      extension: 'degraded',
      path,
      value: { reason, subgraph: this.#client.name, ageSeconds },
    };
  }
}

/** Whether it is used after its time. */
function isStale({ cached, usability }: Part): boolean {
  return cached !== undefined && usability !== 'unusable' && cached.staleMs > 0;
}
