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
}

export class OperationPolicy {
  readonly #sources: PolicySources;
  readonly #responses = new Map<string, CachePolicy>();
  /** Subgraphs of which a response had no headers of caching. */
  readonly #silent = new Set<string>();
  #isRefused = false;
  readonly #tags = new Set<string>();
  readonly #requests: { readonly subgraph: string; readonly query: string }[] = [];

  constructor(sources: PolicySources) {
    this.#sources = sources;
  }

  /** The answer depends on more than it is cached by. */
  refuse(): void {
    this.#isRefused = true;
  }

  /** A request that is sent. @param query its document */
  request(subgraph: string, query: string): void {
    this.#requests.push({ subgraph, query });
  }

  /** A response of a subgraph. @param headers undefined where it says nothing of caching */
  response(subgraph: string, headers: CachingHeaders | undefined): void {
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
    if (this.#isRefused) return notCached;
    let policy: CachePolicy | undefined;
    for (const { subgraph, query } of this.#requests) {
      const hints = this.#sources.hints.get(subgraph);
      if (hints === undefined) continue;
      const { hinted, hasUnhinted } = hints.of(query);
      if (hinted !== undefined) policy = strictestOf(policy, hinted);
      const response = this.#responses.get(subgraph);
      if (response !== undefined) policy = strictestOf(policy, response);
      if (response === undefined || this.#silent.has(subgraph))
        if (hasUnhinted) policy = strictestOf(policy, { maxAgeMs: this.#sources.defaultMaxAgeMs, scope: 'public' });
    }
    return policy === undefined || policy.maxAgeMs === Number.POSITIVE_INFINITY ? notCached : policy;
  }
}
