/** Plain entities: @requires nested, chained and with arguments, @provides, @shareable, lists of lists, mutations. */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@provides", "@shareable"])`;

const catalog = `${federation}
type Query {
  items(first: Int = 3, filter: Filter): [Item!]!
  item(id: ID!): Item
  grid: [[Item]!]
  maker(id: ID = "m1"): Maker
}
type Mutation {
  rename(id: ID!, name: String!): Change
  touch(id: ID!, marks: [Int!] = [1]): Change!
}
type Change { order: Int!, name: String, marks: [Int!], item: Item! }
input Filter { ids: [ID!], minWeight: Int! = 0, nested: Filter, word: String }
type Item @key(fields: "id") {
  id: ID!
  name: String! @shareable
  price(currency: String = "USD", round: Boolean! = false): Float!
  weight: Int
  size: Size
  tags(first: Int): [String!]!
  related(first: Int = 2): [Item!]!
  maker: Maker!
  matrix: [[Int]!]!
  boxes: [[Size!]]
}
type Size @shareable { w: Int!, h: Int!, unit(long: Boolean = false): String }
type Maker @key(fields: "id") { id: ID!, name: String!, country: String @shareable, items(first: Int): [Item!]! }
`;

const stock = `${federation}
type Query { stocked: [Item!]! }
type Item @key(fields: "id") {
  id: ID!
  weight: Int @external
  price(currency: String = "USD", round: Boolean! = false): Float! @external
  size: Size @external
  inStock: Boolean!
  count(zip: String): Int!
  cost(zip: String, fast: Boolean = false): Int @requires(fields: "weight price(currency: \\"EUR\\") size { w h }")
  shelves: [[Shelf!]!]!
  twin: Item
}
type Size @shareable { w: Int!, h: Int! }
type Shelf { code: String!, item: Item!, neighbour: Item }
type Maker @key(fields: "id") { id: ID!, country: String @shareable, bestItem: Item }
`;

const reviews = `${federation}
type Query { review(id: ID!): Review, reviews(first: Int = 2): [Review!]! }
type Mutation { addReview(item: ID!, stars: Int!, body: String = "ok"): Review! }
type Review @key(fields: "id") {
  id: ID!
  stars: Int!
  body(max: Int): String!
  item: Item!
  named: Item! @provides(fields: "name")
  author: User
}
type Item @key(fields: "id") { id: ID!, name: String! @external, reviews(first: Int = 2): [Review!]!, rating: Float, review: Review }
type User @key(fields: "id") { id: ID!, name: String!, reviews(first: Int = 1): [Review!]!, friends: [User!] }
`;

const shipping = `${federation}
type Item @key(fields: "id") {
  id: ID!
  name: String! @external
  cost(zip: String, fast: Boolean = false): Int @external
  reviews(first: Int = 2): [Review!]! @external
  maker: Maker! @external
  delivery(to: String = "home"): String @requires(fields: "cost(zip: \\"1\\") reviews(first: 3) { stars author { name } }")
  label: String! @requires(fields: "name maker { country }")
}
type Review @key(fields: "id") { id: ID!, stars: Int! @external, author: User @external, weightOf(unit: String): Float @requires(fields: "stars") }
type User @key(fields: "id") { id: ID!, name: String! @external, address(lines: Int = 1): [String] @requires(fields: "name") }
type Maker @key(fields: "id") { id: ID!, country: String @external, tariff: Int @requires(fields: "country") }
`;

function data(): TestData {
  const items: DataObject[] = [];
  const makers: DataObject[] = [];
  const users: DataObject[] = [];
  const reviewList: DataObject[] = [];
  const byId = (list: readonly DataObject[], id: unknown): DataObject | undefined => list.find((one) => one.id === id);

  for (let index = 1; index <= 3; index++) {
    makers.push({
      __typename: 'Maker',
      id: `m${index}`,
      name: `maker ${index}`,
      country: index === 2 ? null : `land ${index}`,
      items: (args: { first?: number }) =>
        first(
          items.filter((_item, at) => at % 3 === index - 1),
          args.first,
        ),
      bestItem: () => items[index] ?? null,
      tariff(this: DataObject) {
        const country = read(this, 'country') as string | null;
        return country === null ? null : country.length;
      },
    });
    users.push({
      __typename: 'User',
      id: `u${index}`,
      name: `user ${index}`,
      reviews: (args: { first?: number }) =>
        first(
          reviewList.filter((_review, at) => at % 3 === index - 1),
          args.first,
        ),
      friends: () => (index === 3 ? null : users.filter((_user, at) => at !== index - 1)),
      address(this: DataObject, { lines }: { lines?: number }) {
        return Array.from({ length: Math.min(lines ?? 0, 5) }, (_none, line) =>
          line === 1 ? null : `${read(this, 'name')} street ${line}`,
        );
      },
    });
  }
  for (let index = 1; index <= 6; index++) {
    const size = (at: number): DataObject => ({
      w: at,
      h: at * 2,
      unit: ({ long }: { long?: boolean }) => (long === true ? 'centimetre' : 'cm'),
    });
    items.push({
      __typename: 'Item',
      id: `i${index}`,
      name: `item ${index}`,
      price: ({ currency, round }: { currency?: string | null; round?: boolean }) => {
        const amount = index * 10.5 + (currency ?? 'none').length + (currency === 'EUR' ? 0.25 : 0);
        return round === true ? Math.round(amount) : amount;
      },
      weight: index % 3 === 0 ? null : index * 100,
      size: index === 4 ? null : size(index),
      tags: (args: { first?: number }) => first(['a', `b${index}`, 'c'], args.first),
      related: (args: { first?: number }) =>
        first([items[index % 6], items[(index + 1) % 6], items[0]] as DataObject[], args.first),
      maker: () => makers[(index - 1) % 3],
      matrix: [[index, null], [], [1, 2, 3]],
      boxes: index === 2 ? null : [[size(1), size(index)], null, []],
      inStock: index % 2 === 0,
      count: ({ zip }: { zip?: string | null }) => index + (zip?.length ?? 0),
      cost(this: DataObject, { zip, fast }: { zip?: string | null; fast?: boolean | null }) {
        const weight = read(this, 'weight') as number | null;
        const box = read(this, 'size') as DataObject | null;
        const price = read(this, 'price', { currency: 'EUR', round: false }) as number;
        if (weight === null) return null;
        return Math.round(
          weight +
            price +
            (box === null ? 0 : Number(box.w) * Number(box.h)) +
            (zip?.length ?? 0) +
            (fast === true ? 1000 : 0),
        );
      },
      shelves: () => [
        [{ code: `s${index}`, item: items[index - 1], neighbour: items[index] ?? null }],
        [],
        [{ code: 'x', item: items[0], neighbour: null }],
      ],
      twin: () => (index === 5 ? null : items[6 - index]),
      reviews: (args: { first?: number }) =>
        first(
          reviewList.filter((_review, at) => at % 6 === index - 1 || at === index),
          args.first,
        ),
      review: () => reviewList[index] ?? null,
      rating: index === 6 ? null : index / 2,
      delivery(this: DataObject, { to }: { to?: string | null }) {
        const stars = (read(this, 'reviews', { first: 3 }) as DataObject[]).map((one) => {
          const author = read(one, 'author') as DataObject | null;
          return `${one.stars}${author === null ? '-' : author.name}`;
        });
        return `${to} for ${read(this, 'cost', { zip: '1', fast: false })} with ${stars.join(' ')}`;
      },
      label(this: DataObject) {
        return `${read(this, 'name')} from ${(read(this, 'maker') as DataObject).country}`;
      },
    });
  }
  for (let index = 1; index <= 9; index++) {
    const item = items[(index * 5) % 6] as DataObject;
    reviewList.push({
      __typename: 'Review',
      id: `r${index}`,
      stars: (index % 5) + 1,
      body: ({ max }: { max?: number | null }) => `body ${index}`.slice(0, max ?? undefined),
      item,
      named: item,
      author: () => (index % 4 === 0 ? null : users[index % 3]),
      weightOf(this: DataObject, { unit }: { unit?: string | null }) {
        return Number(read(this, 'stars')) * 1.5 + (unit?.length ?? 0);
      },
    });
  }

  interface Filter {
    readonly ids?: readonly string[] | null;
    readonly minWeight: number;
    readonly nested?: Filter | null;
    readonly word?: string | null;
  }
  const passes = (item: DataObject, filter: Filter | null | undefined): boolean =>
    filter == null ||
    ((filter.ids == null || filter.ids.includes(String(item.id))) &&
      Number(item.weight ?? 1000) >= filter.minWeight &&
      (filter.word == null || String(item.name).includes(filter.word)) &&
      passes(item, filter.nested));

  // Mutations count; what else they change no other field shows: a gateway reads entities after all of one request's mutations.
  let changes = 0;
  const all = [...items, ...makers, ...users, ...reviewList];
  return {
    entities: all,
    root: {
      items: (args: { first?: number; filter?: Filter | null }) =>
        first(
          items.filter((item) => passes(item, args.filter)),
          args.first,
        ),
      item: ({ id }: { id: string }) => byId(items, id) ?? null,
      grid: () => [[items[0], null], [], [items[1], items[2]]],
      maker: ({ id }: { id?: string | null }) => byId(makers, id) ?? null,
      stocked: () => items.filter((item) => item.inStock),
      review: ({ id }: { id: string }) => byId(reviewList, id) ?? null,
      reviews: (args: { first?: number }) => first(reviewList, args.first),
      rename: ({ id, name }: { id: string; name: string }) => ({
        order: ++changes,
        name,
        marks: null,
        item: byId(items, id) ?? items[0],
      }),
      touch: ({ id, marks }: { id: string; marks?: readonly number[] | null }) => ({
        order: ++changes,
        name: null,
        marks: marks ?? null,
        item: byId(items, id) ?? items[0],
      }),
      addReview: ({ item: id, stars, body }: { item: string; stars: number; body?: string | null }) => {
        const item = byId(items, id) ?? (items[0] as DataObject);
        const review: DataObject = {
          __typename: 'Review',
          id: `new${++changes}`,
          stars,
          body: () => body ?? 'none',
          item,
          named: item,
          author: users[0],
          weightOf: reviewList[0]?.weightOf,
        };
        all.push(review);
        return review;
      },
    },
  };
}

export const entities: TestSchema = {
  name: 'entities',
  subgraphs: [
    { name: 'catalog', sdl: catalog },
    { name: 'stock', sdl: stock },
    { name: 'reviews', sdl: reviews },
    { name: 'shipping', sdl: shipping },
  ],
  data,
  ids: ['i1', 'i2', 'i5', 'm1', 'm3', 'r2', 'r7', 'nope'],
};
