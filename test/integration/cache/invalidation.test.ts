import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, createLogger } from '../../../src/index.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { spawnIsthmus } from '../../testkit/processes/spawn-isthmus.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let counted = 0;
const subgraphs = {
  products: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
      type Query { product: Product  other: Other @cacheTag(format: "other") }
      type Product @key(fields: "id") { id: ID!  count: Int }
      type Other { count: Int }`,
    resolvers: {
      Query: { product: () => ({ id: 'p1', count: ++counted }), other: () => ({ count: ++counted }) },
    },
  },
  stock: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
      type Product @key(fields: "id") { id: ID!  stock: Int }`,
    resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stock: ++counted }) } },
  },
};

const adminOf = ({ log }: TestGateway): string =>
  new URL(String(log.find(({ msg }) => msg === 'the admin listener listens')?.adminUrl)).origin;

async function invalidate(gateway: TestGateway, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${adminOf(gateway)}/admin/invalidate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const product = 'query P { product { count } }';
const stock = 'query S { product { stock } }';
const other = 'query O { other { count } }';

/** What `isthmus cache` writes, asking the gateway. */
async function cache(gateway: TestGateway, ...words: readonly string[]): Promise<string> {
  const { out, errors, code } = await runCommand('cache', ...words, '--gateway', adminOf(gateway));
  expect({ errors, code }).toEqual({ errors: '', code: 0 });
  return out;
}

/** Which of the queries is answered anew, on connections of their own: workers take turns. */
async function changed(gateway: TestGateway, before: Map<string, string>): Promise<string[]> {
  const names: string[] = [];
  for (const [name, query] of Object.entries({ product, stock, other })) {
    const ask = async () => JSON.stringify((await gateway.query(query, {}, { connection: 'close' })).data);
    const answer = await ask();
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([answer, answer, answer]);
    if (answer !== before.get(name)) names.push(name);
    before.set(name, answer);
  }
  return names;
}

describe.each([1, 2])('with %i workers, an invalidation', (workers) => {
  let gateway: TestGateway;
  const answers = new Map<string, string>();
  beforeAll(async () => {
    const yaml = 'cache: { response: { enabled: true, default_max_age: 1h } }\nadmin: { port: 0 }';
    gateway = await startTestGateway({ subgraphs, yaml, workers });
    await changed(gateway, answers);
    expect(await changed(gateway, answers)).toEqual([]);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each([
    [[{ kind: 'subgraph', subgraph: 'stock' }], ['stock']],
    [[{ kind: 'subgraph', subgraph: 'products' }], ['product', 'stock', 'other']],
    [[{ kind: 'type', subgraph: 'products', type: 'Other' }], ['other']],
    [[{ kind: 'type', subgraph: 'products', type: 'Product' }], ['product', 'stock']],
    [[{ kind: 'type', subgraph: 'stock', type: 'Product' }], ['stock']],
    [
      [
        { kind: 'operation', operation: 'P' },
        { kind: 'operation', operation: 'O' },
      ],
      ['product', 'other'],
    ],
    [[{ kind: 'operation', operation: 'Nothing' }], []],
    [[{ kind: 'entity', type: 'Product', key: { id: 'p1' } }], ['product', 'stock']],
    [[{ kind: 'entity', type: 'Product', key: { id: 'p2' } }], ['product']],
    [[{ kind: 'cache_tag', cache_tag: 'other', subgraphs: ['products'] }], ['other']],
    [[{ kind: 'cache_tag', cache_tag: 'other', subgraphs: ['stock'] }], []],
    [[{ kind: 'tenant', tenant: 'public' }], []],
  ])('of %j reaches what it names', async (body, expected) => {
    expect((await invalidate(gateway, body)).status).toBe(200);
    expect(await changed(gateway, answers)).toEqual(expected);
  });

  it('is made by the command', async () => {
    expect(await cache(gateway, 'invalidate', '--subgraph', 'stock')).toBe('invalidated: subgraph stock\n');
    expect(await changed(gateway, answers)).toEqual(['stock']);
    const named = ['--entity', 'Product', '--field', 'id=p1', '--cache-tag', 'other'];
    expect(await cache(gateway, 'invalidate', ...named)).toBe(
      'invalidated: entity Product {"id":"p1"}, cache_tag other\n',
    );
    expect(await changed(gateway, answers)).toEqual(['product', 'stock', 'other']);
  });

  it('is made in the admin graph', async () => {
    const ask = async (caches: string) => {
      const response = await fetch(`${adminOf(gateway)}/admin/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `mutation { invalidate(caches: ${caches}) }` }),
      });
      return (await response.json()) as { data?: unknown; errors?: readonly { readonly message: string }[] };
    };
    const { data } = await ask('[{ kind: ENTITY, type: "Product", key: { id: "p1" } }]');
    expect(data).toEqual({ invalidate: ['entity:Product(id) ["p1"]', 'entities:Product(id)'] });
    expect(await changed(gateway, answers)).toEqual(['product', 'stock']);
    expect((await ask('[{ kind: TYPE, type: "Product" }]')).errors?.[0]?.message).toMatch(/0\.subgraph/);
    expect((await ask('[{ kind: ENTITY, type: "Product", key: {} }]')).errors?.[0]?.message).toMatch(/the fields "id"/);
  });

  it('and a purge are counted over all workers, and shown by the commands', async () => {
    const { stores, outcomes } = JSON.parse(await cache(gateway, 'stats', '--json')) as {
      stores: readonly { kind: string; state: string; caches: readonly Record<string, number | string>[] }[];
      outcomes: readonly Record<string, unknown>[];
    };
    const [memory, ...more] = stores;
    expect(more).toEqual([]);
    expect(memory).toMatchObject({ kind: 'memory', state: 'ready', failures: 0 });
    const responses = memory?.caches.find(({ cache }) => cache === 'RESPONSES');
    expect(responses?.hits).toBeGreaterThan(10);
    expect(responses?.misses).toBeGreaterThan(2);
    expect(responses?.entries).toBeGreaterThanOrEqual(3);
    expect(responses?.bytes).toBeGreaterThan(1_000);
    const whole = outcomes.find(({ cache }) => cache === 'RESPONSES');
    expect(whole).toMatchObject({ subgraph: null, type: expect.any(String), wrong: 0 });
    expect(whole?.hits).toBeGreaterThan(10);
    expect(whole?.stored).toBeGreaterThan(2);

    expect(await cache(gateway, 'purge', '--cache', 'responses')).toBe('purged: responses\n');
    const table = await cache(gateway, 'stats');
    expect(table).toMatch(/^cache +store +entries +bytes +hit rate/);
    expect(table).toMatch(/^responses +memory +0 +0 +\d+\.\d %/m);
    expect(table).toMatch(/^answers +subgraph +type +hit rate/m);
    expect(await changed(gateway, answers)).toEqual(['product', 'stock', 'other']);
  });

  it.each([
    ['nothing', /not JSON/],
    ['{}', /not a list of what to invalidate/],
    ['[{ "kind": "all" }]', /not a list of what to invalidate/],
    ['[{ "kind": "type", "type": "Product" }]', /0\.subgraph/],
  ])('that cannot be read is refused: %s', async (body, message) => {
    const refused = await invalidate(gateway, body);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toMatch(message);
    expect(await changed(gateway, answers)).toEqual([]);
  });
});

describe.skipIf(withoutRedis)('in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.kill());

  it('an invalidation at one gateway reaches the other; without Redis it is refused, and queries are answered', async () => {
    const yaml = `cache: { store: redis, url: "${redis.url}", response: { enabled: true, default_max_age: 1h } }\nadmin: { port: 0 }`;
    await using one = await startTestGateway({ subgraphs, yaml });
    // The same configuration, so the same generation: the answers of one are those of the other.
    const two = await createGateway({
      configFile: join(one.folder, 'supergraph.yaml'),
      log: createLogger({ level: 'silent' }),
      watch: false,
    });
    const askTwo = async (query: string) => {
      const body = JSON.stringify({ query });
      const headers = { 'content-type': 'application/json' };
      const response = await two.fetch(new Request('http://two/graphql', { method: 'POST', headers, body }));
      return JSON.stringify(((await response.json()) as { data: unknown }).data);
    };
    const answers = new Map<string, string>();
    await expect.poll(() => changed(one, answers)).toEqual([]);
    await expect.poll(() => askTwo(stock)).toBe(answers.get('stock'));
    expect((await invalidate(one, [{ kind: 'subgraph', subgraph: 'stock' }])).status).toBe(200);
    const next = await askTwo(stock);
    expect(next).not.toBe(answers.get('stock'));
    expect(await changed(one, answers)).toEqual(['stock']);
    expect(answers.get('stock')).toBe(next);
    await two.close();

    redis.pause();
    const refused = await invalidate(one, [{ kind: 'subgraph', subgraph: 'stock' }]);
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([503, expect.stringContaining('OVERLOADED')]);
    expect((await one.query(product)).data.product.count).toBeGreaterThan(0);
    redis.resume();
  });

  it('with memory before it, an invalidation at one gateway reaches the memory of the other’s workers', async () => {
    redis.resume();
    const yaml = `cache: { store: [memory, redis], url: "${redis.url}", response: { enabled: true, default_max_age: 1h } }\nadmin: { port: 0 }`;
    await using one = await startTestGateway({ subgraphs, yaml, workers: 2 });
    const two = await createGateway({
      configFile: join(one.folder, 'supergraph.yaml'),
      log: createLogger({ level: 'silent' }),
      watch: false,
    });
    const ask = async () => JSON.stringify((await one.query(stock, {}, { connection: 'close' })).data);
    const answers = () => Promise.all([ask(), ask(), ask(), ask()]);
    let before = '';
    const areOne = async () => {
      const [first = '', ...more] = await answers();
      before = first;
      return more.every((answer) => answer === first);
    };
    await expect.poll(areOne, { timeout: 30_000 }).toBe(true);
    await expect
      .poll(async () => (await two.invalidate([{ kind: 'subgraph', subgraph: 'stock' }])).isComplete)
      .toBe(true);
    await expect.poll(async () => (await answers()).includes(before), { timeout: 30_000 }).toBe(false);
    const stats = spawnIsthmus(['cache', 'stats', '--gateway', adminOf(one)]);
    expect(await stats.ended).toBe(0);
    expect(stats.output()).toMatch(/^responses +memory and redis +\d+ +\d+ +\d+\.\d %/m);
    expect(stats.output()).toMatch(/^memory and redis: ready, \d+ invalidations, \d+ failures$/m);
    await two.close();
  });
});
