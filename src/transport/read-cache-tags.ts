/** The cache tags in the `extensions` of a subgraph’s response, by the names that Apollo Router reads. */
import type { SentCacheTags } from './subgraph-client.ts';

/** @returns undefined where there are none; what is no text is passed over */
export function readCacheTags(extensions: unknown): SentCacheTags | undefined {
  if (typeof extensions !== 'object' || extensions === null) return undefined;
  const { apolloCacheTags, apolloEntityCacheTags } = extensions as Readonly<Record<string, unknown>>;
  if (apolloCacheTags === undefined && apolloEntityCacheTags === undefined) return undefined;
  return {
    answer: textsOf(apolloCacheTags),
    entities: Array.isArray(apolloEntityCacheTags) ? apolloEntityCacheTags.map(textsOf) : [],
  };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

/** Of a request that was sent in parts. @param parts with the number of entities that each was asked for */
export function joinCacheTags(
  parts: readonly { readonly cacheTags: SentCacheTags | undefined; readonly count: number }[],
): SentCacheTags | undefined {
  if (parts.every(({ cacheTags }) => cacheTags === undefined)) return undefined;
  return {
    answer: parts.flatMap(({ cacheTags }) => cacheTags?.answer ?? []),
    entities: parts.flatMap(({ cacheTags, count }) =>
      Array.from({ length: count }, (_, index) => cacheTags?.entities[index] ?? []),
    ),
  };
}
