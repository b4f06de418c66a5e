import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Logger } from '../../src/index.ts';
import { shop } from '../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const json = { 'content-type': 'application/json' };

describe('gateway.fetch', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({
      subgraphs: { products: shop.products },
      yaml: 'server: { allowed_origins: ["https://shop.example"] }',
    });
  });
  afterAll(() => gateway?.[Symbol.asyncDispose]());
  const fetchFrom = (path: string, init: RequestInit = {}) =>
    gateway.gateway.fetch(new Request(`https://graph.example${path}`, init));

  it('answers GraphQL by the same routes as a socket', async () => {
    const response = await fetchFrom('/graphql', {
      method: 'POST',
      headers: { ...json, 'x-request-id': 'from-a-library' },
      body: '{"query":"{ product(id: \\"p1\\") { name } }"}',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe('from-a-library');
    expect(response.headers.has('transfer-encoding')).toBe(false);
    expect(await response.json()).toEqual({ data: { product: { name: 'Kettle' } } });
  });

  it('answers GET, CORS, health and unknown paths likewise', async () => {
    const query = encodeURIComponent('{ product(id: "p1") { id } }');
    const get = await fetchFrom(`/graphql?query=${query}`, { headers: { origin: 'https://shop.example' } });
    expect(await get.json()).toEqual({ data: { product: { id: 'p1' } } });
    expect(get.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(await (await fetchFrom('/health/ready')).json()).toMatchObject({ status: 'ready' });
    expect((await fetchFrom('/nowhere')).status).toBe(404);
    const preflight = await fetchFrom('/graphql', {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.body).toBeNull();
  });

  it('refuses bodies above limits.body', async () => {
    const response = await fetchFrom('/graphql', { method: 'POST', headers: json, body: ' '.repeat(1_100_000) });
    expect(response.status).toBe(413);
  });

  it('streams answers of /v1', async () => {
    const response = await fetchFrom('/v1/chat/completions', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ model: 'fast', stream: true, messages: [{ role: 'user', content: 'It is very good.' }] }),
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toMatch(/^data: .*data: \[DONE\]\n\n$/s);
  });

  it('ends the work of a request that is aborted', async () => {
    const { products } = gateway.subgraphs;
    if (products === undefined) throw new Error('the shop has products');
    const arrived = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    products.intercept = (request) => {
      arrived.resolve();
      request.socket.on('close', () => stopped.resolve());
    };
    const leaving = new AbortController();
    const answer = fetchFrom('/graphql', {
      method: 'POST',
      headers: json,
      body: '{"query":"{ product(id: \\"p2\\") { name } }"}',
      signal: leaving.signal,
    });
    await arrived.promise;
    leaving.abort(new Error('the page was left'));
    await expect(answer).rejects.toThrow('the page was left');
    await stopped.promise;
    products.intercept = undefined;
  });

  it('refuses a request that was aborted before', async () => {
    await expect(fetchFrom('/graphql', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
  });
});

describe('the log of gateway.fetch', () => {
  it('has a request that was answered whole as answered', async () => {
    const lines: { readonly message: string; readonly status: unknown }[] = [];
    const write = (fields: Readonly<Record<string, unknown>>, message: string) =>
      void lines.push({ message, status: fields.status });
    const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log };
    const subgraphs = { products: { sdl: 'type Query { a: Int }', execute: async () => ({ data: { a: 1 } }) } };
    const gateway = await createGateway({ config: {}, subgraphs, log });
    try {
      const request = new Request('https://graph.example/graphql', {
        method: 'POST',
        headers: json,
        body: '{"query":"{ a }"}',
      });
      expect(await (await gateway.fetch(request)).json()).toEqual({ data: { a: 1 } });
      await expect.poll(() => lines).toContainEqual({ message: 'request', status: 200 });
    } finally {
      await gateway.close();
    }
  });
});

describe('server.workers', () => {
  it('is for isthmus serve: this thread serves alone, and says so', async () => {
    await using single = await startTestGateway({ subgraphs: shop, yaml: 'server: { workers: 2 }', workers: 1 });
    expect((await single.query('{ products { name } }')).data.products).toHaveLength(3);
    const warned = single.log.filter(({ level }) => level === 'warn');
    expect(warned).toMatchObject([{ workers: 2, msg: expect.stringContaining('createGateway does not') }]);
    expect(await (await fetch(new URL('/health/live', single.url))).json()).toEqual({ status: 'live' });
  });
});
