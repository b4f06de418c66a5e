import { describe, expect, it } from 'vitest';
import { SubgraphTags } from '../../../src/cache/tags/index.ts';
import { tagsOfParts } from '../../../src/subgraph-cache/tags-of-parts.ts';
import { composeSubgraphs } from '../../../src/supergraph/compose-subgraphs.ts';

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
  type Query { products: [Product] }
  type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") { id: ID! }`;
const outcome = composeSubgraphs([{ name: 'a', url: 'http://a', origin: 'a.graphql', sdl }]);
if (outcome.kind === 'failed') throw new Error('it composes');
const tags = new SubgraphTags({
  subgraph: 'a',
  rules: outcome.cacheRules.get('a') ?? new Map(),
  entities: outcome.entityTypes,
});
const ids = Array.from({ length: 1_000 }, (_, index) => ({ id: `p${index}` }));

describe('the tags of the parts of an answer', () => {
  it('are few, however long a list is', () => {
    const request = { kind: 'query', query: '{ products { id } }' } as const;
    const [few = []] = tagsOfParts(tags, request, { data: { products: ids } });
    expect(few.toSorted()).toEqual(
      ['cache_prefix:a ', 'cache_prefix:a product-', 'cache_tags:a product-', 'entities:Product(id)'].toSorted(),
    );
  });

  it('are each entity’s own, with those that the subgraph sent for it and for all', () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { id } } }';
    const representationsJson = ['{"__typename":"Product","id":"p1"}', '{"__typename":"Product","id":"p2"}'];
    const cacheTags = { answer: ['all'], entities: [['first']] };
    const response = { data: { _entities: [{ id: 'p1' }, null] }, cacheTags };
    const parts = tagsOfParts(tags, { kind: 'query', query, representationsJson }, response);
    const named = parts.map((part) => part.filter((tag) => !tag.startsWith('cache_prefix:')));
    expect(named).toEqual([
      ['cache_tag:a product-p1', 'entity:Product(id) ["p1"]', 'cache_tag:a first', 'cache_tag:a all'],
      ['cache_tag:a product-p2', 'entity:Product(id) ["p2"]', 'cache_tag:a all'],
    ]);
  });
});
