/** Requests for entities, one by one: which are asked for, and a request for some of them alone. */
import type { SubgraphRequest } from '../transport/index.ts';

/** @returns the representations as JSON texts; undefined where the request is not for one list of entities */
export function representationsOf({
  query,
  variables,
  representationsJson,
}: SubgraphRequest): readonly string[] | undefined {
  if (representationsJson !== undefined) return representationsJson;
  const { representations } = variables ?? {};
  if (!Array.isArray(representations) || !query.includes('_entities')) return undefined;
  return representations.map((representation) => JSON.stringify(representation));
}

/** The request for those at the indexes. */
export function requestFor(request: SubgraphRequest, indexes: readonly number[]): SubgraphRequest {
  const { representationsJson, variables } = request;
  const pick = <Value>(values: readonly Value[]): Value[] => indexes.map((index) => values[index] as Value);
  if (representationsJson !== undefined) return { ...request, representationsJson: pick(representationsJson) };
  const { representations } = variables as { readonly representations: readonly unknown[] };
  return { ...request, variables: { ...variables, representations: pick(representations) } };
}
