/** Two gateways over one Redis: one of all who miss reads an answer or an entity, whoever wrote reads it through either. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createGateway, createLogger, type Gateway, type ListeningServer } from '../../src/index.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../testkit/servers/redis-server.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

let counted = 0;
/** What the subgraph waits for before it counts. */
let gate: Promise<void> | undefined;
const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])';
const subgraphs = {
  products: {
    sdl: `${federation}
      type Query { products: [Product!] other: [Product!] counted(of: String): Int }
      type Mutation { count: Int }
      type Product @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: {
        products: () => ['a', 'b', 'c'].map((id) => ({ id })),
        other: () => ['b', 'c', 'd'].map((id) => ({ id })),
        counted: async () => {
          await gate;
          return ++counted;
        },
      },
      Mutation: { count: () => ++counted },
      Product: { __resolveReference: (reference: { id: string }) => reference },
    },
  },
  stock: {
    sdl: `${federation} type Product @key(fields: "id") { id: ID! stock: Int }`,
    resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stock: ++counted }) } },
  },
};

describe.skipIf(withoutRedis)('two gateways over one Redis', () => {
  let redis: RedisServer;
  let first: TestGateway;
  let second: Gateway;
  let server: ListeningServer;
  let folder: string;
  let urls: readonly string[];

  beforeAll(async () => {
    redis = await startRedisServer();
    const lifetime = '{ enabled: true, default_max_age: 1h }';
    first = await startTestGateway({
      subgraphs,
      workers: 1,
      yaml: `cache: { store: redis, url: "${redis.url}", response: ${lifetime}, entities: ${lifetime} }`,
    });
    // The same configuration in another place.
    folder = await mkdtemp(join(tmpdir(), 'isthmus-second-'));
    await cp(first.folder, folder, { recursive: true });
    const log = createLogger({ level: 'silent' });
    second = await createGateway({ configFile: join(folder, 'supergraph.yaml'), log, watch: false });
    server = await second.listen({ port: 0 });
    urls = [first.url, `${server.url}/graphql`];
    await vi.waitFor(async () => {
      const query = `{ counted(of: "ready ${counted}") }`;
      expect((await send(0, query)).text).toBe((await send(1, query)).text);
    });
  });
  afterAll(async () => {
    await server.drain();
    await second.close();
    await first[Symbol.asyncDispose]();
    await redis.kill();
    await rm(folder, { recursive: true, force: true });
  });

  async function send(gateway: number, query: string, headers: Record<string, string> = {}) {
    const response = await fetch(urls[gateway % 2] as string, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    return { text: await response.text(), headers: response.headers };
  }

  const requestsOf = (name: 'products' | 'stock') => first.subgraphs[name]?.requests ?? [];

  it('share whole answers', async () => {
    const query = '{ counted(of: "shared") }';
    const { text } = await send(0, query);
    expect((await send(1, query)).text).toBe(text);
  });

  it('have one of all callers ask a subgraph', async () => {
    const query = '{ counted(of: "stampede") }';
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const { products } = first.subgraphs;
    if (products === undefined) throw new Error('the subgraph is there');
    products.headers = { 'set-cookie': 'leader=1' };
    products.requests.splice(0);
    const answers = Promise.all(Array.from({ length: 300 }, (_, index) => send(index, query)));
    await vi.waitFor(() => expect(products.requests.length).toBeGreaterThan(0), { timeout: 10_000 });
    resolve();
    expect(new Set((await answers).map(({ text }) => text)).size).toBe(1);
    expect((await answers).flatMap(({ headers }) => headers.getSetCookie())).toEqual([]);
    expect(products.requests.length).toBe(1);
    products.headers = {};
  });

  it('ask for each entity once, in waves that overlap', async () => {
    requestsOf('stock').splice(0);
    const waves = ['{ products { stock } }', '{ other { stock } }'];
    await Promise.all(Array.from({ length: 40 }, (_, index) => send(index, `query W${index} ${waves[index % 2]}`)));
    const ids = requestsOf('stock').flatMap(({ variables }) =>
      ((variables?.representations ?? []) as { id: string }[]).map(({ id }) => id),
    );
    expect(ids.sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('answer who wrote through one with what was read since through the other', async () => {
    const query = '{ counted(of: "written") }';
    const before = await send(1, query);
    const token = (await send(0, 'mutation { count }')).headers.get('isthmus-write-token') ?? '';
    expect((await send(1, query)).text).toBe(before.text);
    const after = await send(1, query, { 'isthmus-write-token': token });
    expect(after.text).not.toBe(before.text);
    expect((await send(0, query, { 'isthmus-write-token': token })).text).toBe(after.text);
    expect((await send(0, query)).text).toBe(after.text);
    // Without its mark the token is one that no gateway gave: these have no key in common.
    const forged = token.replace(/^..../, 'AAAA');
    expect((await send(1, query, { 'isthmus-write-token': forged })).text).toBe(after.text);
  });

  it('answer rightly where Redis has no room, and share answers again once it has', async () => {
    const client = new Redis(redis.url);
    const numberOf = ({ text }: { readonly text: string }): number => JSON.parse(text).data.counted;
    const query = '{ counted(of: "full") }';
    const before = await send(0, query);
    await client.config('SET', 'maxmemory', '1');
    const wave = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(index, `{ counted(of: "${index}") }`)),
    );
    expect(new Set(wave.map(numberOf)).size).toBe(20);
    const written = counted;
    const token = (await send(0, 'mutation { count }')).headers.get('isthmus-write-token') ?? '';
    expect(numberOf(await send(0, query, { 'isthmus-write-token': token }))).toBeGreaterThan(written + 1);
    expect(numberOf(before)).toBeLessThanOrEqual(written);
    await client.config('SET', 'maxmemory', '0');
    client.disconnect();
    await vi.waitFor(
      async () => {
        const shared = `{ counted(of: "room ${counted}") }`;
        expect((await send(0, shared)).text).toBe((await send(1, shared)).text);
      },
      { timeout: 20_000 },
    );
  });

  it('answer rightly where Redis is full of garbage, paused, and gone', async () => {
    const query = 'query Garbage { products { id } }';
    const right = '{"data":{"products":[{"id":"a"},{"id":"b"},{"id":"c"}]}}';
    expect((await send(0, query)).text).toBe(right);
    const client = new Redis(redis.url);
    for (const key of await client.keys('*')) await client.set(key, 'garbage');
    client.disconnect();
    expect([(await send(0, query)).text, (await send(1, query)).text]).toEqual([right, right]);
    redis.pause();
    expect(await Promise.all([0, 1, 0, 1].map(async (gateway) => (await send(gateway, query)).text))).toEqual(
      Array.from({ length: 4 }, () => right),
    );
    redis.resume();
    await redis.kill();
    expect([(await send(0, query)).text, (await send(1, query)).text]).toEqual([right, right]);
  });
});
