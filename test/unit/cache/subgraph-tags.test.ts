import { describe, expect, it } from 'vitest';
import { coarsened, SubgraphTags, withGroups } from '../../../src/cache/tags/index.ts';
import { composeSubgraphs } from '../../../src/supergraph/compose-subgraphs.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag", "@interfaceObject"])`;
const outcome = composeSubgraphs([
  {
    name: 'media',
    url: 'http://a',
    origin: 'a.graphql',
    sdl: `${link}
      type Query {
        media(ids: [ID!]! = ["m1"]): [Media!]! @cacheTag(format: "of-{$args.ids}")
        shelf: Shelf
        any: [Any]
      }
      union Any = Book | Shelf
      interface Media @key(fields: "id") { id: ID! }
      type Book implements Media @key(fields: "id") @cacheTag(format: "book-{$key.id}") { id: ID! shelf: Shelf parent: Book }
      type Shelf @key(fields: "room { house { number } } letter") { room: Room letter: String! }
      type Room { house: House }
      type House { number: Int! }`,
  },
  {
    name: 'ratings',
    url: 'http://b',
    origin: 'b.graphql',
    sdl: `${link} type Media @interfaceObject @key(fields: "id") { id: ID! rating: Int }`,
  },
]);
if (outcome.kind === 'failed') throw new Error(JSON.stringify(outcome.problems));
const tagsIn = (subgraph: string) =>
  new SubgraphTags({ subgraph, rules: outcome.cacheRules.get(subgraph) ?? new Map(), entities: outcome.entityTypes });
const media = tagsIn('media');
const root = (query: string, data: unknown, variables: Record<string, unknown> = {}) =>
  [...media.ofRoot({ query, variables: () => variables }, data)].filter((tag) => !tag.startsWith('cache_prefix:'));
const book = { __typename: 'Book', id: 'm1' };

describe('the tags of an answer', () => {
  it('are of its entities and of the interfaces that these are read as, and of arguments, one for each item', () => {
    expect(
      root('query($ids: [ID!]!) { media(ids: $ids) { __typename id } }', { media: [book] }, { ids: ['m1', 2] }),
    ).toEqual([
      'cache_tag:media of-m1',
      'cache_tag:media of-2',
      'cache_tag:media book-m1',
      'entity:Book(id) ["m1"]',
      'entity:Media(id) ["m1"]',
    ]);
    expect(root('{ media { __typename id } }', { media: [] })).toEqual(['cache_tag:media of-m1']);
    expect(root('query($ids: [ID!]!) { media(ids: $ids) { __typename } }', { media: [] }, {})).toEqual([
      'cache_tag:media of-m1',
    ]);
  });

  it('of an entity without its key are those of any entity of its type', () => {
    expect(root('{ media { __typename } }', { media: [{ __typename: 'Book' }] })).toEqual([
      'cache_tag:media of-m1',
      'cache_tags:media book-',
      'entities:Book(id)',
      'entities:Media(id)',
    ]);
    // Nothing says which type it has.
    expect(root('{ any { ... on Book { id } } }', { any: [{ id: 'm1' }] })).toEqual(
      expect.arrayContaining(['entity:Book(id) ["m1"]', 'entities:Shelf(letter room{house{number}})']),
    );
  });

  it('of a null that may come to be are those of any entity of its type', () => {
    expect(root('{ shelf { letter } }', { shelf: null })).toEqual(['entities:Shelf(letter room{house{number}})']);
  });

  it('read keys of objects, under the names that the answer has them by', () => {
    const query = '{ shelf { l: letter place: room { h: house { letter: number } } } }';
    const data = { shelf: { l: 'A', place: { h: { letter: 7 } } } };
    expect(root(query, data)).toEqual(['entity:Shelf(letter room{house{number}}) ["A","7"]']);
    expect(
      root('{ shelf { letter: __typename room { house { number } } } }', {
        shelf: { letter: 'Shelf', room: { house: { number: 7 } } },
      }),
    ).toEqual(['entities:Shelf(letter room{house{number}})']);
  });

  it('of an entity are known by its representation, whether it is there or not', () => {
    const request = {
      query: 'query($r: [_Any!]!) { _entities(representations: $r) { ... on Book { parent { id } } } }',
      variables: () => ({}),
    };
    const tags = (data: unknown) => [...media.ofEntity(request, book, data)].filter((tag) => tag.startsWith('entit'));
    expect(tags(null)).toEqual(['entity:Book(id) ["m1"]', 'entity:Media(id) ["m1"]']);
    expect(tags({ parent: { id: 'm0' } })).toEqual([
      'entity:Book(id) ["m1"]',
      'entity:Media(id) ["m1"]',
      'entity:Book(id) ["m0"]',
      'entity:Media(id) ["m0"]',
    ]);
    const rating = { query: '{ _entities(representations: []) { ... on Media { rating } } }', variables: () => ({}) };
    expect([...tagsIn('ratings').ofEntity(rating, { __typename: 'Media', id: 'm1' }, { rating: 3 })]).toEqual([
      'entity:Media(id) ["m1"]',
    ]);
  });
});

describe('too many tags', () => {
  const answer = [
    'subgraph:a',
    ...Array.from({ length: 100 }, (_, index) => `cache_tag:a item-${index}`),
    'cache_tag:a cart-1',
  ];
  const isReached = (tags: readonly string[] | undefined, tag: string) =>
    withGroups(tag).some((each) => tags?.includes(each));

  it('give way to their groups, of which every tag is one', () => {
    const few = coarsened(answer, 10);
    expect(few).toEqual(['subgraph:a', 'cache_tag:a cart-1', 'cache_tags:a item-']);
    for (const tag of answer) expect(isReached(few, tag), tag).toBe(true);
    expect([isReached(few, 'cache_tag:a cart-2'), isReached(few, 'cache_tag:b item-1')]).toEqual([false, false]);
  });

  it('in many groups give way to what all of a subgraph’s are in; the others are too many', () => {
    const various = Array.from({ length: 100 }, (_, index) => `cache_tag:a g${index}-x`);
    expect(coarsened(various, 10)).toEqual(['cache_tags:a ']);
    expect(isReached(['cache_tags:a '], 'cache_tag:a g7-x')).toBe(true);
    expect(
      coarsened(
        Array.from({ length: 11 }, (_, index) => `type:a.T${index}`),
        10,
      ),
    ).toBeUndefined();
  });

  it('are of entities, too', () => {
    const entities = Array.from(
      { length: 100 },
      (_, index) => `entity:Shelf(letter room{house{number}}) ["A (","${index}"]`,
    );
    expect(coarsened(entities, 10)).toEqual(['entities:Shelf(letter room{house{number}})']);
  });

  it('have texts of bounded length', () => {
    const long = 'x'.repeat(100_000);
    const [tag = ''] = root('query($ids: [ID!]!) { media(ids: $ids) { id } }', { media: [] }, { ids: [long] });
    expect(tag.length).toBeLessThan(400);
    expect(withGroups(tag)).toEqual([tag, 'cache_tags:media of-', 'cache_tags:media ']);
  });
});
