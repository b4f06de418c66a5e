import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])';
const cacheControl = `enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION`;

let counted = 0;
const names = new Map<string, string>();
const subgraphs = {
  products: {
    sdl: `${federation}
      type Query { products(ids: [ID!]!): [Product]  one(id: ID!): Product }
      type Mutation { rename(id: ID!, name: String!): Product }
      type Product @key(fields: "id") { id: ID!  name: String }`,
    resolvers: {
      Query: {
        products: (_: unknown, { ids }: { ids: string[] }) => ids.map((id) => ({ id, name: names.get(id) ?? id })),
        one: (_: unknown, { id }: { id: string }) => ({ id, name: names.get(id) ?? id }),
      },
      Mutation: {
        rename: (_: unknown, { id, name }: { id: string; name: string }) => {
          names.set(id, name);
          return { id, name };
        },
      },
      Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: names.get(id) ?? id }) },
    },
  },
  stock: {
    sdl: `${federation} ${cacheControl}
      type Query { warehouse: Int @cacheControl(maxAge: 60) }
      type Product @key(fields: "id") @cacheControl(maxAge: 60) {
        id: ID!
        name: String @external
        stock(unit: String): Int
        label: String @requires(fields: "name")
        mine: String @cacheControl(maxAge: 60, scope: PRIVATE)
        broken: Int
      }`,
    resolvers: {
      Query: { warehouse: () => ++counted },
      Product: {
        __resolveReference: (reference: { id: string }) => (reference.id === 'gone' ? null : reference),
        stock: () => ++counted,
        label: ({ name }: { name: string }) => `${name} ${++counted}`,
        mine: () => `mine ${++counted}`,
        broken: ({ id }: { id: string }) => {
          if (id === 'bad') throw new Error('it is broken');
          return ++counted;
        },
      },
    },
  },
};

let gateway: TestGateway;
const start = async (yaml: string) => {
  gateway = await startTestGateway({ subgraphs, yaml });
};
beforeEach(() => {
  counted = 0;
  names.clear();
});
const stop = () => gateway[Symbol.asyncDispose]();

const on = 'cache: { entities: { enabled: true } }';

/** The ids of entities that the stock subgraph was asked for since. */
function askedFor(): string[] {
  const { stock } = gateway.subgraphs;
  const requests = stock?.requests.splice(0) ?? [];
  return requests.flatMap(({ variables }) =>
    ((variables?.representations ?? []) as { id: string }[]).map(({ id }) => id),
  );
}

const stocks = ({ data }: TestAnswer): unknown[] =>
  (data.products as ({ stock: unknown } | null)[]).map((product) => product?.stock);
const query = 'query ($ids: [ID!]!) { products(ids: $ids) { id stock } }';

describe('the entity cache', () => {
  // One gateway: each test reads other fields, ids or as others.
  beforeAll(() =>
    start(`${on}
access: { proxy: { from: [127.0.0.1], id: x-user } }
headers: { subgraphs: { stock: { request: [{ propagate: { named: x-place } }] } } }`),
  );
  beforeEach(() => {
    for (const { requests } of Object.values(gateway.subgraphs)) requests.splice(0);
  });
  afterAll(stop);

  it('asks a subgraph for what is missing alone', async () => {
    expect(stocks(await gateway.query(query, { ids: ['a', 'b'] }))).toEqual([1, 2]);
    expect(askedFor()).toEqual(['a', 'b']);
    expect(stocks(await gateway.query(query, { ids: ['c', 'b', 'd', 'a'] }))).toEqual([3, 2, 4, 1]);
    expect(askedFor()).toEqual(['c', 'd']);
    expect(stocks(await gateway.query(query, { ids: ['d', 'a'] }))).toEqual([4, 1]);
    expect(askedFor()).toEqual([]);
    // Another operation that reads the same of an entity finds it; other arguments do not.
    expect((await gateway.query('{ one(id: "a") { stock } }')).data.one.stock).toBe(1);
    expect(askedFor()).toEqual([]);
    expect((await gateway.query('{ one(id: "a") { stock(unit: "kg") } }')).data.one.stock).toBe(5);
    expect(askedFor()).toEqual(['a']);
  });

  it('caches fields of the root, and entities that are not there', async () => {
    for (let again = 0; again < 2; again++) {
      expect((await gateway.query('{ warehouse }')).data).toEqual({ warehouse: 1 });
      expect(stocks(await gateway.query(query, { ids: ['gone'] }))).toEqual([null]);
    }
    expect(gateway.subgraphs.stock?.requests.length).toBe(2);
  });

  it('caches by what an entity’s fields require', async () => {
    const label = async () => (await gateway.query('{ one(id: "a") { label } }')).data.one.label;
    expect([await label(), await label()]).toEqual(['a 1', 'a 1']);
    await gateway.query('mutation { rename(id: "a", name: "Lamp") { id } }');
    expect(await label()).toBe('Lamp 2');
  });

  it('caches nothing of an answer with an error, which is in its place', async () => {
    const broken = 'query ($ids: [ID!]!) { products(ids: $ids) { id broken } }';
    await gateway.query(broken, { ids: ['a', 'b'] });
    const { data, errors } = await gateway.query(broken, { ids: ['c', 'a', 'bad', 'b'] });
    expect(data.products.map((product: { broken: unknown }) => product.broken)).toEqual([3, 1, null, 2]);
    expect(errors?.map(({ path }) => path)).toEqual([['products', 2, 'broken']]);
    askedFor();
    await gateway.query(broken, { ids: ['c', 'a', 'bad'] });
    expect(askedFor()).toEqual(['c', 'bad']);
  });

  it('keeps private entities for their reader', async () => {
    const mine = async (user?: string) =>
      (await gateway.query('{ one(id: "a") { mine } }', {}, user === undefined ? {} : { 'x-user': user })).data.one
        .mine;
    expect([await mine('ada'), await mine('bob'), await mine('ada'), await mine('bob')]).toEqual([
      'mine 1',
      'mine 2',
      'mine 1',
      'mine 2',
    ]);
    expect([await mine(), await mine()]).toEqual(['mine 3', 'mine 4']);
  });

  it('is kept apart by headers that the subgraph is sent', async () => {
    const at = async (place: string) =>
      (await gateway.query('{ one(id: "a") { stock } }', {}, { 'x-place': place })).data.one.stock;
    expect([await at('x'), await at('y'), await at('x'), await at('y')]).toEqual([1, 2, 1, 2]);
  });
});

describe('an entity cache of its own', () => {
  afterEach(stop);

  it('is off for a subgraph that says so, and for what nobody says anything of', async () => {
    await start('cache: { entities: { enabled: true, subgraphs: { stock: false } } }');
    await gateway.query(query, { ids: ['a'] });
    expect(stocks(await gateway.query(query, { ids: ['a'] }))).toEqual([2]);
    expect(gateway.subgraphs.products?.requests.length).toBe(2);
  });

  it('answers while the subgraph is down and its circuit is open', async () => {
    await start(`${on}\ntraffic: { all: { retries: 0, breaker: { min_requests: 2, threshold_percent: 50 } } }`);
    await gateway.query(query, { ids: ['a'] });
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.intercept = (_, response) => response.writeHead(503).end();
    for (let index = 0; index < 5; index++) await gateway.query(query, { ids: [`x${index}`] });
    const partly = await gateway.query(query, { ids: ['a', 'x9'] });
    expect(stocks(partly)).toEqual([1, null]);
    expect(partly.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['products', 1, 'stock'], 'SUBGRAPH_CIRCUIT_BREAKER_REJECTED'],
    ]);
    const whole = await gateway.query(query, { ids: ['a'] });
    expect([stocks(whole), whole.errors]).toEqual([[1], undefined]);
  });

  it('compares hits with their source, and names the field that is no longer so', async () => {
    await start('cache: { verify: 100%, entities: { enabled: true } }');
    await gateway.query(query, { ids: ['a'] });
    expect(stocks(await gateway.query(query, { ids: ['a'] }))).toEqual([1]);
    const difference = { level: 'warn', subgraph: 'stock', type: 'Product', field: 'stock' };
    await vi.waitFor(() => expect(gateway.log).toContainEqual(expect.objectContaining(difference)));
    expect(gateway.log.filter(({ field }) => field !== undefined)).toHaveLength(1);
  });

  it('tells the response cache how long its entities are still good', async () => {
    await start('cache: { entities: { enabled: true }, response: { enabled: true, default_max_age: 1h } }');
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.headers = { 'cache-control': 'max-age=30', age: '10' };
    const maxAge = async (text: string) => {
      const body = JSON.stringify({ query: text });
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      await response.text();
      return response.headers.get('cache-control');
    };
    expect(await maxAge('{ one(id: "a") { stock } }')).toBe('max-age=20, public');
    // From the entity cache: no longer than what is left.
    expect(await maxAge('{ other: one(id: "a") { stock } }')).toMatch(/^max-age=(19|20), public$/);
  });
});

describe('what clients may know and ask of the entity cache', () => {
  afterEach(stop);

  it('are its hits, misses and reasons, and answers that are cached alone', async () => {
    await start(
      'cache: { entities: { enabled: true, negative_max_age: 0s }, explain: everyone, client_directives: true }',
    );
    const explained = async (ids: string[]) => {
      const answer = await gateway.query(query, { ids }, { 'isthmus-explain': 'cache' });
      return (answer.extensions as { cache: { fetches: Record<string, unknown>[] } }).cache.fetches.filter(
        ({ subgraph }) => subgraph === 'stock',
      );
    };
    expect(await explained(['a'])).toMatchObject([{ kind: 'entities', hits: 0, misses: 1, stored: 1 }]);
    expect(await explained(['a', 'b'])).toMatchObject([{ hits: 1, misses: 1, stored: 1, ageSeconds: 0 }]);
    expect((await explained(['a', 'b', 'c']))[0]?.fields).toEqual({
      'Product.stock': {
        hits: 2,
        stale: 0,
        misses: 1,
        ageSeconds: 0,
        freshSeconds: expect.any(Number),
        maxAgeSeconds: 60,
      },
    });
    const [hit] = await explained(['a', 'b']);
    expect(hit).toMatchObject({
      hits: 2,
      misses: 0,
      types: ['Product'],
      tags: expect.arrayContaining([expect.any(String)]),
    });
    expect(hit).not.toHaveProperty('stored');
    // That an entity does not exist is not kept here.
    expect(await explained(['gone', 'a'])).toMatchObject([{ hits: 1, misses: 1, reasons: ['negative'] }]);
    expect(await explained(['gone', 'a'])).toMatchObject([{ hits: 1, misses: 1 }]);
    askedFor();
    const onlyCached = { 'cache-control': 'only-if-cached' };
    expect((await gateway.query('{ warehouse }', {}, onlyCached)).status).toBe(504);
    await gateway.query('{ warehouse }');
    expect((await gateway.query('{ warehouse }', {}, onlyCached)).data).toEqual({ warehouse: counted });
    expect((await gateway.query(query, { ids: ['a'] }, onlyCached)).errors?.[0]?.extensions.code).toBe('NOT_CACHED');
  });
});

describe('a changed schema', () => {
  afterEach(stop);

  it('leaves entities cached whose types it does not touch', async () => {
    await start(on);
    const { stock } = subgraphs;
    const file = join(gateway.folder, 'stock.graphql');
    const swapTo = async (sdl: string) => {
      await writeFile(file, sdl);
      await gateway.gateway.reload();
    };
    expect(stocks(await gateway.query(query, { ids: ['a'] }))).toEqual([1]);
    await swapTo(`${stock.sdl} type Depot { city: String } extend type Query { depot: Depot }`);
    expect((await gateway.query('{ __type(name: "Depot") { name } }')).data.__type).toEqual({ name: 'Depot' });
    expect(stocks(await gateway.query(query, { ids: ['a'] }))).toEqual([1]);
    await swapTo(stock.sdl.replace('stock(unit: String): Int', 'stock(unit: String): Int @cacheControl(maxAge: 5)'));
    expect(stocks(await gateway.query(query, { ids: ['a'] }))).toEqual([2]);
  });
});

describe('stale entities', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => {
    vi.useRealTimers();
    return stop();
  });

  it('are sent where the subgraph fails, and marked', async () => {
    await start('cache: { entities: { enabled: true, stale_if_error: 10m } }\ntraffic: { all: { retries: 0 } }');
    await gateway.query(query, { ids: ['a', 'b'] });
    vi.advanceTimersByTime(61_000);
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.intercept = (_, response) => response.writeHead(503).end();
    const answer = (await gateway.query(query, { ids: ['a', 'b'] })) as TestAnswer & { extensions?: unknown };
    expect(stocks(answer)).toEqual([1, 2]);
    expect(answer.errors).toBeUndefined();
    const degraded = { reason: 'stale_if_error', subgraph: 'stock', ageSeconds: 61 };
    expect(answer.extensions).toEqual({ degraded: { 'products.0': degraded, 'products.1': degraded } });
    // One that was never cached is missing all the same.
    const partly = await gateway.query(query, { ids: ['a', 'new'] });
    expect(partly.errors?.length).toBeGreaterThan(0);
  });

  it('are sent while they are read anew', async () => {
    await start('cache: { entities: { enabled: true, stale_while_revalidate: 1m } }');
    await gateway.query(query, { ids: ['a', 'b'] });
    vi.advanceTimersByTime(61_000);
    const stale = await gateway.query(query, { ids: ['a', 'b'] });
    expect(stocks(stale)).toEqual([1, 2]);
    const degraded = { reason: 'stale_while_revalidate', subgraph: 'stock', ageSeconds: 61 };
    expect(stale.extensions).toEqual({ degraded: { 'products.0': degraded, 'products.1': degraded } });
    await vi.waitFor(async () => expect(stocks(await gateway.query(query, { ids: ['a', 'b'] }))).toEqual([3, 4]));
  });
});
