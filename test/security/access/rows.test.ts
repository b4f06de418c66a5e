/** `@rows`: an object that the policy denies is gone before anything reads it, and nothing tells that it was there. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const link = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@shareable", "@interfaceObject", "@inaccessible"])
    @link(url: "https://isthmus.dev/access/v1.0", import: [${imports.map((name) => `"${name}"`).join()}])`;

interface ReviewRecord {
  readonly id: string;
  readonly owner: string;
  readonly hidden: boolean;
  readonly product: string;
}

const reviews: readonly ReviewRecord[] = [
  { id: 'r1', owner: 'u1', hidden: false, product: 'p1' },
  { id: 'r2', owner: 'u2', hidden: true, product: 'p1' },
  { id: 'r3', owner: 'u1', hidden: true, product: 'p1' },
  { id: 'r4', owner: 'u2', hidden: true, product: 'p2' },
];
const review = ({ id }: { readonly id: string }) => {
  const found = reviews.find((each) => each.id === id);
  return found === undefined ? null : { __typename: 'Review', body: `body of ${found.id}`, ...found };
};
const products = ['p1', 'p2', 'p3'].map((id) => ({ __typename: 'Product', id }));
/** Of the products, by the tenant that has them. */
const tenants: Readonly<Record<string, string>> = { p1: 't1', p2: 't2', p3: 't1' };

let gateway: TestGateway;
beforeAll(async () => {
  const access = {
    proxy: { from: ['127.0.0.1'], id: 'x-user', tenant: 'x-tenant' },
    policies: {
      visible: 'row.hidden == false || row.owner.id == principal.id',
      tenant: 'row.tenant == principal.tenant',
      mine: 'row.owner.id == principal.id',
    },
  };
  const owner = ({ owner: id }: ReviewRecord) => ({ id });
  gateway = await startTestGateway({
    subgraphs: {
      shop: {
        sdl: `${link('@rows')}
          type Query { products: [Product!]!  some: [Product]  product(id: ID!): Product  must(id: ID!): Product! }
          type Product @key(fields: "id") @rows(policy: "tenant", fields: "tenant", denied: "null") { id: ID!  name: String!  tenant: String! @inaccessible  featured: Review  best: Review! }
          type Review @key(fields: "id", resolvable: false) { id: ID! }`,
        resolvers: {
          Query: {
            products: () => products,
            some: () => products,
            product: (_: unknown, { id }: { id: string }) => ({ id }),
            must: (_: unknown, { id }: { id: string }) => ({ id }),
          },
          Product: {
            __resolveReference: ({ id }: { id: string }) => ({ id }),
            name: ({ id }: { id: string }) => `name of ${id}`,
            tenant: ({ id }: { id: string }) => tenants[id],
            featured: ({ id }: { id: string }) => ({ id: id === 'p1' ? 'r2' : 'r1' }),
            best: ({ id }: { id: string }) => ({ id: id === 'p1' ? 'r2' : 'r1' }),
          },
        },
      },
      reviews: {
        sdl: `${link('@rows')}
          type Query { reviews: [Review!]!  grid: [[Review!]!]!  things: [Thing!]!  nodes: [Node]  own: [Review!] @rows(policy: "mine", fields: "owner { id }") }
          type Mutation { publish(id: ID!): Review }
          union Thing = Review | Person
          interface Node { id: ID! }
          type Review implements Node @key(fields: "id") @rows(policy: "visible", fields: "hidden owner { id }") {
            id: ID!  body: String!  hidden: Boolean!  owner: Person!  product: Product! }
          type Person implements Node @key(fields: "id") { id: ID! }
          type Product @key(fields: "id") { id: ID!  reviews: [Review!]! }`,
        resolvers: {
          Query: {
            reviews: () => reviews.map(review),
            grid: () =>
              [[reviews[0], reviews[1]], [], [reviews[3]]].map((row) => row.map((each) => each && review(each))),
            things: () => [...reviews.map(review), { __typename: 'Person', id: 'u1' }],
            nodes: () => [...reviews.map(review), { __typename: 'Person', id: 'u1' }],
            own: () => reviews.map(review),
          },
          Mutation: { publish: (_: unknown, { id }: { id: string }) => review({ id }) },
          Review: { __resolveReference: review, owner, product: ({ product: id }: ReviewRecord) => ({ id }) },
          Product: {
            __resolveReference: ({ id }: { id: string }) => ({ id }),
            reviews: ({ id }: { id: string }) => reviews.filter((each) => each.product === id).map(review),
          },
        },
      },
      people: {
        sdl: `${link()} type Person @key(fields: "id") { id: ID!  name: String! }`,
        resolvers: {
          Person: {
            __resolveReference: ({ id }: { id: string }) => ({ id }),
            name: ({ id }: { id: string }) => `name of ${id}`,
          },
        },
      },
      counts: {
        sdl: `${link()}
          type Product @key(fields: "id") { id: ID!  reviews: [Review!]! @external  featured: Review @external
            reviewCount: Int @requires(fields: "reviews { id }")
            summary: String @requires(fields: "reviews { body owner { name } } featured { id }") }
          type Review { id: ID! @external  body: String! @external  owner: Person! @external }
          type Person @key(fields: "id") { id: ID!  name: String! @external }`,
        resolvers: {
          Product: {
            __resolveReference: (reference: object) => reference,
            reviewCount: ({ reviews: list }: { reviews: unknown[] }) => list.length,
            summary: ({ reviews: list, featured }: { reviews: { body: string }[]; featured: unknown }) =>
              `${list.map(({ body }) => body).join(', ')}${featured === null ? '' : ' featured'}`,
          },
        },
      },
    },
    yaml: `access: ${JSON.stringify(access)}`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  for (const subgraph of Object.values(gateway.subgraphs)) subgraph.requests.length = 0;
});

const as = (user: string, tenant = 't1') => ({ 'x-user': user, 'x-tenant': tenant });
const sent = (name: string) => JSON.stringify(gateway.subgraphs[name]?.requests.map(({ variables }) => variables));

describe('a denied object', () => {
  it('is dropped from its list, under any alias, in fragments and in lists of lists', async () => {
    const query = `{ reviews { id } all: reviews { ...Body } grid { id } things { __typename ... on Review { body } } nodes { id } }
      fragment Body on Review { body }`;
    const ada = await gateway.query(query, {}, as('u1'));
    expect(ada.errors).toBeUndefined();
    expect(ada.data).toEqual({
      reviews: [{ id: 'r1' }, { id: 'r3' }],
      all: [{ body: 'body of r1' }, { body: 'body of r3' }],
      grid: [[{ id: 'r1' }], [], []],
      things: [
        { __typename: 'Review', body: 'body of r1' },
        { __typename: 'Review', body: 'body of r3' },
        { __typename: 'Person' },
      ],
      nodes: [{ id: 'r1' }, { id: 'r3' }, { id: 'u1' }],
    });
    const bob = await gateway.query(query, {}, as('u2'));
    expect(bob.data.reviews).toEqual([{ id: 'r1' }, { id: 'r2' }, { id: 'r4' }]);
    expect(bob.data.grid).toEqual([[{ id: 'r1' }, { id: 'r2' }], [], [{ id: 'r4' }]]);
  });

  it('is read by no later fetch, and counted by none', async () => {
    const { data, errors } = await gateway.query(
      '{ product(id: "p1") { reviewCount summary reviews { owner { name } } } }',
      {},
      as('u1'),
    );
    expect(errors).toBeUndefined();
    expect(data.product).toEqual({
      reviewCount: 2,
      summary: 'body of r1, body of r3',
      reviews: [{ owner: { name: 'name of u1' } }, { owner: { name: 'name of u1' } }],
    });
    expect(sent('people')).not.toContain('u2');
    expect(sent('counts')).not.toMatch(/r2|u2/);
    expect(sent('counts')).not.toMatch(/"(_r\d|hidden|tenant)"/);
  });

  it('is looked up by its key where the subgraph that returns it does not have what the policy reads', async () => {
    const query = '{ products: some { id featured { id body } } }';
    const ada = await gateway.query(query, {}, as('u1'));
    expect(ada.data.products).toEqual([
      { id: 'p1', featured: null },
      null,
      { id: 'p3', featured: { id: 'r1', body: 'body of r1' } },
    ]);
    const bob = await gateway.query(query, {}, as('u2'));
    expect(bob.data.products[0]).toEqual({ id: 'p1', featured: { id: 'r2', body: 'body of r2' } });
  });

  it('has nothing of it looked up where an object around it is denied', async () => {
    await gateway.query('{ some { featured { id } } }', {}, as('u1', 't9'));
    expect(gateway.subgraphs.reviews?.requests).toEqual([]);
    await gateway.query('{ reviews { product { id } } }', {}, as('u9'));
    const [, lookup] = gateway.subgraphs.shop?.requests ?? [];
    expect(lookup?.variables).toEqual({ representations: [{ __typename: 'Product', id: 'p1' }] });
  });

  it('is null with an error where its rule says so', async () => {
    const { data, errors } = await gateway.query(
      '{ list: products { name } other: product(id: "p2") { id } }',
      {},
      as('u1'),
    );
    expect(data).toBeNull();
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['list', 1], 'UNAUTHORIZED_FIELD_OR_TYPE'],
      [['other'], 'UNAUTHORIZED_FIELD_OR_TYPE'],
    ]);
  });

  it('is null without an error where it may be, and its null moves up with one where not', async () => {
    const silent = await gateway.query('{ product(id: "p1") { featured { id } } }', {}, as('u1'));
    expect(silent).toMatchObject({ data: { product: { featured: null } } });
    expect(silent.errors).toBeUndefined();
    const told = await gateway.query('{ product(id: "p1") { best { id } } }', {}, as('u1'));
    expect(told.data).toEqual({ product: null });
    expect(told.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['product', 'best'], 'UNAUTHORIZED_FIELD_OR_TYPE'],
    ]);
  });

  it('is not in the answer of a mutation', async () => {
    const { data } = await gateway.query(
      'mutation { a: publish(id: "r2") { id } b: publish(id: "r1") { id } }',
      {},
      as('u1'),
    );
    expect(data).toEqual({ a: null, b: { id: 'r1' } });
  });

  it('takes the rule of the field beside that of its type', async () => {
    const { data } = await gateway.query('{ own { id } reviews { id } }', {}, as('u1'));
    expect(data).toEqual({ own: [{ id: 'r1' }, { id: 'r3' }], reviews: [{ id: 'r1' }, { id: 'r3' }] });
    expect((await gateway.query('{ own { id } }', {}, as('u9'))).data).toEqual({ own: [] });
  });
});
