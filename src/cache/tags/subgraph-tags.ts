/**
 * The tags of one subgraph’s answers, by what they read: of each entity, by its keys; of `@cacheTag`, of types and fields; and
 * those that the subgraph sent. What a mutation changes is found in the same way.
 */
import { parse } from 'graphql';
import { TextCache } from '../../lib/index.ts';
import { AnswerTags } from './answer-tags.ts';
import type { CacheRules, EntityTypes } from './cache-rules.ts';
import { plainField } from './entity-tags.ts';
import { compileRequest, type TaggedRequest, type Variables } from './request-tags.ts';
import { ReturnedEntities } from './returned-entities.ts';
import { TagFormats } from './tag-format.ts';
import { cacheTags } from './tag-names.ts';

export interface SubgraphTagsOptions {
  readonly subgraph: string;
  readonly rules: CacheRules;
  readonly entities: EntityTypes;
}

/** A request as it is sent. */
export interface SentRequest {
  readonly query: string;
  /** Its variables; called where a tag reads them. */
  readonly variables: () => Variables;
}

export interface Changes {
  readonly tags: ReadonlySet<string>;
  /** Of entities whose keys were not read: any of the type may have changed. */
  readonly types: ReadonlySet<string>;
}

export class SubgraphTags {
  readonly #options: SubgraphTagsOptions;
  readonly #requests: TextCache<TaggedRequest>;
  readonly #formats: TagFormats;

  constructor(options: SubgraphTagsOptions) {
    this.#options = options;
    this.#requests = new TextCache((query) => compileRequest(parse(query, { noLocation: true }), options));
    this.#formats = new TagFormats(options.subgraph);
  }

  /** Of an answer’s fields of the root. */
  ofRoot(request: SentRequest, data: unknown): ReadonlySet<string> {
    const { root, selection, defaults } = this.#requests.of(request.query);
    const tags = this.#tagged(request, defaults);
    if (!selection.isTagged) return tags.all;
    tags.object(data, root, selection);
    // An entity that is not there may come to be.
    for (const { key, field } of selection.fields)
      if (field !== undefined && plainField(data, key) === null) tags.anyOf(field.type);
    return tags.all;
  }

  /** Of one entity. @param data null where it is not there */
  ofEntity(request: SentRequest, representation: unknown, data: unknown): ReadonlySet<string> {
    const { entities, defaults } = this.#requests.of(request.query);
    const tags = this.#tagged(request, defaults);
    const type = plainField(representation, '__typename');
    if (entities.isTagged && typeof type === 'string') tags.object(data, type, entities, representation);
    return tags.all;
  }

  /**
   * What a mutation changes: what its fields invalidate, and the entities that it returns.
   * @param data undefined where no answer came: it may have changed what it would change
   * @param isRefused whether the field with this key has an error
   */
  changedBy(request: SentRequest, data: unknown, isRefused: (key: string) => boolean): Changes {
    const { root, selection, defaults } = this.#requests.of(request.query);
    const tags = this.#tagged(request, defaults);
    if (root !== 'Mutation' || !selection.isTagged) return { tags: new Set(), types: new Set() };
    const entities = new ReturnedEntities(this.#options);
    for (const selected of selection.fields) {
      const value = data === undefined ? undefined : (plainField(data, selected.key) ?? null);
      if (value === null && isRefused(selected.key)) continue;
      tags.invalidatedBy(selected, value);
      if (selected.inner !== undefined) entities.add(value, selected.field?.type ?? '', selected.inner);
    }
    return { tags: new Set([...tags.all, ...entities.tags]), types: entities.types };
  }

  /** The tags that the subgraph sent. */
  sent(texts: readonly string[]): readonly string[] {
    return texts.flatMap((text) => cacheTags(this.#options.subgraph, text));
  }

  #tagged({ variables }: SentRequest, defaults: Variables): AnswerTags {
    return new AnswerTags({ ...this.#options, formats: this.#formats, variables, defaults });
  }
}
