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
 * hint is 0 (`max_age_0`), or objects of it are decided by rules (`rows`).
 */
export type PolicyRefusal = 'no_max_age' | 'no_store' | 'max_age_0' | 'rows';

export class OperationPolicy {
  readonly #sources: PolicySources;
  readonly #responses = new Map<string, CachePolicy>();
  /** Subgraphs of which a response had no headers of caching. */
  readonly #silent = new Set<string>();
  /** Subgraphs of which a response is not said to be for everyone. */
  readonly #ofCaller = new Set<string>();
  #refused: PolicyRefusal | undefined;
  /** When the first of the data was read, where another cache had it. */
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

  /** Some of the data was read so long ago. */
  readBefore(milliseconds: number): void {
    this.#readAt = Math.min(this.#readAt, performance.now() - milliseconds);
  }

  /** How long ago the first of the data was read that another cache had; 0 where none had any. */
  get readMsAgo(): number {
    return Math.max(0, performance.now() - this.#readAt);
  }

  /** A request that is sent. @param query its document */
  request(subgraph: string, query: string): void {
    this.#requests.push({ subgraph, query });
  }

  /** A response of a subgraph. @param headers undefined where it says nothing of caching */
  response(subgraph: string, headers: CachingHeaders | undefined): void {
    if (this.#sources.callerAware?.has(subgraph) === true && !isForEveryone(headers)) this.#ofCaller.add(subgraph);
    if (headers === undefined) this.#silent.add(subgraph);
    else this.#responses.set(subgraph, strictestOf(this.#responses.get(subgraph), readCacheControl(headers)));
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

  /** Once all have been answered. */
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
    let policy: CachePolicy | undefined;
    let refusal: PolicyRefusal = 'no_max_age';
    const restrict = (other: CachePolicy, reason: PolicyRefusal): void => {
      if (other.maxAgeMs <= 0 && (policy?.maxAgeMs ?? 1) > 0) refusal = reason;
      policy = strictestOf(policy, other);
    };
    for (const { subgraph, query } of this.#requests) {
      const hints = this.#sources.hints.get(subgraph);
      if (hints === undefined) continue;
      const { hinted, hasUnhinted } = hints.of(query);
      if (hinted !== undefined) restrict(hinted, 'max_age_0');
      const response = this.#responses.get(subgraph);
      if (response !== undefined) restrict(response, 'no_store');
      if (response === undefined || this.#silent.has(subgraph))
        if (hasUnhinted) restrict({ maxAgeMs: this.#sources.defaultMaxAgeMs, scope: 'public' }, 'no_max_age');
      if (this.#ofCaller.has(subgraph))
        restrict({ maxAgeMs: Number.POSITIVE_INFINITY, scope: 'private' }, 'no_max_age');
    }
    if (policy === undefined || policy.maxAgeMs === Number.POSITIVE_INFINITY)
      return { policy: notCached, refusal: 'no_max_age' };
    return { policy, refusal: policy.maxAgeMs > 0 ? undefined : refusal };
  }
}

/** Whether a response says that others than the caller may be answered with it. */
function isForEveryone(headers: CachingHeaders | undefined): boolean {
  return headers !== undefined && /(?:^|[\s,])(?:public|s-maxage)\b/i.test(headers.cacheControl);
}
