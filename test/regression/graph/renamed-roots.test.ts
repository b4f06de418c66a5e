/** A subgraph may name its root types freely: it receives its own names, and clients see the graph's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])';
const plain = `${link}
type Query { a: Int  thing: Thing }
type Thing @key(fields: "id") { id: ID!  name: String }
`;
const renamed = `${link}
schema { query: Qb mutation: Mb }
scalar JSON
interface Node { label: String }
union Any = Qb | Thing
type Qb implements Node { b: Int  label: String  self: Qb  list: [Qb!]  any: [Any]  node: Node  thingB: Thing  holder: Holder  json: JSON  named(type: String): String }
type Mb { change: Result }
type Result { query: Qb  any: Any }
type Holder { query: Qb! }
type Thing @key(fields: "id") { id: ID!  query: Qb  anyBelow: Any  a: Int }
`;
const thing = { __typename: 'Thing', id: '1' };
const qb = { __typename: 'Qb' };
const json = { __typename: 'Qb', inner: [{ __typename: 'Qb' }] };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: {
      plain: {
        sdl: plain,
        resolvers: {
          Query: { a: () => 1, thing: () => thing },
          Thing: { __resolveReference: () => thing, name: () => 'thing' },
        },
      },
      renamed: {
        sdl: renamed,
        resolvers: {
          Qb: {
            b: () => 2,
            label: () => 'root',
            self: () => qb,
            list: () => [qb, qb],
            any: () => [qb, thing, null],
            node: () => qb,
            thingB: () => thing,
            holder: () => ({ query: qb }),
            json: () => json,
            named: (_: unknown, { type }: { type: string }) => type,
          },
          Mb: { change: () => ({ query: qb, any: qb }) },
          Thing: { __resolveReference: (one: object) => one, query: () => qb, anyBelow: () => qb, a: () => 7 },
        },
      },
    },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('a root type of another name', () => {
  it.each([
    ['{ b a __typename }', { b: 2, a: 1, __typename: 'Query' }],
    ['{ self { b a __typename } }', { self: { b: 2, a: 1, __typename: 'Query' } }],
    ['{ self { self { ... on Query { b } ... on Node { label } } } }', { self: { self: { b: 2, label: 'root' } } }],
    [
      '{ list { __typename a b } }',
      {
        list: [
          { __typename: 'Query', a: 1, b: 2 },
          { __typename: 'Query', a: 1, b: 2 },
        ],
      },
    ],
    [
      '{ any { __typename ... on Query { b a } ... on Thing { id a } } }',
      { any: [{ __typename: 'Query', b: 2, a: 1 }, { __typename: 'Thing', id: '1', a: 7 }, null] },
    ],
    [
      '{ node { label type: __typename ... on Query { b a } } }',
      { node: { label: 'root', type: 'Query', b: 2, a: 1 } },
    ],
    ['{ node { label } }', { node: { label: 'root' } }],
    [
      '{ thing { name query { __typename b a } anyBelow { ... on Query { b } } } }',
      { thing: { name: 'thing', query: { __typename: 'Query', b: 2, a: 1 }, anyBelow: { b: 2 } } },
    ],
    ['{ holder { query { b self { a } } } }', { holder: { query: { b: 2, self: { a: 1 } } } }],
    [
      'mutation { change { query { b __typename a } any { __typename ... on Query { label } } } }',
      { change: { query: { b: 2, __typename: 'Query', a: 1 }, any: { __typename: 'Query', label: 'root' } } },
    ],
    ['{ json named(type: "Qb ... on Query {") }', { json, named: 'Qb ... on Query {' }],
  ])('is fetched from and reported by the right one: %s', async (query, data) => {
    const answer = await gateway.query(query);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual(data);
  });
});
