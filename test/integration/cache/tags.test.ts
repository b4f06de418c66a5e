import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const federation = (directives: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@shareable", ${directives}])`;
const cacheSpec = '@link(url: "https://isthmus.dev/cache/v1.0", import: ["@invalidates"])';

/** Counts reads of fields: an answer that is read anew has another number. */
let counted = 0;
const stock = new Map<string, number>();
const subgraphs = {
  products: {
    sdl: `${federation('"@cacheTag"')} ${cacheSpec}
      type Query {
        product(id: ID!): Product
        search(text: String = "all", first: Int): [Product!]! @cacheTag(format: "search-{$args.text}")
        everything: [Product!]!
      }
      type Mutation {
        rename(id: ID!): Product
        renameQuietly(id: ID!): Boolean @invalidates(tags: ["product-{$args.id}"])
        restock(input: Restock!): [Product!] @invalidates(tags: ["shelf-{$result.shelf}", "search-all"])
        remove(id: ID!): Product @invalidates(tags: ["search-all"])
        refuse(id: ID!): Product @invalidates(tags: ["product-{$args.id}"])
      }
      input Restock { ids: [ID!]! }
      type Product @key(fields: "id") @key(fields: "id sku") @cacheTag(format: "product-{$key.id}") {
        id: ID!
        sku: String!
        shelf: String
        count: Int
      }`,
    resolvers: {
      Query: {
        product: (_: unknown, { id }: { id: string }) => (stock.has(id) ? product(id) : null),
        search: () => ['p1', 'p2'].map(product),
        everything: () => Array.from({ length: 200 }, (_, index) => product(`p${index}`)),
      },
      Mutation: {
        rename: (_: unknown, { id }: { id: string }) => {
          stock.set(id, 1);
          return product(id);
        },
        renameQuietly: () => true,
        restock: (_: unknown, { input }: { input: { ids: string[] } }) => input.ids.map(product),
        remove: () => null,
        refuse: () => {
          throw new Error('it may not be done');
        },
      },
      Product: { __resolveReference: ({ id }: { id: string }) => product(id), count: () => ++counted },
    },
  },
  reviews: {
    sdl: `${federation('')}
      type Query { latest: [Review!]! }
      type Review @key(fields: "id") { id: ID! text: String product: Product }
      type Product @key(fields: "id") { id: ID! rating: Int stars: Int }`,
    resolvers: {
      Query: { latest: () => [{ id: 'r1', text: `text ${++counted}`, product: { id: 'p1' } }] },
      Product: {
        __resolveReference: ({ id }: { id: string }) => (id === 'p9' && !stock.has('p9') ? null : { id }),
        rating: () => ++counted,
        stars: () => ++counted,
      },
    },
  },
};

function product(id: string) {
  return { id, sku: `s-${id}`, shelf: id === 'p2' ? 'b' : 'a' };
}

const queries = {
  p1: '{ product(id: "p1") { id count } }',
  p2: '{ product(id: "p2") { count } }',
  rating1: '{ product(id: "p1") { id rating } }',
  rating2: '{ product(id: "p2") { id rating } }',
  search: '{ search { id count } }',
  searchLamp: '{ search(text: "lamp", first: 1) { id count } }',
  everything: '{ everything { id count } }',
  latest: '{ latest { text product { id } } }',
};
type Name = keyof typeof queries;

for (const layer of ['response', 'entities'] as const) {
  describe(`with the ${layer} cache`, () => {
    let gateway: TestGateway;
    const before = new Map<string, string>();
    const changed = async (): Promise<Name[]> => {
      const names: Name[] = [];
      for (const [name, query] of Object.entries(queries)) {
        const answer = JSON.stringify((await gateway.query(query)).data);
        if (before.get(name) !== answer) names.push(name as Name);
        before.set(name, answer);
      }
      return names;
    };
    beforeAll(async () => {
      counted = 0;
      stock.clear();
      stock.set('p1', 1).set('p2', 1);
      const yaml = `cache: { ${layer}: { enabled: true, default_max_age: 1h } }\nadmin: { port: 0 }`;
      gateway = await startTestGateway({ subgraphs, yaml });
      await changed();
      expect(await changed()).toEqual([]);
    });
    afterAll(() => gateway[Symbol.asyncDispose]());
    // Without its key in the answer, it may be any entity of its type.
    const keyless = ['p2'] as const;

    it.each<readonly [string, Parameters<TestGateway['gateway']['invalidate']>[0], readonly Name[]]>([
      [
        'an entity, in whatever subgraph it was read',
        [{ kind: 'entity', type: 'Product', key: { id: 'p1' } }],
        ['p1', ...keyless, 'rating1', 'search', 'searchLamp', 'everything', 'latest'],
      ],
      [
        'an entity by two of its keys',
        [{ kind: 'entity', type: 'Product', key: { id: 'p7', sku: 's-p7' } }],
        [...keyless, 'everything'],
      ],
      [
        'a tag of a type',
        [{ kind: 'cache_tag', cache_tag: 'product-p1' }],
        [
          'p1',
          ...keyless,
          ...(layer === 'response' ? (['rating1'] as const) : []),
          'search',
          'searchLamp',
          'everything',
        ],
      ],
      ['a tag of a field', [{ kind: 'cache_tag', cache_tag: 'search-lamp', subgraphs: ['products'] }], ['searchLamp']],
      ['a tag with a default argument', [{ kind: 'cache_tag', cache_tag: 'search-all' }], ['search']],
      ['a tag of another subgraph', [{ kind: 'cache_tag', cache_tag: 'search-all', subgraphs: ['reviews'] }], []],
      ['a tag of none', [{ kind: 'cache_tag', cache_tag: 'lamp' }], []],
    ])('%s is invalidated', async (_, invalidations, expected) => {
      expect((await gateway.gateway.invalidate(invalidations)).isComplete).toBe(true);
      expect(await changed()).toEqual(Object.keys(queries).filter((name) => expected.includes(name as Name)));
    });

    it('of what is no entity of the graph, an invalidation is refused with what is', async () => {
      const refused = (type: string, key: Record<string, unknown>) =>
        gateway.gateway.invalidate([{ kind: 'entity', type, key }]);
      await expect(refused('Produkt', { id: 'p1' })).rejects.toThrow(
        'No type "Produkt" has a @key; did you mean "Product"?',
      );
      await expect(refused('Product', { shelf: 'a' })).rejects.toThrow('has the fields "id" or "id sku"');
    });

    const mutations: readonly (readonly [string, string, readonly Name[]])[] = [
      [
        'what it returns',
        'mutation { rename(id: "p1") { id } }',
        ['p1', ...keyless, 'rating1', 'search', 'searchLamp', 'everything', 'latest'],
      ],
      [
        'all of a type whose key it does not return',
        'mutation { rename(id: "p1") { count } }',
        ['p1', 'p2', 'rating1', 'rating2', 'search', 'searchLamp', 'everything', 'latest'],
      ],
      [
        'tags of its arguments',
        'mutation { renameQuietly(id: "p1") }',
        [
          'p1',
          ...keyless,
          ...(layer === 'response' ? (['rating1'] as const) : []),
          'search',
          'searchLamp',
          'everything',
        ],
      ],
      [
        'a static tag, and what a list has',
        'mutation { restock(input: { ids: ["p40", "p41"] }) { id shelf } }',
        [...keyless, 'search', 'everything'],
      ],
      ['its tags where it has no result', 'mutation { remove(id: "p1") { id } }', ['search']],
      ['nothing where it is refused', 'mutation { refuse(id: "p1") { id } }', []],
    ];
    it.each(mutations)('a mutation invalidates %s', async (_, mutation, expected) => {
      await gateway.query(mutation);
      expect(await changed()).toEqual(Object.keys(queries).filter((name) => expected.includes(name as Name)));
    });

    it('a mutation whose answer does not come invalidates what it may have changed', async () => {
      const { products } = gateway.subgraphs;
      if (products !== undefined) products.intercept = (_, response) => response.destroy();
      expect((await gateway.query('mutation { refuse(id: "p1") { id } }')).errors).toHaveLength(1);
      if (products !== undefined) products.intercept = undefined;
      expect(await changed()).toContain('search');
    });

    it('a tag that the subgraph sent is invalidated', async () => {
      const { products, reviews } = gateway.subgraphs;
      if (products === undefined || reviews === undefined) return;
      products.extensions = { apolloCacheTags: ['sale'] };
      reviews.extensions = { apolloEntityCacheTags: [['rated-a', 'rated', 7], ['rated-b']] };
      /** Which of the numbers is another than before. */
      let last: readonly unknown[] = [];
      const changes = async (): Promise<readonly string[]> => {
        const { data } = await gateway.query('{ search(text: "sale") { id count stars } }');
        const [first, second] = data.search;
        const numbers = [first.count, first.stars, second.stars];
        const before = last;
        last = numbers;
        return ['count', 'stars a', 'stars b'].filter((_, index) => before[index] !== numbers[index]);
      };
      await changes();
      expect(await changes()).toEqual([]);
      const changesAfter = async (tag: string) => {
        await gateway.gateway.invalidate([{ kind: 'cache_tag', cache_tag: tag }]);
        return changes();
      };
      const all = ['count', 'stars a', 'stars b'];
      expect(await changesAfter('sale')).toEqual(layer === 'response' ? all : ['count']);
      expect(await changesAfter('rated')).toEqual(layer === 'response' ? all : ['stars a']);
      expect(await changesAfter('rated-b')).toEqual(layer === 'response' ? all : ['stars b']);
      expect(await changesAfter('rated-c')).toEqual([]);
      products.extensions = undefined;
      reviews.extensions = undefined;
    });

    it('an entity that was not there is read when it comes to be', async () => {
      const missing = '{ product(id: "p9") { id rating } }';
      expect((await gateway.query(missing)).data).toEqual({ product: null });
      await gateway.query('mutation { rename(id: "p9") { id } }');
      expect((await gateway.query(missing)).data.product.rating).toBeGreaterThan(0);
    });
  });
}
