/** What is to be invalidated in caches, as operators and applications say it, and the tags that it comes to. */
import { fieldTags } from '../ai/fields/index.ts';
import { responseTags } from '../cache/index.ts';
import { cacheTag, type EntityTypes, identifyingTags, plainPath, tenantTag, withGroups } from '../cache/tags/index.ts';
import { GatewayError } from '../errors/index.ts';
import { didYouMean } from '../lib/index.ts';

/** `subgraph`, `type` and `cache_tag` as Apollo Router’s endpoint takes them. */
export type Invalidation =
  | { readonly kind: 'subgraph'; readonly subgraph: string }
  | { readonly kind: 'type'; readonly subgraph: string; readonly type: string }
  /** A tag of `@cacheTag`. @param subgraphs that have given it. @default all */
  | { readonly kind: 'cache_tag'; readonly cache_tag: string; readonly subgraphs?: readonly string[] | undefined }
  /** One entity, whatever subgraph it was read from, by all fields of one of its keys. */
  | { readonly kind: 'entity'; readonly type: string; readonly key: Readonly<Record<string, unknown>> }
  /** Whole answers of an operation, by its name. */
  | { readonly kind: 'operation'; readonly operation: string }
  /** Private answers of a tenant’s readers. */
  | { readonly kind: 'tenant'; readonly tenant: string }
  /** Answers of AI fields with a prompt. */
  | { readonly kind: 'prompt'; readonly prompt: string }
  /** Answers of the AI fields of a type. */
  | { readonly kind: 'ai_type'; readonly type: string };

/** What a graph has of what can be invalidated. */
export interface InvalidatedGraph {
  readonly subgraphs: readonly string[];
  readonly entities: EntityTypes;
}

/** @throws GatewayError `BAD_REQUEST` for an entity that the graph does not have */
export function tagsOfInvalidations(
  invalidations: readonly Invalidation[],
  graph: InvalidatedGraph,
): readonly string[] {
  return [...new Set(invalidations.flatMap((invalidation) => tagsOf(invalidation, graph)))];
}

function tagsOf(invalidation: Invalidation, { subgraphs, entities }: InvalidatedGraph): readonly string[] {
  switch (invalidation.kind) {
    case 'subgraph':
      return [responseTags.subgraph(invalidation.subgraph)];
    case 'type':
      return [responseTags.type(invalidation.subgraph, invalidation.type)];
    case 'cache_tag':
      return (invalidation.subgraphs ?? subgraphs).flatMap((name) =>
        withGroups(cacheTag(name, invalidation.cache_tag)),
      );
    case 'entity':
      return tagsOfEntity(invalidation, entities);
    case 'operation':
      return [responseTags.operation(invalidation.operation)];
    case 'tenant':
      return [tenantTag(invalidation.tenant)];
    case 'prompt':
      return [fieldTags.prompt(invalidation.prompt)];
    case 'ai_type':
      return [
        fieldTags.type(invalidation.type),
        ...subgraphs.map((name) => responseTags.type(name, invalidation.type)),
      ];
  }
}

function tagsOfEntity(
  { type, key }: Extract<Invalidation, { readonly kind: 'entity' }>,
  entities: EntityTypes,
): readonly string[] {
  const entity = entities.get(type);
  if (entity === undefined)
    throw new GatewayError('BAD_REQUEST', {
      message: `No type "${type}" has a @key${didYouMean(type, [...entities.keys()])}.`,
    });
  const tags = identifyingTags(entities, type, (path) => plainPath(key, path));
  if (tags.length > 0) return tags.flatMap(withGroups);
  const keys = entity.keys.map(({ signature }) => `"${signature}"`).join(' or ');
  throw new GatewayError('BAD_REQUEST', { message: `The key of a ${type} has the fields ${keys}.` });
}

/** What came of an invalidation. */
export interface Invalidated {
  readonly tags: readonly string[];
  /** False: a store could not be reached, whose answers may be sent until they expire. */
  readonly isComplete: boolean;
}
