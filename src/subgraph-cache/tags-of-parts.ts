import { coarsened, plainPath, type SentRequest, type SubgraphTags } from '../cache/tags/index.ts';
import { parseExactJson } from '../lib/index.ts';
import type { SubgraphRequest, SubgraphResponse } from '../transport/index.ts';
import { representationsOf } from './entity-requests.ts';

/** Of one part: they are stored with it, and a list of a thousand entities would have more of them than data. */
const mostTags = 40;

/** What each part of an answer is invalidated by: its entities in order, or all its fields of the root. */
export function tagsOfParts(
  tags: SubgraphTags,
  request: SubgraphRequest,
  { data, cacheTags }: SubgraphResponse,
): readonly (readonly string[])[] {
  const operation = sentRequest(request);
  const representations = representationsOf(request);
  const { answer: all = [], entities: ofEntities = [] } = cacheTags ?? {};
  if (representations === undefined)
    return [few([...tags.ofRoot(operation, data), ...tags.sent(all), ...tags.sent(ofEntities.flat())])];
  return representations.map((representation, index) =>
    few([
      ...tags.ofEntity(
        operation,
        parseExactJson(representation),
        plainPath(data, ['_entities', String(index)]) ?? null,
      ),
      ...tags.sent(ofEntities[index] ?? []),
      ...tags.sent(all),
    ]),
  );
}

/** Those that are too many all the same are refused where they are stored. */
function few(tags: readonly string[]): readonly string[] {
  return tags.length <= mostTags ? tags : (coarsened(tags, mostTags) ?? tags);
}

export function sentRequest({ query, variables, variablesJson }: SubgraphRequest): SentRequest {
  return {
    query,
    variables: () =>
      variablesJson === undefined ? (variables ?? {}) : (parseExactJson(variablesJson) as Record<string, unknown>),
  };
}
