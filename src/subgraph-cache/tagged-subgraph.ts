/**
 * A subgraph whose answers have tags, and whose mutations invalidate what they change: before a mutation’s answer goes on, nothing
 * that was read of its entities before is answered from a cache again.
 */
import { responseTags } from '../cache/index.ts';
import { type EntityTypes, type SubgraphTags, withGroups } from '../cache/tags/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { RequestContext, SubgraphClient, SubgraphRequest, SubgraphResponse } from '../transport/index.ts';
import type { Invalidations } from './invalidations.ts';
import { sentRequest, tagsOfParts } from './tags-of-parts.ts';

export interface TaggedSubgraphOptions {
  readonly tags: SubgraphTags;
  readonly entities: EntityTypes;
  /** Whether answers get their tags here; not where the entity cache below gives them theirs. */
  readonly givesTags: boolean;
  readonly invalidations: Invalidations;
  /** The names of all subgraphs: a tag may be of any. */
  readonly subgraphs: readonly string[];
}

export function withTags(client: SubgraphClient, options: TaggedSubgraphOptions): SubgraphClient {
  const { status } = client;
  const tagged = new TaggedSubgraph(client, options);
  return {
    name: client.name,
    kind: client.kind,
    execute: (request, context) =>
      request.kind === 'mutation' ? tagged.mutate(request, context) : tagged.query(request, context),
    ...(status === undefined ? {} : { status: () => status.call(client) }),
    close: () => client.close(),
  };
}

/** Failures before anything was sent. */
const unsent: ReadonlySet<string> = new Set(['SUBGRAPH_CIRCUIT_BREAKER_REJECTED']);

class TaggedSubgraph {
  readonly #client: SubgraphClient;
  readonly #options: TaggedSubgraphOptions;

  constructor(client: SubgraphClient, options: TaggedSubgraphOptions) {
    this.#client = client;
    this.#options = options;
  }

  async query(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    const response = await this.#client.execute(request, context);
    const { tags, givesTags } = this.#options;
    if (givesTags && context.cachePolicy !== undefined && response.data != null)
      context.cachePolicy.tags(tagsOfParts(tags, request, response).flat());
    return response;
  }

  async mutate(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    let response: SubgraphResponse;
    try {
      response = await this.#client.execute(request, context);
    } catch (error) {
      // It may have run: nobody knows.
      if (!(error instanceof GatewayError && unsent.has(error.code))) await this.#invalidate(request);
      throw error;
    }
    await this.#invalidate(request, response);
    return response;
  }

  /** @param response undefined where none came */
  async #invalidate(request: SubgraphRequest, response?: SubgraphResponse): Promise<void> {
    const { tags, entities, invalidations, subgraphs } = this.#options;
    const data = response === undefined ? undefined : (response.data ?? null);
    const isRefused = (key: string): boolean =>
      response?.errors?.some(({ path }) => path === undefined || path[0] === key) === true;
    const changes = tags.changedBy(sentRequest(request), data, isRefused);
    const changed = [...changes.tags]
      .flatMap((tag) => inSubgraphs(tag, this.#client.name, subgraphs))
      .flatMap(withGroups);
    const ofTypes = [...changes.types].flatMap((type) =>
      (entities.get(type)?.subgraphs ?? []).map((subgraph) => responseTags.type(subgraph, type)),
    );
    const all = [...new Set([...changed, ...ofTypes])];
    if (all.length > 0) await invalidations.invalidate(all);
  }
}

/** A tag that a mutation names is one of any subgraph: data that is changed in one may have been read from another. */
function inSubgraphs(tag: string, subgraph: string, subgraphs: readonly string[]): readonly string[] {
  for (const head of [`cache_tag:${subgraph} `, `cache_tags:${subgraph} `, `cache_prefix:${subgraph} `])
    if (tag.startsWith(head))
      return subgraphs.map((name) => `${head.slice(0, head.indexOf(':') + 1)}${name} ${tag.slice(head.length)}`);
  return [tag];
}
