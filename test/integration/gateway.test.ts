import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { safetyLimit } from '../testkit/safety-limit.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';
import { testWorkers } from '../testkit/test-workers.ts';

describe.each(['isthmus', 'reference'])('the gateway with engine: %s', (engine) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `engine: ${engine}\ntraffic: { all: { timeout: 1s, retries: 0 } }`,
    });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const subgraph of Object.values(gateway.subgraphs)) subgraph.intercept = undefined;
  });

  it('answers from several subgraphs at once', async () => {
    const answer = await gateway.query('{ products { name stock shipping } }');
    expect(answer).toEqual({
      status: 200,
      data: {
        products: [
          { name: 'Kettle', stock: 10, shipping: 10 },
          { name: 'Lamp', stock: 20, shipping: 20 },
          { name: 'Radio', stock: 30, shipping: 30 },
        ],
      },
    });
  });

  it('runs mutations', async () => {
    const { data } = await gateway.query('mutation ($n: String!) { rename(id: "p1", name: $n) { name stock } }', {
      n: 'Pot',
    });
    expect(data).toEqual({ rename: { name: 'Pot', stock: 10 } });
  });

  it('returns the data of the others when a subgraph is gone, with one coded error without an address', async () => {
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.intercept = (request) => request.socket.destroy();
    const { status, data, errors } = await gateway.query('{ products { name stock } }');
    expect(status).toBe(200);
    expect(data.products).toEqual([
      { name: 'Kettle', stock: null },
      { name: 'Lamp', stock: null },
      { name: 'Radio', stock: null },
    ]);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toEqual({ code: 'SUBREQUEST_HTTP_ERROR', service: 'stock' });
    expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|http:|\.ts|ECONN/);
  });

  it('ends a request to a hanging subgraph in time, and returns the rest', async () => {
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.intercept = () => {};
    const began = performance.now();
    const { data, errors } = await gateway.query('{ products { name stock } }');
    expect(performance.now() - began).toBeLessThan(safetyLimit(1_000));
    expect(data.products[0]).toEqual({ name: 'Kettle', stock: null });
    expect(errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_REQUEST_TIMEOUT', service: 'stock' });
  });

  it('masks the messages of a subgraph, and logs them', async () => {
    const { data, errors } = await gateway.query('{ product(id: "p1") { name secret } }');
    expect(data).toEqual({ product: { name: 'Kettle', secret: null } });
    expect(errors).toEqual([
      {
        message: 'A subgraph reported an error.',
        path: ['product', 'secret'],
        extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: 'stock' },
      },
    ]);
    expect(gateway.log.some((line) => String(line.reason).includes('vault'))).toBe(true);
  });

  it.each([
    ['a syntax error', '{ products {', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown operation', 'query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['a wrong variable', 'query ($id: ID!) { product(id: $id) { name } }', 'BAD_USER_INPUT'],
  ])('refuses %s with 400 and a code, before any subgraph is called', async (_name, query, code) => {
    const before = Object.values(gateway.subgraphs).reduce((sum, subgraph) => sum + subgraph.requests.length, 0);
    const { status, data, errors } = await gateway.query(query, {});
    expect({ status, data, codes: errors?.map((error) => error.extensions.code) }).toEqual({
      status: 400,
      data: undefined,
      codes: [code],
    });
    expect(Object.values(gateway.subgraphs).reduce((sum, subgraph) => sum + subgraph.requests.length, 0)).toBe(before);
  });

  it('answers introspection', async () => {
    const { data } = await gateway.query(
      '{ __schema { queryType { name } } __type(name: "Product") { name } products { id } }',
    );
    expect(data.__schema).toEqual({ queryType: { name: 'Query' } });
    expect(data.__type).toEqual({ name: 'Product' });
    expect(data.products).toHaveLength(3);
  });
});

describe('the HTTP server', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const yaml = 'limits: { body: 2kb }\nserver: { allowed_origins: [ "https://shop.example" ] }';
    gateway = await startTestGateway({ subgraphs: shop, yaml });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  const at = (path: string) => new URL(path, gateway.url).href;
  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      duplex: 'half',
    } as RequestInit);
  const codeOf = async (response: Response) =>
    ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code;

  it('reports that it is live and ready, with its generation', async () => {
    const workers = testWorkers > 1 ? { workers: { configured: testWorkers, serving: testWorkers } } : {};
    expect(await (await fetch(at('/health/live'))).json()).toEqual({ status: 'live', ...workers });
    expect(await (await fetch(at('/health/ready'))).json()).toEqual({
      status: 'ready',
      generation: gateway.gateway.generations.current?.id,
      ...workers,
    });
  });

  it.each([
    ['an unknown path', () => fetch(at('/nothing')), 404, 'NOT_FOUND'],
    ['a wrong method', () => fetch(gateway.url, { method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED'],
    [
      'a mutation by GET',
      () => fetch(`${gateway.url}?query=${encodeURIComponent('mutation { rename(id: "p1", name: "x") { id } }')}`),
      405,
      'METHOD_NOT_ALLOWED',
    ],
    ['a body that is too large', () => post(`{"query":"{ ${'a '.repeat(2_000)} }"}`), 413, 'CONTENT_TOO_LARGE'],
    [
      'a body that is too large and has no length',
      // It is refused before it ends.
      () => {
        let parts = 0;
        return post(
          new ReadableStream({ pull: (body) => (++parts > 3 ? undefined : body.enqueue(new Uint8Array(1_000))) }),
        );
      },
      413,
      'CONTENT_TOO_LARGE',
    ],
    ['text', () => post('{}', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      () => post('query={a}', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['broken JSON', () => post('{"query"'), 400, 'BAD_REQUEST'],
    [
      'an answer it cannot write',
      () => post('{"query":"{__typename}"}', { accept: 'text/html' }),
      406,
      'NOT_ACCEPTABLE',
    ],
    [
      'a cross-site GET',
      () => fetch(`${gateway.url}?query={__typename}`, { headers: { 'sec-fetch-site': 'cross-site' } }),
      400,
      'CSRF_REFUSED',
    ],
    [
      'headers of 20 KB',
      () => post('{"query":"{__typename}"}', { 'x-large': 'x'.repeat(20_000) }),
      431,
      'HEADERS_TOO_LARGE',
    ],
  ])('refuses %s', async (_name, send, status, code) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
  });

  it('answers browsers of allowed origins, and only those', async () => {
    const preflight = (origin: string) =>
      fetch(gateway.url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
      });
    expect((await preflight('https://shop.example')).headers.get('access-control-allow-origin')).toBe(
      'https://shop.example',
    );
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).not.toBe(
      'https://evil.example',
    );
  });

  it('assigns an id to every request, preserves a harmless one of the client, and logs it', async () => {
    const given = await post('{"query":"{__typename}"}', { 'x-request-id': 'trace-1' });
    expect(given.headers.get('x-request-id')).toBe('trace-1');
    const made = await post('{"query":"{__typename}"}', { 'x-request-id': 'a b\tc' });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    await expect
      .poll(() => gateway.log.find(({ requestId }) => requestId === 'trace-1'))
      .toMatchObject({ status: 200, path: '/graphql' });
  });

  it('never logs credentials or the text of a query string', async () => {
    await fetch(`${gateway.url}?query={__typename}&token=very-secret`, {
      headers: { authorization: 'Bearer very-secret', cookie: 'very-secret', 'x-request-id': 'with-secrets' },
    });
    await expect.poll(() => gateway.log.find(({ requestId }) => requestId === 'with-secrets')).toBeDefined();
    expect(JSON.stringify(gateway.log)).not.toContain('very-secret');
  });

  it('runs identical queries once while they are in flight, and each mutation', async () => {
    const { products } = gateway.subgraphs;
    const before = products?.requests.length ?? 0;
    await Promise.all(Array.from({ length: 20 }, () => gateway.query('{ products { id price } }')));
    expect((products?.requests.length ?? 0) - before).toBeLessThan(20);
    const middle = products?.requests.length ?? 0;
    await Promise.all(
      Array.from({ length: 5 }, () => gateway.query('mutation { rename(id: "p1", name: "x") { id } }')),
    );
    expect((products?.requests.length ?? 0) - middle).toBe(5);
  });
});
