import type { TestGatewayOptions } from '../test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@requiresScopes", "@policy", "@interfaceObject", { name: "@authenticated", as: "@login" }])';

/** The data of the vault’s subgraphs. */
export const documents = [
  { __typename: 'Memo', id: 'd1', title: 'Lunch', pages: 1 },
  { __typename: 'Contract', id: 'd2', title: 'Merger', pages: 40, amount: 7 },
  { __typename: 'Letter', id: 'd3', title: 'Greetings', pages: 2 },
];

export const people = [
  { id: 'u1', name: 'Ann', email: 'ann@example.com', salary: 10, level: 'TOP' },
  { id: 'u2', name: 'Bob', email: 'bob@example.com', salary: 20, level: 'LOW' },
];

/** Two subgraphs with every kind of protected element: fields, object types, interface members, scalars, enums, mutations. */
export const vault = {
  people: {
    sdl: `${federation}
      type Query { me: Person  person(id: ID!): Person  people: [Person!]!  secretary: Person! @requiresScopes(scopes: [["staff"]])
        pair: Pair  motto: Motto  open: String }
      type Mutation { promote(id: ID!): Person @requiresScopes(scopes: [["staff", "write"], ["admin"]])  greet(id: ID!): Person }
      enum Level @login { LOW TOP }
      scalar Motto @requiresScopes(scopes: [["motto"]])
      type Pair @login { left: Int  right: Int }
      type Person @key(fields: "id") { id: ID!  name: String!  email: String @requiresScopes(scopes: [["read:email"], ["admin"]])
        salary: Int @login @requiresScopes(scopes: [["read:salary"]])  level: Level  badge: Badge!
        boss: Person  secret(of: ID!): String @policy(policies: [["own"]]) }
      type Badge { number: Int! @requiresScopes(scopes: [["badges"]])  colour: String }`,
    resolvers: {
      Query: {
        me: () => people[0],
        person: (_: unknown, { id }: { id: string }) => people.find((person) => person.id === id),
        people: () => people,
        secretary: () => people[1],
        pair: () => ({ left: 1, right: 2 }),
        motto: () => 'carpe diem',
        open: () => 'open',
      },
      Mutation: {
        promote: (_: unknown, { id }: { id: string }) => ({ ...people[0], id, level: 'TOP' }),
        greet: () => people[1],
      },
      Person: {
        __resolveReference: ({ id }: { id: string }) => people.find((person) => person.id === id),
        badge: () => ({ number: 7, colour: 'red' }),
        boss: () => people[1],
        secret: (_: unknown, { of }: { of: string }) => `secret of ${of}`,
      },
    },
  },
  archive: {
    sdl: `${federation}
      type Query { documents: [Document!]!  document(id: ID!): Document  found: [Found]!  latest: Document! }
      interface Document @key(fields: "id") { id: ID!  title: String  pages: Int }
      type Memo implements Document @key(fields: "id") { id: ID!  title: String  pages: Int }
      type Letter implements Document @key(fields: "id") { id: ID!  title: String @requiresScopes(scopes: [["letters"]])  pages: Int }
      type Contract implements Document @key(fields: "id") @requiresScopes(scopes: [["contracts"]]) { id: ID!  title: String  pages: Int  amount: Int }
      union Found = Memo | Contract | Person
      type Person @key(fields: "id") { id: ID!  salary: Int @external  tax: Int @requires(fields: "salary") @login @requiresScopes(scopes: [["read:salary"]]) }`,
    resolvers: {
      Query: {
        documents: () => documents,
        document: (_: unknown, { id }: { id: string }) => documents.find((document) => document.id === id),
        latest: () => documents[1],
        found: () => [documents[0], documents[1], { __typename: 'Person', id: 'u1' }],
      },
      Document: { __resolveReference: ({ id }: { id: string }) => documents.find((document) => document.id === id) },
      Memo: { __resolveReference: ({ id }: { id: string }) => documents.find((document) => document.id === id) },
      Letter: { __resolveReference: ({ id }: { id: string }) => documents.find((document) => document.id === id) },
      Contract: { __resolveReference: ({ id }: { id: string }) => documents.find((document) => document.id === id) },
      Person: { tax: ({ salary }: { salary: number }) => salary / 10 },
    },
  },
  notes: {
    sdl: `${federation}
      type Document @interfaceObject @key(fields: "id") { id: ID!  remark: String @requiresScopes(scopes: [["remarks"]])  stars: Int }`,
    resolvers: {
      Document: {
        __resolveReference: ({ id }: { id: string }) => ({ id, remark: `remark on ${id}`, stars: 3 }),
      },
    },
  },
} satisfies TestGatewayOptions['subgraphs'];
