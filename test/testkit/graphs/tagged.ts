import type { TestGatewayOptions } from '../test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@tag"])';

type Row = Readonly<Record<string, unknown>> & { readonly __typename: string; readonly id: string };

/** The data of the tagged subgraphs: some of it is of excluded types, and has excluded enum values. */
export const things: readonly Row[] = [
  { __typename: 'Product', id: 'p1', label: 'Lamp', cost: 3, level: 'PRO', owner: 'u1', notes: ['dusty'] },
  { __typename: 'Product', id: 'p2', label: 'Desk', cost: 90, level: 'SECRET', owner: 'u2', notes: [] },
  { __typename: 'Report', id: 'r1', label: 'Losses', cost: 1, text: 'red figures' },
  { __typename: 'Person', id: 'u1', label: 'Ann', cost: 10, salary: 100 },
  { __typename: 'Person', id: 'u2', label: 'Bob', cost: 20, salary: 200 },
];

export const thing = (id: unknown): Row | undefined => things.find((row) => row.id === id);
export const products = things.filter(({ __typename }) => __typename === 'Product');

export function renamed(id: unknown, label: unknown): object | null {
  const product = products.find((row) => row.id === id);
  return product === undefined ? null : { ...product, label };
}

const owner = (row: { readonly owner: string }): Row | undefined => thing(row.owner);
const resolveReference = ({ id }: { readonly id: string }) => thing(id);

/** Two subgraphs with a tag `internal` on elements of every kind, and a public field that requires an internal one. */
export const tagged = {
  store: {
    sdl: `${federation}
      type Query { products(by: Filter, level: Level = BASIC): [Product!]!  product(id: ID!, debug: Boolean = false @tag(name: "internal")): Product
        search(text: String): [Hit]!  things: [Thing]!  thing(id: ID!): Thing  report: Report @tag(name: "internal")  best: Level  levels: [Level]!
        clock: Clock @tag(name: "internal")  picks: [Pick] @tag(name: "internal")  echo(filter: Filter): String }
      type Mutation { rename(id: ID!, label: String!): Product  purge: Int @tag(name: "internal") }
      enum Level { BASIC PRO SECRET @tag(name: "internal") }
      scalar Clock @tag(name: "internal")
      input Filter { label: String  level: Level  margin: Int = 7 @tag(name: "internal") }
      union Hit = Product | Report | Person
      union Pick @tag(name: "internal") = Product | Person
      interface Thing { id: ID!  label: String  cost: Int @tag(name: "internal") }
      type Product implements Thing @key(fields: "id") { id: ID!  label: String  cost: Int @tag(name: "internal")  level: Level  owner: Person  notes: [String!] @tag(name: "internal") }
      type Report implements Thing @key(fields: "id") @tag(name: "internal") { id: ID!  label: String  cost: Int  text: String }
      type Person implements Thing @key(fields: "id") { id: ID!  label: String  cost: Int @tag(name: "internal")  salary: Int @tag(name: "internal") }`,
    resolvers: {
      Query: {
        products: () => products,
        product: (_: unknown, { id }: { id: string }) => products.find((row) => row.id === id),
        search: () => things,
        things: () => things,
        thing: (_: unknown, { id }: { id: string }) => thing(id),
        report: () => thing('r1'),
        best: () => 'SECRET',
        levels: () => ['BASIC', 'SECRET', 'PRO'],
        clock: () => 'noon',
        picks: () => [thing('p1'), thing('u1')],
        echo: (_: unknown, { filter }: { filter?: { label?: string } }) => filter?.label ?? 'nothing',
      },
      Mutation: {
        rename: (_: unknown, { id, label }: { id: string; label: string }) => renamed(id, label),
        purge: () => 0,
      },
      Product: { __resolveReference: resolveReference, owner },
      Report: { __resolveReference: resolveReference },
      Person: { __resolveReference: resolveReference },
    },
  },
  stock: {
    sdl: `${federation}
      type Product @key(fields: "id") { id: ID!  cost: Int @external  stock: Int  price: Int @requires(fields: "cost")  supplier: String @tag(name: "internal") }`,
    resolvers: {
      Product: {
        __resolveReference: (reference: object) => reference,
        stock: () => 5,
        price: ({ cost }: { cost: number }) => cost * 2,
        supplier: () => 'Acme',
      },
    },
  },
} satisfies TestGatewayOptions['subgraphs'];
