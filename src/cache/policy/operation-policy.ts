/**
 * How long the answer of one operation may be cached: what the requests to subgraphs say, each by its response’s headers and its
 * subgraph’s hints, combined to the strictest. A request without either is cached as long as the configuration says.
 */

import { responseTags } from '../responses/response-tags.ts';
import type { CacheHints } from './cache-hints.ts';
import { type CachePolicy, notCached, strictestOf } from './cache-policy.ts';
import { type CachingHeaders, readCacheControl } from './read-cache-control.ts';

export interface PolicySources {
  /** By subgraph; those without one are answered by what they read, which other requests bring. */
  readonly hints: ReadonlyMap<string, CacheHints>;
  /** Of those, too. @default `hints` */
  readonly types?: ReadonlyMap<string, CacheHints>;
  readonly defaultMaxAgeMs: number;
  /** Subgraphs that are told who asks: their answers are that caller's alone unless they say `public` (RFC 9111, section 3.5). */
  readonly callerAware?: ReadonlySet<string> | undefined;
}

/**
 * Why an answer is not cached: nobody says how long (`no_max_age`), a subgraph’s response forbids it or cannot be read (`no_store`), a
 * hint is 0 (`max_age_0`), its time is over already: what another cache had was stale, or reading it took too long (`stale`), or
 * objects of it are decided by rules (`rows`).
 */
export type PolicyRefusal = 'no_max_age' | 'no_store' | 'max_age_0' | 'stale' | 'rows';

/** What another cache had. */
interface CachedData {
  readonly scope: CachePolicy['scope'];
  readonly leftMs: number;
  readonly ageMs: number;
  readonly tags: readonly string[];
}

export class OperationPolicy {
  readonly #sources: PolicySources;
  readonly #responses = new Map<string, CachePolicy>();
  /** Subgraphs of which a response had no headers of caching. */
  readonly #silent = new Set<string>();
  /** Subgraphs of which a response is not said to be for everyone. */
  readonly #ofCaller = new Set<string>();
  #refused: PolicyRefusal | undefined;
  /** What other caches had: until when it may be used, and for whom. */
  readonly #cached: { readonly until: number; readonly scope: CachePolicy['scope'] }[] = [];
  /** Subgraphs of which another cache had something. */
  readonly #found = new Set<string>();
  /** When each subgraph was first asked. */
  readonly #requestedAt = new Map<string, number>();
  /** When the first of the data was asked for. */
  #readAt = Number.POSITIVE_INFINITY;
  readonly #tags = new Set<string>();
  readonly #requests: { readonly subgraph: string; readonly query: string }[] = [];

  constructor(sources: PolicySources) {
    this.#sources = sources;
  }

  /** The answer depends on more than it is cached by. */
  refuse(reason: PolicyRefusal): void {
    this.#refused = reason;
  }

  /** Data that another cache had. */
  cached(subgraph: string, { scope, leftMs, ageMs, tags }: CachedData): void {
    const now = performance.now();
    this.#readAt = Math.min(this.#readAt, now - ageMs);
    this.#cached.push({ until: now + leftMs, scope });
    this.#found.add(subgraph);
    this.tags(tags);
  }

  /** How long ago the first of the data was asked for, what another cache had included. */
  get readMsAgo(): number {
    return Math.max(0, performance.now() - this.#readAt);
  }

  /** How long ago the first request of this operation began: what has been invalidated since may have been read before. */
  get requestedMsAgo(): number {
    return Math.max(0, performance.now() - Math.min(...this.#requestedAt.values()));
  }

  /** A request that is sent. @param query its document */
  request(subgraph: string, query: string): void {
    this.#requests.push({ subgraph, query });
    this.#requested(subgraph, performance.now());
  }

  /**
   * A response of a subgraph.
   *
   * @param headers undefined where it says nothing of caching
   * @param requestedAt when it was asked for: its time begins then (RFC 9111, section 4.2.3), however long it took
   */
  response(subgraph: string, headers: CachingHeaders | undefined, requestedAt: number): void {
    this.#requested(subgraph, requestedAt);
    if (this.#sources.callerAware?.has(subgraph) === true && !isForEveryone(headers)) this.#ofCaller.add(subgraph);
    if (headers === undefined) this.#silent.add(subgraph);
    else this.#responses.set(subgraph, strictestOf(this.#responses.get(subgraph), readCacheControl(headers)));
  }

  #requested(subgraph: string, at: number): void {
    this.#requestedAt.set(subgraph, Math.min(this.#requestedAt.get(subgraph) ?? at, at));
    this.#readAt = Math.min(this.#readAt, at);
  }

  /** Of what was read. */
  tags(tags: Iterable<string>): void {
    for (const tag of tags) this.#tags.add(tag);
  }

  /** What the answer is invalidated by: the subgraphs it was read from, their types, and what was read of them. */
  get allTags(): readonly string[] {
    const tags = new Set(this.#tags);
    for (const { subgraph, query } of this.#requests) {
      tags.add(responseTags.subgraph(subgraph));
      for (const type of (this.#sources.types ?? this.#sources.hints).get(subgraph)?.of(query).types ?? [])
        tags.add(responseTags.type(subgraph, type));
    }
    return [...tags];
  }

  /** Once all have been answered: `maxAgeMs` begins when the first of the data was asked for. */
  get result(): CachePolicy {
    const { policy, refusal } = this.#judge();
    return refusal === undefined ? policy : notCached;
  }

  /** Why the answer is not cached; undefined where it may be. */
  get refusal(): PolicyRefusal | undefined {
    return this.#judge().refusal;
  }

  #judge(): { readonly policy: CachePolicy; readonly refusal: PolicyRefusal | undefined } {
    if (this.#refused !== undefined) return { policy: notCached, refusal: this.#refused };
    const readAt = this.#readAt;
    let policy: CachePolicy | undefined;
    let refusal: PolicyRefusal = 'no_max_age';
    const restrict = ({ maxAgeMs, scope }: CachePolicy, reason: PolicyRefusal, from: number): void => {
      if (maxAgeMs <= 0 && (policy?.maxAgeMs ?? 1) > 0) refusal = reason;
      policy = strictestOf(policy, { maxAgeMs: maxAgeMs <= 0 ? 0 : maxAgeMs + (from - readAt), scope });
    };
    for (const { subgraph, query } of this.#requests) {
      const hints = this.#sources.hints.get(subgraph);
      if (hints === undefined) continue;
      const from = this.#requestedAt.get(subgraph) ?? readAt;
      const { hinted, hasUnhinted } = hints.of(query);
      if (hinted !== undefined) restrict(hinted, 'max_age_0', from);
      const response = this.#responses.get(subgraph);
      if (response !== undefined) restrict(response, 'no_store', from);
      if ((response === undefined && !this.#found.has(subgraph)) || this.#silent.has(subgraph))
        if (hasUnhinted) restrict({ maxAgeMs: this.#sources.defaultMaxAgeMs, scope: 'public' }, 'no_max_age', from);
      if (this.#ofCaller.has(subgraph))
        restrict({ maxAgeMs: Number.POSITIVE_INFINITY, scope: 'private' }, 'no_max_age', from);
    }
    // Rounded: of a difference of clocks, the last digits are not exact, and whole seconds are told.
    for (const { until, scope } of this.#cached)
      policy = strictestOf(policy, { maxAgeMs: Math.max(0, Math.round(until - readAt)), scope });
    if (policy === undefined || policy.maxAgeMs === Number.POSITIVE_INFINITY)
      return { policy: notCached, refusal: 'no_max_age' };
    if (policy.maxAgeMs <= 0) return { policy, refusal };
    return { policy, refusal: readAt + policy.maxAgeMs <= performance.now() ? 'stale' : undefined };
  }
}

/** Whether a response says that others than the caller may be answered with it. */
function isForEveryone(headers: CachingHeaders | undefined): boolean {
  return headers !== undefined && /(?:^|[\s,])(?:public|s-maxage)\b/i.test(headers.cacheControl);
}
