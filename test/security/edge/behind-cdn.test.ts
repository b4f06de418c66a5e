import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpsClient } from '../../testkit/servers/https-client.ts';
import { type NginxServer, startNginx, withoutNginx } from '../../testkit/servers/nginx-server.ts';
import { TestAuthority } from '../../testkit/servers/test-authority.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let counted = 0;
const subgraphs = {
  shop: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag", "@policy"])
      enum CacheControlScope { PUBLIC PRIVATE }
      directive @cacheControl(maxAge: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT
      type Query {
        product(id: ID!): Product
        many(tags: [String!]!): Int @cacheTag(format: "tag {$args.tags}, é")
        me: Int @cacheControl(scope: PRIVATE)
        guarded: Int @policy(policies: [["yes"]])
      }
      type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") { id: ID! count: Int }`,
    resolvers: {
      Query: {
        product: (_: unknown, { id }: { id: string }) => ({ id, count: ++counted }),
        many: () => ++counted,
        me: () => ++counted,
        guarded: () => ++counted,
      },
    },
  },
};
const yaml = `cache: { response: { enabled: true, default_max_age: 1h, surrogate_keys: { enabled: true, max_length: 500b } } }
persisted_operations: { automatic: true }
access: { proxy: { from: [127.0.0.1], id: x-user }, policies: { yes: "true" } }
server: { allowed_origins: ["https://shop.example"] }
admin: { port: 0 }`;

/** The path of a persisted operation, whose document has been registered before. */
const pathOf = (query: string, variables: Record<string, unknown> = {}): string => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
  const parameters = { variables: JSON.stringify(variables), extensions: JSON.stringify(extensions) };
  return `/graphql?${new URLSearchParams(parameters)}`;
};
const queries = {
  product: 'query P($id: ID!) { product(id: $id) { id count } }',
  many: 'query M($tags: [String!]!) { many(tags: $tags) }',
  me: '{ me }',
  guarded: '{ guarded }',
};

describe.skipIf(withoutNginx)('behind nginx as a CDN', () => {
  let authority: TestAuthority;
  let gateway: TestGateway;
  let nginx: NginxServer;
  let client: HttpsClient;
  const get = (path: string, headers: Record<string, string> = {}) =>
    client.send({ path, method: 'GET', headers: { 'apollo-require-preflight': 'true', ...headers } });

  beforeAll(async () => {
    authority = new TestAuthority();
    gateway = await startTestGateway({ subgraphs, yaml });
    nginx = await startNginx(gateway.url, authority.issue(), { caches: true });
    client = new HttpsClient(nginx.url, { ca: authority.ca } as object);
    for (const query of Object.values(queries)) {
      const extensions = JSON.parse(new URL(pathOf(query), 'http://x').searchParams.get('extensions') ?? '');
      await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, extensions, variables: { id: 'p0', tags: [] } }),
      });
    }
  });
  afterAll(async () => {
    client.close();
    await nginx.stop();
    await gateway[Symbol.asyncDispose]();
    authority.remove();
  });

  it('a persisted operation is answered by nginx the second time, to everyone, with its surrogate keys', async () => {
    const path = pathOf(queries.product, { id: 'p1' });
    const first = await get(path);
    expect(first.headers['x-cache']).toBe('MISS');
    expect(String(first.headers['surrogate-key']).split(' ').sort()).toEqual(
      ['Product:p1', 'operation:P', 'product-p1', 'subgraph:shop', 'type:shop.Product'].sort(),
    );
    expect(String(first.headers['cache-tag']).split(',').sort()).toEqual(
      String(first.headers['surrogate-key']).split(' ').sort(),
    );
    const second = await get(path, { 'x-user': 'ada' });
    expect([second.headers['x-cache'], second.body]).toEqual(['HIT', first.body]);
    expect((await get(pathOf(queries.product, { id: 'p2' }))).body).not.toEqual(first.body);
  });

  it('a client that has the answer is answered 304', async () => {
    const path = pathOf(queries.product, { id: 'p3' });
    const { headers } = await get(path);
    const again = await get(path, { 'if-none-match': String(headers.etag) });
    expect([again.status, again.headers['x-cache'], again.body]).toEqual([304, 'HIT', '']);
    expect(again.headers.etag).toBe(headers.etag);
  });

  it('media types and origins have answers of their own', async () => {
    const path = pathOf(queries.product, { id: 'p4' });
    const accepting = (accept: string, origin?: string) =>
      get(path, { accept, ...(origin === undefined ? {} : { origin }) });
    const json = await accepting('application/json');
    expect(String(json.headers.vary).toLowerCase().split(', ').sort()).toEqual(['accept', 'origin']);
    const graphql = await accepting('application/graphql-response+json');
    expect(graphql.headers['x-cache']).toBe('MISS');
    expect([json, graphql].map(({ headers }) => String(headers['content-type']).split(';')[0])).toEqual([
      'application/json',
      'application/graphql-response+json',
    ]);
    expect((await accepting('application/json')).headers['x-cache']).toBe('HIT');
    const page = await accepting('application/json', 'https://shop.example');
    expect([page.headers['x-cache'], page.headers['access-control-allow-origin']]).toEqual([
      'MISS',
      'https://shop.example',
    ]);
  });

  it('what is private, or depends on who asks, is never answered by nginx', async () => {
    for (const query of [queries.me, queries.guarded]) {
      const first = await get(pathOf(query), { 'x-user': 'ada' });
      const second = await get(pathOf(query), { 'x-user': 'bob' });
      expect([first, second].map(({ headers }) => [headers['x-cache'], headers['surrogate-key']])).toEqual([
        ['MISS', undefined],
        ['MISS', undefined],
      ]);
      expect(first.headers['cache-control']).toMatch(/private/);
    }
    expect((await get(pathOf(queries.me), { 'x-user': 'ada' })).body).not.toEqual(
      (await get(pathOf(queries.me), { 'x-user': 'bob' })).body,
    );
  });

  it('an answer whose keys would be too long is for its client alone', async () => {
    const tags = Array.from({ length: 20 }, (_, index) => `${index}-${'x'.repeat(20)}`);
    const path = pathOf(queries.many, { tags });
    const first = await get(path);
    expect(first.headers['surrogate-key']).toBeUndefined();
    expect(first.headers['cache-tag']).toBeUndefined();
    expect(first.headers).toMatchObject({ 'surrogate-control': 'no-store', 'cdn-cache-control': 'no-store' });
    expect(first.headers['cache-control']).toBe('max-age=3600, private');
    const second = await get(path);
    // The gateway still has it.
    expect([second.headers['x-cache'], second.body]).toEqual(['MISS', first.body]);
    const few = await get(pathOf(queries.many, { tags: ['a b', 'c,d'] }));
    expect(String(few.headers['surrogate-key']).split(' ')).toEqual(
      expect.arrayContaining(['tag%20a%20b%2C%20%C3%A9', 'tag%20c%2Cd%2C%20%C3%A9']),
    );
  });

  it('an invalidation says by which keys a CDN removes what it has', async () => {
    const admin = new URL(String(gateway.log.find(({ msg }) => msg === 'the admin listener listens')?.adminUrl)).origin;
    const response = await fetch(`${admin}/admin/invalidate`, {
      method: 'POST',
      body: JSON.stringify([
        { kind: 'entity', type: 'Product', key: { id: 'p1' } },
        { kind: 'cache_tag', cache_tag: 'product-p1' },
      ]),
    });
    const keys = ['Product:p1', 'Product:*', 'product-p1', 'product-*', '*'];
    expect(await response.json()).toMatchObject({ surrogateKeys: keys });
  });
});
