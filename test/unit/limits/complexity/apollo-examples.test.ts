/** The examples of Apollo's page on demand control cost what it says, and what it says of arguments and mutations is so. */
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../../src/config/index.ts';
import { createTestGraph } from '../../../testkit/random/test-graph.ts';

const federation = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${imports}])`;

const limitsOf = (cost: object) =>
  checkConfig('supergraph.yaml', {
    subgraphs: { a: { routing_url: 'http://127.0.0.1:1', schema: { file: 'a.graphql' } } },
    limits: { cost },
  }).limits;

async function priceOf(sdl: string, query: string, variables: Record<string, unknown> = {}, cost: object = {}) {
  const subgraphs = [{ name: 'books', sdl }];
  const graph = createTestGraph(
    { name: 'books', subgraphs, data: () => ({ root: {}, entities: [] }), ids: [] },
    { limits: limitsOf(cost) },
  );
  const { costs } = await graph.run(graph.engine, query, variables);
  await graph.close();
  return costs?.estimated;
}

const books = (address = '') => `${federation('"@cost", "@listSize"')}
  type Query {
    book(id: ID): Book
    bestsellers: [Book] @listSize(assumedSize: 5)
    newestAdditions(after: ID, limit: Int!): [Book] @listSize(slicingArguments: ["limit"])
  }
  type Book { title: String  author: Author  publisher: Publisher }
  type Author { name: String }
  type Publisher { name: String  address: Address }
  type Address ${address} { zipCode: Int! }`;

const selection = '{ title author { name } publisher { name address { zipCode } } }';
const weighted = books('@cost(weight: 5)');

describe('the documented examples', () => {
  it('cost 1 for each object, and nothing for scalars', async () => {
    expect(await priceOf(books(), `{ book(id: 1) ${selection} }`)).toBe(4);
  });

  it('cost what @cost says of a type', async () => {
    expect(await priceOf(weighted, `{ book(id: 1) ${selection} }`)).toBe(8);
  });

  it('cost as many items as @listSize assumes', async () => {
    expect(await priceOf(weighted, `{ bestsellers ${selection} }`)).toBe(40);
  });

  it.each([
    [3, 24],
    [7, 56],
  ])('cost as many items as the slicing argument asks for: %d', async (limit, points) => {
    expect(await priceOf(weighted, `{ newestAdditions(limit: ${limit}) ${selection} }`)).toBe(points);
    const query = `query ($limit: Int!) { newestAdditions(limit: $limit) ${selection} }`;
    expect(await priceOf(weighted, query, { limit })).toBe(points);
    const withDefault = `query ($limit: Int = ${limit}) { newestAdditions(limit: $limit) ${selection} }`;
    expect(await priceOf(weighted, withDefault)).toBe(points);
  });
});

const shop = `${federation('"@cost", "@listSize", "@key"')}
  type Query {
    plain: [Item!]
    items(first: Int = 3, last: Int, input: Slice): [Item!]
      @listSize(slicingArguments: ["first", "last", "input.page.first"], requireOneSlicingArgument: false)
    strict(first: Int, last: Int): [Item!] @listSize(slicingArguments: ["first", "last"])
    page(first: Int!): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"])
    nested(first: Int!): Outer @listSize(slicingArguments: ["first"], sizedFields: ["page.nodes"])
    find(filter: Filter, tags: [String!] @cost(weight: 2)): [Item!] @listSize(assumedSize: 7)
    grid: [[Item!]!] @listSize(assumedSize: 4)
    codes: [Code!] @listSize(assumedSize: 6)
    dear: Item @cost(weight: 9)
    cheap(low: Int @cost(weight: -50)): Item
  }
  type Mutation { add(input: Filter!): Item }
  type Page { nodes: [Item!]  edges: [Edge!] }
  type Edge { node: Item }
  type Outer { page: Page }
  input Slice { page: Window }
  input Window { first: Int = 11  unit: String }
  input Filter { text: String  price: Int @cost(weight: 3)  and: [Filter!] }
  scalar Code @cost(weight: 2)
  interface Named { name: String }
  type Item implements Named @key(fields: "id") { id: ID!  name: String  similar: [Item!] }`;

describe('points', () => {
  it.each<[string, string, number, Record<string, unknown>?]>([
    ['a list without @listSize has limits.cost.list_size items', '{ plain { id } }', 10],
    ['lists multiply', '{ plain { similar { similar { id } } } }', 10 * (1 + 10 * (1 + 10))],
    ['the default of a slicing argument counts', '{ items { id } }', 3],
    ['a null slicing argument says nothing', '{ items(first: null) { id } }', 10],
    ['a null variable says nothing', 'query ($n: Int) { items(first: $n) { id } }', 10, { n: null }],
    ['a variable that is not set leaves the default', 'query ($n: Int) { items(first: $n) { id } }', 3],
    ['the largest of several slicing arguments counts', '{ items(first: 2, last: 8) { id } }', 8],
    ['a negative number of items is none', '{ items(first: -5) { id } }', 0],
    ['a nested slicing argument', '{ items(first: 1, input: { page: { first: 20 } }) { id } }', 20 + 2],
    [
      'a nested slicing argument in a variable',
      'query ($i: Slice) { items(first: 1, input: $i) { id } }',
      20 + 2,
      { i: { page: { first: 20 } } },
    ],
    [
      'a variable inside an input object',
      'query ($n: Int) { items(first: 1, input: { page: { first: $n } }) { id } }',
      20 + 2,
      { n: 20 },
    ],
    ['the default of a nested slicing argument', '{ items(first: 1, input: { page: {} }) { id } }', 11 + 2],
    ['@listSize sizes the fields it names', '{ page(first: 4) { nodes { id } } }', 1 + 4],
    ['… each of them', '{ page(first: 4) { nodes { id } edges { node { id } } } }', 1 + 4 + 4 * 2],
    ['… and those below', '{ nested(first: 4) { page { nodes { id } } } }', 1 + 1 + 4],
    ['an input object costs 1, once for all items', '{ find(filter: { text: "a" }) { id } }', 7 + 1],
    [
      'the fields of input objects cost what @cost says',
      '{ find(filter: { price: 1, and: [{ price: 2 }, { text: "b" }] }) { id } }',
      7 + 1 + 3 + (1 + 3) + 1,
    ],
    ['a list of values costs as a list and for each value', '{ find(tags: ["a", "b"]) { id } }', 7 + 2 + 2 * 2],
    ['an inner list has limits.cost.list_size items', '{ grid { id } }', 4 * 10],
    ['a scalar costs what @cost says of it', '{ codes }', 12],
    ['@cost of a field instead of that of its type', '{ dear { id } }', 9],
    ['a negative weight makes nothing cheaper than nothing', '{ cheap(low: 1) { id } dear { id } }', 9],
    ['a mutation costs 10 more', 'mutation { add(input: {}) { id } }', 10 + 1 + 1],
    ['aliases cost each', '{ a: items(first: 2) { id } b: items(first: 3) { id } }', 5],
    [
      'what is skipped costs nothing',
      'query ($s: Boolean!) { plain @skip(if: $s) { id } dear { id } }',
      9,
      { s: true },
    ],
    ['introspection costs nothing', '{ __schema { types { name fields { name } } } }', 0],
    [
      'so much that no number has it',
      `{ items(first: 2147483647) { ${'similar { '.repeat(20)}id${' }'.repeat(20)} } }`,
      Number.MAX_SAFE_INTEGER,
    ],
  ])('%s', async (_name, query, points, variables = {}) => {
    expect(await priceOf(shop, query, variables)).toBe(points);
  });

  it('are those of other list sizes where the configuration says so', async () => {
    expect(await priceOf(shop, '{ plain { id } }', {}, { list_size: 25 })).toBe(25);
    expect(await priceOf(shop, '{ plain { id } }', {}, { list_size: 25 })).toBe(25);
  });

  it.each([
    ['none', '{ strict { id } }', 0],
    ['two', '{ strict(first: 1, last: 2) { id } }', 2],
  ])('need one slicing argument where one is required: %s', async (_name, query, found) => {
    const refused = priceOf(shop, query);
    await expect(refused).rejects.toMatchObject({
      errors: [{ code: 'COST_INVALID_SLICING_ARGUMENTS', facts: { field: 'Query.strict', found } }],
    });
    expect(await priceOf(shop, query, {}, { mode: 'measure' })).toBe(found === 0 ? 10 : 2);
  });
});
