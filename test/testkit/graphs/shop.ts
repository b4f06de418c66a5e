import type { TestGatewayOptions } from '../test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])';

const names = ['Kettle', 'Lamp', 'Radio'];

/** Two subgraphs, three products, and a chain of nullable and non-null fields: small enough to read in a test. */
export const shop = {
  products: {
    sdl: `${federation}
      type Query { products: [Product!]  product(id: ID!): Product }
      type Mutation { rename(id: ID!, name: String!): Product }
      type Product @key(fields: "id") { id: ID!  name: String!  price: Int }`,
    resolvers: {
      Query: {
        products: () => names.map((name, index) => ({ id: `p${index + 1}`, name, price: (index + 1) * 100 })),
        product: (_: unknown, { id }: { id: string }) => ({ id, name: names[Number(id.slice(1)) - 1], price: 100 }),
      },
      Mutation: { rename: (_: unknown, { id, name }: { id: string; name: string }) => ({ id, name, price: 1 }) },
      Product: {
        __resolveReference: ({ id }: { id: string }) => ({ id, name: names[Number(id.slice(1)) - 1], price: 100 }),
      },
    },
  },
  stock: {
    sdl: `${federation}
      type Product @key(fields: "id") { id: ID!  price: Int @external  stock: Int  secret: String
        shipping: Int @requires(fields: "price") }`,
    resolvers: {
      Product: {
        __resolveReference: (reference: object) => reference,
        stock: ({ id }: { id: string }) => Number(id.slice(1)) * 10,
        secret: () => {
          throw new Error('SELECT * FROM vault at http://10.0.0.7:5432/secret.ts:17');
        },
        shipping: ({ price }: { price: number }) => price / 10,
      },
    },
  },
} satisfies TestGatewayOptions['subgraphs'];
