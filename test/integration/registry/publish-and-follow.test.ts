/** What is published to a registry is served by the gateways that follow it: its own and another process's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, createLogger, type Gateway } from '../../../src/index.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const before = 'type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String }';
const after = `${before.slice(0, -1)} price: Int }`;
/** What the subgraph can answer, published or not. */
const resolvers = {
  Query: { product: () => ({ id: 'p1', name: 'Lamp', price: 3, color: 'red' }) },
  Product: { __resolveReference: () => ({ id: 'p1', name: 'Lamp', price: 3, color: 'red' }) },
};
const everything = `${before.slice(0, -1)} price: Int color: String }`;
const quiet = createLogger({ level: 'silent', readable: false });

let shop: TestGateway;
let api: string;
let publicKey: string;

const adminUrlOf = ({ log }: TestGateway) =>
  String(log.find(({ msg }) => msg === 'the admin listener listens')?.adminUrl).replace('/admin/graphql', '');

async function call(path: string, body?: unknown, headers: Record<string, string> = {}) {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${api}/${path}`, {
    headers: { 'content-type': 'application/json', ...headers },
    ...init,
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

const publish = (sdl: string, more: object = {}) =>
  call('graphs/shop/current/publish', { change: { kind: 'publish', subgraphs: [{ name: 'products', sdl }] }, ...more });

async function ask(url: string, query: string) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) };
  return (await fetch(url.endsWith('/graphql') ? url : `${url}/graphql`, init)).json();
}

beforeAll(async () => {
  shop = await startTestGateway({
    subgraphs: { products: { sdl: everything, resolvers } },
    yaml: 'admin: { port: 0 }\nregistry: { graph: shop }',
  });
  // The subgraph answers more than what is served at first.
  await writeFile(join(shop.folder, 'products.graphql'), before);
  await shop.gateway.reload();
  api = `${adminUrlOf(shop)}/registry/v1`;
  ({ publicKey } = (await call('key')).body);
});
afterAll(() => shop[Symbol.asyncDispose]());

describe('a registry in a gateway', () => {
  it('begins with the subgraphs of the file, and serves what is published to it', async () => {
    expect((await call('graphs')).body).toEqual([]);
    expect((await call('graphs/shop/current/served')).status).toBe(204);
    expect(await shop.query('{ product { price } }')).toMatchObject({ status: 400 });
    const published = await publish(after, { commit: 'abc', message: 'prices' });
    expect(published.status).toBe(201);
    expect(published.body).toMatchObject({
      kind: 'published',
      generation: { number: 2, actor: 'local', commit: 'abc', message: 'prices', change: { subgraphs: ['products'] } },
    });
    await expect.poll(() => shop.query('{ product { price } }')).toMatchObject({ data: { product: { price: 3 } } });
    const { body } = await call('graphs/shop/current/generations');
    expect(
      body.map(({ number, change }: { number: number; change: { kind: string } }) => [number, change.kind]),
    ).toEqual([
      [2, 'publish'],
      [1, 'import'],
    ]);
    expect((await publish(after)).body).toMatchObject({ kind: 'unchanged', generation: { number: 2 } });
  });

  it('refuses what does not compose, with every problem and its place, and serves on', async () => {
    const refused = await publish('type Query { product: Product } type Product @key(fields: "sku") { id: ID! }');
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ extensions: { code: 'COMPOSITION_FAILED', problems: [{ code: 'KEY_INVALID_FIELDS' }] } }] },
    });
    for (const sdl of ['', 'type', '\u0000', '{"a": 1}', 'type Query { a: Missing }'])
      expect(await publish(sdl), sdl).toMatchObject({ status: 422 });
    expect(
      await call('graphs/shop/current/publish', {
        change: { kind: 'publish', subgraphs: [{ name: 'new', sdl: before }] },
      }),
    ).toMatchObject({
      status: 400,
      body: { errors: [{ message: expect.stringContaining('routing URL') }] },
    });
    expect(
      await call('graphs/shop/current/publish', { change: { kind: 'delete', subgraphs: ['product'] } }),
    ).toMatchObject({
      status: 404,
      body: { errors: [{ message: 'there is no subgraph "product"; did you mean "products"?' }] },
    });
    expect(await call('graphs/sh op/current/publish', {})).toMatchObject({ status: 400 });
    expect(await call('graphs/shop/current/publish', { change: { kind: 'rename' } })).toMatchObject({ status: 400 });
    expect((await call('graphs/shop/current/generations/9')).status).toBe(404);
    expect(await shop.query('{ product { price } }')).toMatchObject({ data: { product: { price: 3 } } });
  });

  it('returns to an earlier generation, as a new one', async () => {
    expect((await call('graphs/shop/current/rollback', { message: 'wrong prices' })).body).toMatchObject({
      generation: { number: 3, change: { kind: 'rollback', to: 1 } },
    });
    await expect.poll(() => shop.query('{ product { price } }')).toMatchObject({ status: 400 });
    expect((await call('graphs/shop/current/rollback', { to: 2 })).body).toMatchObject({ generation: { number: 4 } });
    await expect.poll(() => shop.query('{ product { price } }')).toMatchObject({ data: { product: { price: 3 } } });
    expect((await call('graphs/shop/current/rollback', { to: 7 })).status).toBe(404);
  });

  it('gives the supergraph to any router that polls a URL, and says where it has not changed', async () => {
    const first = await call('graphs/shop/current/supergraph.graphql');
    expect(first.body).toContain('join__Graph');
    const etag = first.headers.get('etag') ?? '';
    expect(await call('graphs/shop/current/supergraph.graphql', undefined, { 'if-none-match': etag })).toMatchObject({
      status: 304,
      body: '',
    });
    const hive = await fetch(`${api.replace('/registry/v1', '')}/artifacts/v1/shop/current/supergraph`);
    expect(await hive.text()).toBe(first.body);
  });

  it('serves the documents that an application has published', async () => {
    const manifest = JSON.stringify({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: 'name', name: 'Name', type: 'query', body: 'query Name { product { name } }' }],
    });
    await call('graphs/shop/current/publish', { change: { kind: 'operations', manifests: { web: manifest } } });
    const headers = { 'apollo-require-preflight': 'true' };
    const byId = async () => (await fetch(`${shop.server.url}/graphql/documents/name`, { headers })).json();
    await expect.poll(byId).toEqual({ data: { product: { name: 'Lamp' } } });
    await call('graphs/shop/current/rollback', {});
    await expect.poll(byId).toHaveProperty('errors');
  });

  it('promotes what serves of one variant to another', async () => {
    expect((await call('graphs/shop/production/promote', { from: 'shop@current' })).body).toMatchObject({
      kind: 'published',
      generation: {
        number: 1,
        variant: 'production',
        change: { kind: 'promote', from: 'shop@current', number: expect.any(Number) },
      },
    });
    expect((await call('graphs/shop/other/promote', { from: 'shop@none' })).status).toBe(404);
  });
});

describe('a gateway that follows the registry of another process', () => {
  let folder: string;
  let follower: Gateway;
  const open = async (key = publicKey, url = api.replace('/registry/v1', '')) => {
    const configFile = join(folder, 'supergraph.yaml');
    await writeFile(configFile, `registry: { graph: shop, url: "${url}", public_key: "${key}" }\n`);
    return createGateway({ configFile, log: quiet });
  };
  const asks = (gateway: Gateway, query: string) =>
    gateway
      .fetch(
        new Request('http://gateway/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        }),
      )
      .then((response) => response.json());

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-follower-'));
    follower = await open();
  });
  afterAll(async () => {
    await follower.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('serves it without any subgraph of its own, and takes up what is published', async () => {
    expect(await asks(follower, '{ product { price } }')).toEqual({ data: { product: { price: 3 } } });
    await publish(everything);
    await expect.poll(() => asks(follower, '{ product { color } }')).toEqual({ data: { product: { color: 'red' } } });
    await call('graphs/shop/current/rollback', {});
    await expect.poll(() => asks(follower, '{ product { color } }')).toHaveProperty('errors');
  });

  it('refuses generations that another key has signed', async () => {
    await follower.close();
    await rm(join(folder, '.isthmus'), { recursive: true });
    await expect(open('A'.repeat(43))).rejects.toThrow('not signed by the registry');
    follower = await open();
  });

  it('starts from what it served last while the registry is gone', async () => {
    await follower.close();
    follower = await open(publicKey, 'http://127.0.0.1:9');
    expect(await asks(follower, '{ product { price } }')).toEqual({ data: { product: { price: 3 } } });
    expect(await ask(shop.url, '{ product { price } }')).toEqual({ data: { product: { price: 3 } } });
  });
});
