/** What operations may cost, on every way in: estimated before anything is sent, measured by what came back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vault } from '../../testkit/graphs/vault.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';
import { waysIn } from '../../testkit/ways-in.ts';

const federation = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${imports}])`;

const products = ['p1', 'p2', 'p3'].map((id) => ({ id, name: `product ${id}` }));

const shop = {
  products: {
    sdl: `${federation('"@key", "@listSize", "@tag"')}
      type Query {
        products(first: Int = 3): [Product!] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
        product(id: ID!): Product
      }
      type Mutation { rename(id: ID!): Product }
      type Product @key(fields: "id") { id: ID!  name: String  notes: [Note!] @tag(name: "internal") }
      type Note { text: String }`,
    resolvers: {
      Query: {
        products: (_: unknown, { first }: { first?: number }) => products.slice(0, first ?? 3),
        product: (_: unknown, { id }: { id: string }) => products.find((product) => product.id === id),
      },
      Mutation: { rename: () => products[0] },
      Product: { notes: () => [{ text: 'a' }] },
    },
  },
  reviews: {
    sdl: `${federation('"@key", "@cost"')}
      type Product @key(fields: "id") { id: ID!  reviews: [Review!] }
      type Review @cost(weight: 2) { text: String }`,
    resolvers: {
      Product: {
        __resolveReference: (reference: object) => reference,
        reviews: ({ id }: { id: string }) => (id === 'p1' ? [{ text: 'good' }, { text: 'bad' }] : []),
      },
    },
  },
};

const yaml = `limits:
  cost: { max: 100, list_size: 4, subgraphs: { reviews: { max: 60, list_size: 5 } } }
  clients: [{ client_name: reports, cost: { max: 1000 } }]`;

const explain = { 'isthmus-explain': 'cost' };
const sent = ({ subgraphs }: TestGateway) =>
  Object.values(subgraphs).reduce((sum, { requests }) => sum + requests.length, 0);
/** The estimate: `n` products, `n` entities with 5 reviews of 2 points each. */
const query = (n: number) => `{ products(first: ${n}) { name reviews { text } } }`;

describe('an operation', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ subgraphs: shop, yaml });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  describe.each(waysIn)('by %s', (_name, send) => {
    it('is estimated before it runs and measured by its answer, each time', async () => {
      for (const _ of [1, 2]) {
        const { status, extensions, headers, data } = await send(gateway, query(2), explain);
        expect({ status, extensions }).toEqual({
          status: 200,
          extensions: {
            cost: {
              estimated: 2 + 2 * 11,
              actual: 2 + (1 + 4) + 1,
              max: 100,
              subgraphs: { products: { estimated: 2, actual: 2 }, reviews: { estimated: 22, actual: 6 } },
            },
          },
        });
        expect(headers?.get('isthmus-cost-estimated')).toBe('24');
        expect(headers?.get('isthmus-cost-actual')).toBe('8');
        expect(data.products[0]).toEqual({ name: 'product p1', reviews: [{ text: 'good' }, { text: 'bad' }] });
      }
    });

    it('says nothing of its cost where it is not asked', async () => {
      const { extensions, headers } = await send(gateway, query(2));
      expect(extensions).toBeUndefined();
      expect([...(headers?.keys() ?? [])].filter((name) => name.startsWith('isthmus-'))).toEqual([]);
    });

    it('that costs too much is refused, and nothing of it is sent', async () => {
      const before = sent(gateway);
      for (const _ of [1, 2]) {
        const { status, errors, data, extensions } = await send(gateway, query(9), explain);
        expect({ status, data, codes: errors?.map((error) => error.extensions) }).toEqual({
          status: 400,
          data: undefined,
          codes: [{ code: 'COST_ESTIMATED_TOO_EXPENSIVE', limit: 100, found: 108 }],
        });
        expect(extensions.cost).toMatchObject({ estimated: 108, actual: 0, max: 100 });
      }
      expect(sent(gateway)).toBe(before);
    });

    it('whose requests to one subgraph cost too much misses their fields alone', async () => {
      const { requests } = gateway.subgraphs.reviews ?? { requests: [] };
      const before = requests.length;
      const { status, errors, data, extensions } = await send(gateway, query(6), explain);
      expect(status).toBe(200);
      expect(data.products).toEqual(products.map(({ name }) => ({ name, reviews: null })));
      expect(errors).toEqual([
        {
          message: 'A part of the operation is estimated at 66 points; at most 60 are allowed.',
          path: ['products', 0, 'reviews'],
          extensions: {
            code: 'SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE',
            service: 'reviews',
            limit: 60,
            found: 66,
          },
        },
      ]);
      expect(extensions.cost.actual).toBe(3);
      expect(requests.length).toBe(before);
    });
  });

  it('may cost more for a client that is allowed more', async () => {
    const codesFor = async (headers: Record<string, string>) =>
      (await gateway.query('{ products(first: 101) { id } }', {}, headers)).errors?.map(
        (error) => error.extensions.code,
      );
    const reports = { 'apollographql-client-name': 'reports' };
    expect(await Promise.all([codesFor(reports), codesFor({}), codesFor(reports)])).toEqual([
      undefined,
      ['COST_ESTIMATED_TOO_EXPENSIVE'],
      undefined,
    ]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['by a variable', 'query ($n: Int) { products(first: $n) { id } }', { n: 999_999_999 }],
    ['by the default of a variable', 'query ($n: Int = 999999999) { products(first: $n) { id } }', {}],
    ['by an alias', '{ products: products(first: 999999999) { id } }', {}],
    ['in a fragment', '{ ...A } fragment A on Query { products(first: 999999999) { id } }', {}],
  ])('that asks for very many items %s costs as much as with a literal', async (_how, text, variables) => {
    const { errors } = await gateway.query(text, variables);
    expect(errors?.map(({ extensions }) => extensions)).toEqual([
      { code: 'COST_ESTIMATED_TOO_EXPENSIVE', limit: 100, found: 999_999_999 },
    ]);
  });

  it('has its points in its line of the log', async () => {
    await gateway.query(`query Logged ${query(2)}`);
    await gateway.query(`query Refused ${query(9)}`);
    const lineOf = (name: string) => gateway.log.find(({ operation }) => operation === name);
    await expect.poll(() => lineOf('Logged') && lineOf('Refused')).toBeDefined();
    expect(lineOf('Logged')).toMatchObject({ costEstimated: 24, costActual: 8 });
    expect(lineOf('Refused')).toMatchObject({ costEstimated: 108, costActual: 0 });
  });

  it('costs 10 points more as a mutation', async () => {
    const { extensions } = await gateway.query('mutation { rename(id: "p1") { id } }', {}, explain);
    expect(extensions.cost).toMatchObject({ estimated: 11, actual: 11 });
  });

  it('of introspection costs nothing', async () => {
    const { extensions } = await gateway.query('{ __schema { types { name } } }', {}, explain);
    expect(extensions.cost).toMatchObject({ estimated: 0, actual: 0 });
  });
});

describe('limits.cost', () => {
  it('serves and logs what costs too much where it is measured', async () => {
    const measure = `limits: { cost: { max: 100, list_size: 5, mode: measure, subgraphs: { reviews: { max: 60 } } } }`;
    await using gateway = await startTestGateway({ subgraphs: shop, yaml: measure });
    expect((await gateway.query(query(9))).data.products).toHaveLength(3);
    const measured = () => gateway.log.filter(({ msg }) => String(msg).startsWith('limits would be exceeded'));
    await expect.poll(() => measured().length).toBe(1);
    expect(measured().map(({ limits }) => limits)).toEqual([
      [
        { code: 'COST_ESTIMATED_TOO_EXPENSIVE', limit: 100, found: 108, requests: 1 },
        { code: 'SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE', service: 'reviews', limit: 60, found: 99, requests: 1 },
      ],
    ]);
  });

  it('tells every answer what it cost where headers are on', async () => {
    await using gateway = await startTestGateway({ subgraphs: shop, yaml: 'limits: { cost: { headers: true } }' });
    const { headers, extensions } = await gateway.query('{ products { id } }');
    expect(headers?.get('isthmus-cost-estimated')).toBe('3');
    expect(headers?.get('isthmus-cost-actual')).toBe('3');
    expect(extensions).toBeUndefined();
  });

  it('explains nothing where it is left out', async () => {
    await using gateway = await startTestGateway({ subgraphs: shop });
    const { extensions, headers } = await gateway.query(query(1), {}, explain);
    expect(extensions).toBeUndefined();
    expect(headers?.get('isthmus-cost-estimated')).toBeNull();
  });

  it('prices what a contract leaves of an operation', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `access: { contracts: { public: { exclude: [internal], path: /graphql/public } } }\n${yaml}`,
    });
    const body = JSON.stringify({ query: query(2) });
    const headers = { 'content-type': 'application/json', ...explain };
    const response = await fetch(`${gateway.url}/public`, { method: 'POST', headers, body });
    expect(((await response.json()) as { extensions: object }).extensions).toMatchObject({ cost: { estimated: 24 } });
  });

  it('does not count what the caller may not read', async () => {
    await using gateway = await startTestGateway({
      subgraphs: vault,
      yaml: 'limits: { cost: {} }\naccess: { policies: { own: "false" } }',
    });
    const { extensions } = await gateway.query('{ open secretary { boss { id } } }', {}, explain);
    expect(extensions.cost).toMatchObject({ estimated: 0, actual: 0 });
  });

  it('prices the plan that an override chooses', async () => {
    const key = federation('"@key", "@shareable", "@override", "@cost"');
    const subgraphs = {
      old: {
        sdl: `${key} type Query { thing: Thing } type Thing @key(fields: "id") { id: ID!  parts: [Part!] } type Part @shareable { name: String }`,
        resolvers: { Query: { thing: () => ({ id: '1' }) }, Thing: { parts: () => [{ name: 'a' }] } },
      },
      new: {
        sdl: `${key} type Thing @key(fields: "id") { id: ID!  parts: [Part!] @override(from: "old", label: "moved") } type Part @shareable { name: String }`,
        resolvers: { Thing: { __resolveReference: (reference: object) => reference, parts: () => [{ name: 'a' }] } },
      },
    };
    const estimate = async (labels: string) => {
      await using gateway = await startTestGateway({ subgraphs, yaml: `${labels}\nlimits: { cost: {} }` });
      return (await gateway.query('{ thing { parts { name } } }', {}, explain)).extensions.cost.estimated;
    };
    expect(await estimate('')).toBe(1 + 10);
    expect(await estimate('override_labels: { moved: true }')).toBe(1 + (1 + 10));
  });

  it.each([
    [
      'limits: { cost: { subgraphs: { review: { max: 1 } } } }',
      /there is no subgraph "review" under subgraphs.*reviews/,
    ],
    ['limits: { cost: { max: -1 } }', /limits\.cost\.max/],
    ['limits: { cost: { maximum: 1 } }', /maximum/],
    ['engine: reference\nlimits: { cost: {} }', /limits\.cost.*reference engine/],
  ])('is refused at the start where it is wrong: %s', async (wrong, message) => {
    await expect(startTestGateway({ subgraphs: shop, yaml: wrong })).rejects.toThrow(message);
  });
});
