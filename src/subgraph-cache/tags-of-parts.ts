import { plainPath, type SentRequest, type SubgraphTags } from '../cache/tags/index.ts';
import { parseExactJson } from '../lib/index.ts';
import type { SubgraphRequest, SubgraphResponse } from '../transport/index.ts';
import { representationsOf } from './entity-requests.ts';

/** What each part of an answer is invalidated by: its entities in order, or all its fields of the root. */
export function tagsOfParts(
  tags: SubgraphTags,
  request: SubgraphRequest,
  { data, cacheTags }: SubgraphResponse,
): readonly (readonly string[])[] {
  const operation = sentRequest(request);
  const representations = representationsOf(request);
  if (representations === undefined)
    return [
      [
        ...tags.ofRoot(operation, data),
        ...tags.sent([...(cacheTags?.answer ?? []), ...(cacheTags?.entities ?? []).flat()]),
      ],
    ];
  const all = tags.sent(cacheTags?.answer ?? []);
  return representations.map((representation, index) => [
    ...tags.ofEntity(operation, parseExactJson(representation), plainPath(data, ['_entities', String(index)]) ?? null),
    ...tags.sent(cacheTags?.entities[index] ?? []),
    ...all,
  ]);
}

export function sentRequest({ query, variables, variablesJson }: SubgraphRequest): SentRequest {
  return {
    query,
    variables: () =>
      variablesJson === undefined ? (variables ?? {}) : (parseExactJson(variablesJson) as Record<string, unknown>),
  };
}
