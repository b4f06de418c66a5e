import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const link = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@policy"])
  @link(url: "https://isthmus.dev/cache/v1.0", import: ["@fallback"])`;

/** Fields that throw, with the code of their error. */
const broken = new Map<string, string>();
const fails = (field: string) => {
  const code = broken.get(field);
  if (code !== undefined) throw Object.assign(new Error(`${field} is broken`), { extensions: { code } });
};
const field =
  <Value>(name: string, value: Value) =>
  () => {
    fails(name);
    return value;
  };
const subgraphs = {
  products: {
    sdl: `${link}
      type Query {
        product(id: ID!): Product
        products: [Product!]!
        offers: [Offer!]! @fallback(value: "[]")
        rate: Float! @fallback(value: "1.5")
        plain: Int
      }
      type Product @key(fields: "id") { id: ID! }
      type Offer { price: Int }`,
    resolvers: {
      Query: {
        product: (_: unknown, { id }: { id: string }) => ({ id }),
        products: () => [{ id: 'p1' }, { id: 'p2' }],
        offers: field('offers', [{ price: 5 }]),
        rate: field('rate', 2),
        plain: field('plain', 7),
      },
      Product: { __resolveReference: (product: object) => product },
    },
  },
  names: {
    sdl: `${link}
      type Query { anything: Int }
      type Product @key(fields: "id") { id: ID! name: String @fallback(value: "\\"unnamed\\"") }`,
    resolvers: {
      Product: { __resolveReference: (product: object) => product, name: field('name', 'lamp') },
    },
  },
  stock: {
    sdl: `${link}
      enum Mood { GOOD BAD }
      type Query { warehouse: Warehouse }
      type Warehouse { stock: Int @fallback(value: "-1") }
      type Product @key(fields: "id") {
        id: ID!
        name: String @external
        stock: Int! @fallback(value: "0")
        mood: Mood @fallback(value: "GOOD")
        secret: String @fallback(value: "\\"hidden\\"") @policy(policies: [["never"]])
        parts: [String!] @fallback(value: "null")
        label: String @requires(fields: "name") @fallback(value: "\\"no label\\"")
        weight: Int
        warehouse: Warehouse
      }`,
    resolvers: {
      Query: { warehouse: () => ({}) },
      Warehouse: { stock: field('warehouse', 9) },
      Product: {
        __resolveReference: (product: { id: string }) => {
          // Not of this entity: the subgraph answers no entity at all.
          fails('sync');
          if (broken.has(product.id)) return Promise.reject(new Error('it is broken'));
          return product.id === 'gone' ? null : product;
        },
        stock: field('stock', 3),
        mood: field('mood', 'BAD'),
        secret: () => 's',
        parts: field('parts', ['a']),
        label: ({ name }: { name: string }) => `label ${name}`,
        weight: field('weight', 4),
        warehouse: () => ({}),
      },
    },
  },
};

let gateway: TestGateway;
beforeAll(async () => {
  const yaml = `access: { policies: { never: "false" } }
cache: { response: { enabled: true, default_max_age: 1h, stale_if_error: 1h } }
traffic: { all: { retries: 0, breaker: { min_requests: 100000 } } }`;
  gateway = await startTestGateway({ subgraphs, yaml });
});
afterAll(() => gateway[Symbol.asyncDispose]());
let count = 0;
beforeEach(() => {
  broken.clear();
  for (const subgraph of Object.values(gateway.subgraphs)) subgraph.intercept = undefined;
  count++;
});

/** A query of its own: what another test has cached is not its answer. */
const ask = (query: string) => gateway.query(`query T${count} ${query}`);
const down = (name: string) => {
  const subgraph = gateway.subgraphs[name];
  if (subgraph !== undefined) subgraph.intercept = (_, response) => response.writeHead(503).end();
};

describe('a declared fallback', () => {
  it('is not served while the field can be read', async () => {
    const { data, errors, extensions } = await ask(
      '{ product(id: "p1") { name stock mood parts label } offers { price } rate }',
    );
    expect(data).toEqual({
      product: { name: 'lamp', stock: 3, mood: 'BAD', parts: ['a'], label: 'label lamp' },
      offers: [{ price: 5 }],
      rate: 2,
    });
    expect([errors, extensions]).toEqual([undefined, undefined]);
  });

  it('is served of an entity whose subgraph is down, marked at each place, without an error', async () => {
    down('stock');
    const { data, errors, extensions } = await ask('{ products { id amount: stock mood parts } }');
    const product = { amount: 0, mood: 'GOOD', parts: null };
    expect(data).toEqual({
      products: [
        { id: 'p1', ...product },
        { id: 'p2', ...product },
      ],
    });
    expect(errors).toBeUndefined();
    const mark = { reason: 'fallback', code: 'SUBREQUEST_HTTP_ERROR' };
    expect(extensions).toEqual({
      degraded: Object.fromEntries(
        ['0', '1'].flatMap((index) => ['amount', 'mood', 'parts'].map((name) => [`products.${index}.${name}`, mark])),
      ),
    });
  });

  it('is served beside the error of a field that has none', async () => {
    down('stock');
    const { data, errors, extensions } = await ask('{ product(id: "p1") { stock weight } }');
    expect(data).toEqual({ product: { stock: 0, weight: null } });
    expect(errors?.map(({ path, extensions: { code } }) => [path, code])).toEqual([
      [['product', 'weight'], 'SUBREQUEST_HTTP_ERROR'],
    ]);
    expect(Object.keys(extensions.degraded)).toEqual(['product.stock']);
  });

  it('is served of fields of the root', async () => {
    down('products');
    const { data, errors, extensions } = await ask('{ offers { price } rate plain }');
    expect(data).toEqual({ offers: [], rate: 1.5, plain: null });
    expect(errors?.map(({ path }) => path)).toEqual([['plain']]);
    expect(Object.keys(extensions.degraded)).toEqual(['offers', 'rate']);
  });

  it('is served in the place of one field’s error, wherever the null has moved up to', async () => {
    broken.set('mood', 'X').set('offers', 'X').set('warehouse', 'X');
    const { data, errors, extensions } = await ask(
      '{ product(id: "p1") { stock mood warehouse { stock } } warehouse { stock } offers { price } }',
    );
    expect(data).toEqual({
      product: null,
      warehouse: { stock: -1 },
      offers: [],
    });
    // All that the subgraph has answered is gone with its field that is never null.
    expect(errors?.map(({ path }) => path)).toEqual([['product']]);
    expect(Object.keys(extensions.degraded).sort()).toEqual(['offers', 'warehouse.stock']);
    const product = await ask('{ product(id: "p1") { stock mood warehouse { stock } } }');
    expect(product.data).toEqual({ product: { stock: 3, mood: 'GOOD', warehouse: { stock: -1 } } });
    const places = ['product.mood', 'product.warehouse.stock'];
    expect([product.errors, Object.keys(product.extensions.degraded)]).toEqual([undefined, places]);
  });

  it('is served of one entity that fails, and not of one that is not there', async () => {
    broken.set('p2', 'X').set('p3', 'X');
    const { data, errors, extensions } = await ask('{ products { id mood } }');
    expect(data).toEqual({
      products: [
        { id: 'p1', mood: 'BAD' },
        { id: 'p2', mood: 'GOOD' },
      ],
    });
    expect([errors, Object.keys(extensions.degraded)]).toEqual([undefined, ['products.1.mood']]);
    broken.set('sync', 'X');
    const all = await ask('{ products { id weight mood } }');
    expect(all.data).toEqual({
      products: [
        { id: 'p1', weight: null, mood: 'GOOD' },
        { id: 'p2', weight: null, mood: 'GOOD' },
      ],
    });
    expect(all.errors?.map(({ path }) => path)).toEqual([['products', 0, 'weight']]);
    broken.clear();
    const gone = await ask('{ product(id: "gone") { id mood } }');
    expect(gone.data).toEqual({ product: { id: 'gone', mood: null } });
    expect(gone.extensions).toBeUndefined();
  });

  it('is served of an entity whose non-null field fails', async () => {
    broken.set('stock', 'X');
    const { data, errors } = await ask('{ product(id: "p1") { stock mood } }');
    expect(data).toEqual({ product: { stock: 0, mood: 'GOOD' } });
    expect(errors).toBeUndefined();
  });

  it('is served of a field whose requirements cannot be read, and is no requirement of others', async () => {
    down('names');
    const { data, errors, extensions } = await ask('{ product(id: "p1") { label } }');
    expect(data).toEqual({ product: { label: 'no label' } });
    expect(errors).toBeUndefined();
    expect(Object.keys(extensions.degraded)).toEqual(['product.label']);
    expect((await ask('{ product(id: "p1") { name label } }')).data).toEqual({
      product: { name: 'unnamed', label: 'no label' },
    });
  });

  it('is never served of what the caller is refused', async () => {
    const { data, errors, extensions } = await ask('{ product(id: "p1") { secret } }');
    expect([data, errors?.[0]?.extensions.code, extensions]).toEqual([
      { product: { secret: null } },
      'UNAUTHORIZED_FIELD_OR_TYPE',
      undefined,
    ]);
    down('stock');
    expect((await ask('{ product(id: "p1") { secret mood } }')).data).toEqual({
      product: { secret: null, mood: 'GOOD' },
    });
    for (const subgraph of Object.values(gateway.subgraphs)) subgraph.intercept = undefined;
    broken.set('mood', 'FORBIDDEN').set('offers', 'UNAUTHENTICATED');
    const refused = await ask('{ product(id: "p1") { mood } }');
    expect([refused.data, refused.errors?.length, refused.extensions]).toEqual([
      { product: { mood: null } },
      1,
      undefined,
    ]);
    expect((await ask('{ offers { price } }')).data).toBeNull();
  });

  it('comes after what a cache still has', async () => {
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.headers = { 'cache-control': 'max-age=1' };
    const query = '{ product(id: "p1") { stock mood } }';
    await ask(query);
    down('stock');
    await expect
      .poll(async () => (await ask(query)).extensions?.degraded, { interval: 50, timeout: 20_000 })
      .toMatchObject({ '*': { reason: 'stale_if_error' } });
    expect((await ask(query)).data).toEqual({ product: { stock: 3, mood: 'BAD' } });
    if (stock !== undefined) stock.headers = {};
  });

  it('is nothing that the reference engine serves, which says so; nor is @cacheTag', async () => {
    const federation = '@link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cacheTag"])';
    const cache = '@link(url: "https://isthmus.dev/cache/v1.0", import: ["@fallback"])';
    for (const directive of ['@fallback(value: "1")', '@cacheTag(format: "a")']) {
      const sdl = `extend schema ${federation} ${cache} type Query { a: Int ${directive} }`;
      const [name] = directive.split('(');
      await expect(
        startTestGateway({ subgraphs: { a: { sdl } }, yaml: 'engine: reference', workers: 1 }),
      ).rejects.toThrow(`does not serve ${name}, which the schema uses`);
    }
  });

  it('is not cached', async () => {
    const query = '{ product(id: "p1") { stock } }';
    down('stock');
    expect((await ask(query)).data.product.stock).toBe(0);
    for (const subgraph of Object.values(gateway.subgraphs)) subgraph.intercept = undefined;
    expect((await ask(query)).data.product.stock).toBe(3);
  });
});
