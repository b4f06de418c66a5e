/** What a mutation changes is read anew from whatever worker and gateway; a tenant’s private answers go together. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, createLogger } from '../../../src/index.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const names = new Map<string, string>();
let counted = 0;
const nameOf = (id: string) => names.get(id) ?? `first ${id}`;
const subgraphs = {
  shop: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
      enum CacheControlScope { PUBLIC PRIVATE }
      directive @cacheControl(maxAge: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT
      type Query { product(id: ID!): Product  mine: Int @cacheControl(scope: PRIVATE, maxAge: 3600) }
      type Mutation { rename(id: ID!, name: String!): Product }
      type Product @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: { product: (_: unknown, { id }: { id: string }) => ({ id }), mine: () => ++counted },
      Mutation: {
        rename: (_: unknown, { id, name }: { id: string; name: string }) => {
          names.set(id, name);
          return { id };
        },
      },
    },
  },
  names: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
      type Product @key(fields: "id") { id: ID! name: String }`,
    resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: nameOf(id) }) } },
  },
};
const caches = 'response: { enabled: true, default_max_age: 1h }, entities: { enabled: true, default_max_age: 1h }';
const read = '{ product(id: "p1") { name } }';
const rename = (name: string) => `mutation { rename(id: "p1", name: "${name}") { id name } }`;

describe('with two workers', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    names.clear();
    const yaml = `cache: { ${caches} }\naccess: { proxy: { from: [127.0.0.1], id: x-user, tenant: x-tenant } }`;
    gateway = await startTestGateway({ subgraphs, yaml, workers: 2 });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  const ask = (query: string, headers: Record<string, string> = {}) =>
    gateway.query(query, {}, { connection: 'close', ...headers });

  it('an edit is read by all of them once it has been answered', async () => {
    for (let edit = 0; edit < 5; edit++) {
      const before = await Promise.all(Array.from({ length: 4 }, () => ask(read)));
      expect(new Set(before.map(({ data }) => data.product.name)).size).toBe(1);
      // The mutation’s own answer is not that of the cache either.
      expect((await ask(rename(`edit ${edit}`))).data.rename.name).toBe(`edit ${edit}`);
      const after = await Promise.all(Array.from({ length: 4 }, () => ask(read)));
      expect(after.map(({ data }) => data.product.name)).toEqual(Array.from({ length: 4 }, () => `edit ${edit}`));
    }
  });

  it('the private answers of a tenant are invalidated together, and no other’s', async () => {
    const readers = [
      { 'x-user': 'ada', 'x-tenant': 'acme' },
      { 'x-user': 'bob', 'x-tenant': 'acme' },
      { 'x-user': 'eve', 'x-tenant': 'other' },
    ];
    const mine = async () => {
      const numbers: number[] = [];
      for (const reader of readers) numbers.push((await ask('{ mine }', reader)).data.mine);
      return numbers;
    };
    const before = await mine();
    expect(await mine()).toEqual(before);
    await gateway.gateway.invalidate([{ kind: 'tenant', tenant: 'acme' }]);
    const after = await mine();
    expect(after.map((number, index) => number === before[index])).toEqual([false, false, true]);
  });
});

describe.skipIf(withoutRedis)('in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.kill());

  it('an edit while Redis does not answer is read as soon as it does', async () => {
    names.clear();
    const yaml = `cache: { store: redis, url: "${redis.url}", ${caches} }`;
    await using gateway = await startTestGateway({ subgraphs, yaml });
    const ask = async () => (await gateway.query(read)).data.product.name;
    const { names: source } = gateway.subgraphs;
    await expect
      .poll(async () => {
        const count = source?.requests.length;
        return [await ask(), source?.requests.length === count];
      })
      .toEqual(['first p1', true]);
    redis.pause();
    expect((await gateway.query(rename('edited'))).data.rename.name).toBe('edited');
    expect(await ask()).toBe('edited');
    redis.resume();
    const done = 'what mutations changed while a cache could not be reached is invalidated';
    await expect.poll(() => gateway.log.some(({ msg }) => msg === done), { timeout: 30_000 }).toBe(true);
    expect(await ask()).toBe('edited');
    expect(await ask()).toBe('edited');
  });

  it('an edit through one gateway is read through another', async () => {
    names.clear();
    const yaml = `cache: { store: redis, url: "${redis.url}", ${caches} }`;
    await using one = await startTestGateway({ subgraphs, yaml });
    const log = createLogger({ level: 'silent' });
    const two = await createGateway({ configFile: join(one.folder, 'supergraph.yaml'), log, watch: false });
    const askTwo = async () => {
      const headers = { 'content-type': 'application/json' };
      const request = new Request('http://two/graphql', {
        method: 'POST',
        headers,
        body: JSON.stringify({ query: read }),
      });
      return ((await (await two.fetch(request)).json()) as { data: { product: { name: string } } }).data.product.name;
    };
    const { names: source } = one.subgraphs;
    // Until both are connected, and the answer is the cache’s.
    await expect
      .poll(async () => {
        const count = source?.requests.length;
        return [await askTwo(), (await one.query(read)).data.product.name, source?.requests.length === count];
      })
      .toEqual(['first p1', 'first p1', true]);
    await one.query(rename('second'));
    expect(await askTwo()).toBe('second');
    expect((await one.query(read)).data.product.name).toBe('second');
    await two.close();
  });
});
