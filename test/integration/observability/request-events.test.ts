import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FetchEvent, OperationEvent } from '../../../src/observability/index.ts';
import { RecordedEvents } from '../../testkit/recorded-events.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION`;

/** Resolves once it is let go. */
let slow = Promise.withResolvers<number>();
let slowCalls = 0;

const shop = {
  products: {
    sdl: `${federation} type Query { products(first: Int): [Product!] broken: Int slow: Int }
      type Product @key(fields: "id") { id: ID!  name: String }`,
    resolvers: {
      Query: {
        products: (_: unknown, { first = 2 }: { first?: number }) =>
          [
            { id: 'p1', name: 'Kettle' },
            { id: 'p2', name: 'Lamp' },
            { id: 'p3', name: 'Rug' },
          ].slice(0, first),
        broken: () => {
          throw new Error('it is broken');
        },
        slow: () => {
          slowCalls++;
          return slow.promise;
        },
      },
    },
  },
  stock: {
    sdl: `${federation} type Product @key(fields: "id") { id: ID!  stock: Int @cacheControl(maxAge: 60) }`,
    resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stock: 7 }) } },
  },
};

const events = new RecordedEvents();
let gateway: TestGateway;
let cached: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop, sinks: [events], yaml: 'limits: { batch: 3 }' });
  const yaml =
    'cache: { response: { enabled: true, default_max_age: 60s }, entities: { enabled: true, default_max_age: 60s } }';
  cached = await startTestGateway({ subgraphs: shop, sinks: [events], yaml });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await cached[Symbol.asyncDispose]();
});

let ids = 0;
async function ask(body: unknown, headers: Record<string, string> = {}, { url } = gateway) {
  const id = `asked-${ids++}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': id, ...headers },
    body: JSON.stringify(body),
  });
  await response.text();
  return events.of(id);
}

async function askOne(query: string, at = gateway): Promise<OperationEvent> {
  const { operations } = await ask({ query }, {}, at);
  expect(operations).toHaveLength(1);
  return operations[0] as OperationEvent;
}

/** In the order of their subgraphs, without times. */
function fetchesOf({ fetches }: OperationEvent) {
  return fetches
    .map(({ attempts, began, ended, ...fetch }: FetchEvent) => {
      expect(began).toBeLessThan(ended);
      return { ...fetch, attempts: attempts.map(({ outcome, status }) => ({ outcome, status })) };
    })
    .sort((a, b) => a.subgraph.localeCompare(b.subgraph));
}

const ofRoot = {
  subgraph: 'products',
  kind: 'root',
  operationType: 'query',
  isInProcess: false,
  entities: 0,
  cacheHits: 0,
  cacheStale: 0,
  outcome: 'ok',
  isShared: false,
  fields: [],
  spanId: undefined,
  attempts: [{ outcome: 'ok', status: 200 }],
};
const ofStock = { ...ofRoot, subgraph: 'stock', kind: 'entities' };

/** What is not a time. */
function factsOf({ kind, name, document, variables, source, errorCount, codes }: OperationEvent) {
  return { kind, name, document, variables, source, errorCount, codes };
}

describe('the event of a request', () => {
  it('has who asks for what, and how that ended', async () => {
    const document = 'query Products($first: Int) { products(first: $first) { name } }';
    const client = { 'graphql-client-name': 'web', 'graphql-client-version': '1.2' };
    const event = await ask({ query: document, variables: { first: 1 } }, client);
    expect(event).toMatchObject({
      method: 'POST',
      path: '/graphql',
      door: 'graphql',
      clientAddress: '127.0.0.1',
      clientName: 'web',
      clientVersion: '1.2',
      principal: { id: 'anonymous' },
      generation: gateway.gateway.generations.current?.id,
      status: 200,
      end: 'answered',
      code: undefined,
    });
    expect(event.operations.map(factsOf)).toEqual([
      {
        kind: 'query',
        name: 'Products',
        document,
        variables: { first: 1 },
        source: 'made',
        errorCount: 0,
        codes: [],
      },
    ]);
    const [operation] = event.operations;
    expect(event.began).toBeLessThanOrEqual(operation?.began ?? 0);
    expect(operation?.began).toBeLessThan(operation?.ended ?? 0);
    expect(operation?.ended).toBeLessThanOrEqual(event.ended);
  });

  it('has what was done for a document once, and its signature each time', async () => {
    const first = await askOne('query Prepared { products(first: 1) { id name } }');
    expect(first.isPlanCached).toBe(false);
    for (const took of [first.parseMs, first.validateMs, first.planMs]) expect(took).toBeGreaterThan(0);
    const again = await askOne('query Prepared { products(first: 1) { id name } }');
    expect(again).toMatchObject({ isPlanCached: true, parseMs: 0, validateMs: 0, planMs: 0 });
    const spaced = await askOne('query Prepared { products(first: 3) {  id name } }');
    expect(first.signature).toMatch(/^[0-9a-f]{32}$/);
    expect([again.signature, spaced.signature]).toEqual([first.signature, first.signature]);
  });

  it('has one operation for each of a batch', async () => {
    const event = await ask([{ query: 'query A { broken }' }, { query: 'query B { nothing }' }, { query: '{' }]);
    expect(event.operations.map(({ name, codes, errorCount }) => ({ name, codes, errorCount }))).toEqual([
      { name: 'A', codes: ['DOWNSTREAM_SERVICE_ERROR'], errorCount: 1 },
      { name: undefined, codes: ['GRAPHQL_VALIDATION_FAILED'], errorCount: 1 },
      { name: undefined, codes: ['GRAPHQL_PARSE_FAILED'], errorCount: 1 },
    ]);
  });

  it('has no operation where a request asks for none', async () => {
    const base = gateway.url.replace(/\/graphql$/, '');
    for (const [path, door] of [
      ['/health/ready', 'health'],
      ['/', 'page'],
      ['/nowhere', 'other'],
    ] as const) {
      const id = `asked-${ids++}`;
      await (await fetch(base + path, { headers: { 'x-request-id': id } })).text();
      expect(await events.of(id)).toMatchObject({ door, path, operations: [], end: 'answered' });
    }
  });
});

describe('the fetches of an operation', () => {
  it('are told with what they asked for and how often', async () => {
    const stock = gateway.subgraphs.stock as NonNullable<TestGateway['subgraphs'][string]>;
    stock.intercept = (_request, response) => {
      stock.intercept = undefined;
      response.writeHead(503).end();
    };
    const operation = await askOne('query Retried { products(first: 2) { name stock } }');
    const attempts = [
      { outcome: 'SUBREQUEST_HTTP_ERROR', status: 503 },
      { outcome: 'ok', status: 200 },
    ];
    expect(fetchesOf(operation)).toEqual([ofRoot, { ...ofStock, entities: 2, attempts }]);
    expect(operation.waitedMs).toBeGreaterThan(0);
    expect(operation.waitedMs).toBeLessThan(operation.ended - operation.began);
  });

  it('have the code of what failed', async () => {
    const errors = await askOne('query Errors { broken }');
    expect(fetchesOf(errors)).toEqual([{ ...ofRoot, outcome: 'errors' }]);
    const stock = gateway.subgraphs.stock as NonNullable<TestGateway['subgraphs'][string]>;
    stock.intercept = (_request, response) => response.writeHead(200).end('{');
    const malformed = await askOne('query Malformed { products(first: 1) { stock } }');
    stock.intercept = undefined;
    expect(fetchesOf(malformed)).toEqual([
      ofRoot,
      { ...ofStock, entities: 1, outcome: 'SUBREQUEST_MALFORMED_RESPONSE' },
    ]);
    expect(malformed).toMatchObject({ errorCount: 1, codes: ['SUBREQUEST_MALFORMED_RESPONSE'] });
  });

  it('say where an identical one was joined, which sent nothing more', async () => {
    slow = Promise.withResolvers();
    slowCalls = 0;
    const asking = [askOne('query JoinedOne { slow }'), askOne('query JoinedTwo { slow }')];
    await expect.poll(() => slowCalls).toBe(1);
    const last = `asked-${ids - 1}`;
    await expect.poll(() => events.begun.has(last)).toBe(true);
    await setTimeout(30); // its body is read
    slow.resolve(3);
    const operations = await Promise.all(asking);
    expect(slowCalls).toBe(1);
    const fetches = operations.flatMap(fetchesOf).sort((a, b) => Number(a.isShared) - Number(b.isShared));
    expect(fetches).toEqual([ofRoot, { ...ofRoot, isShared: true, attempts: [] }]);
    for (const { waitedMs } of operations) expect(waitedMs).toBeGreaterThan(0);
  });

  it('have what was cached, and ask for the rest', async () => {
    await askOne('query First { products(first: 2) { stock } }', cached);
    const operation = await askOne('query More { products(first: 3) { stock } }', cached);
    expect(fetchesOf(operation).at(-1)).toEqual({ ...ofStock, entities: 3, cacheHits: 2 });
    const all = await askOne('query All { products(first: 3) { id stock } }', cached);
    expect(fetchesOf(all).at(-1)).toMatchObject({ entities: 3, cacheHits: 3, attempts: [] });
  });
});

describe('where an answer came from', () => {
  it('is the cache, by its operation and by its bytes', async () => {
    const query = 'query Cached { products(first: 1) { name } }';
    expect(await askOne(query, cached)).toMatchObject({ source: 'made', fetches: [{}] });
    const [byOperation, byBytes] = [await askOne(query, cached), await askOne(query, cached)];
    const expected = { kind: 'query', name: 'Cached', document: query, source: 'cached', waitedMs: 0, fetches: [] };
    expect(byOperation).toMatchObject({ ...expected });
    expect(byBytes).toMatchObject({ ...expected });
    expect(byBytes.request).toMatchObject({
      principal: { id: 'anonymous' },
      generation: byOperation.request.generation,
    });
  });

  it('is an identical operation that was running', async () => {
    slow = Promise.withResolvers();
    slowCalls = 0;
    const asking = [askOne('query Slow { slow }'), askOne('query Slow { slow }')];
    await expect.poll(() => slowCalls).toBe(1);
    const last = `asked-${ids - 1}`;
    await expect.poll(() => events.begun.has(last)).toBe(true);
    await setTimeout(30); // its body is read
    slow.resolve(3);
    const operations = (await Promise.all(asking)).sort((a, b) => a.source.localeCompare(b.source));
    expect(slowCalls).toBe(1);
    expect(operations).toMatchObject([
      { source: 'made', name: 'Slow', fetches: [{}] },
      { source: 'shared', name: 'Slow', fetches: [] },
    ]);
    for (const { waitedMs } of operations) expect(waitedMs).toBeGreaterThan(0);
  });
});

describe('a client that leaves', () => {
  it('ends its event, and what was sent for it', async () => {
    slow = Promise.withResolvers();
    slowCalls = 0;
    const leaving = new AbortController();
    const headers = { 'content-type': 'application/json', 'x-request-id': 'left' };
    const body = JSON.stringify({ query: 'query Left { slow }' });
    const asking = fetch(gateway.url, { method: 'POST', headers, body, signal: leaving.signal });
    await expect.poll(() => slowCalls).toBe(1);
    leaving.abort();
    await expect(asking).rejects.toThrow('abort');
    const event = await events.of('left');
    slow.resolve(0);
    const fetches = [{ outcome: 'CLIENT_CLOSED_REQUEST', ended: event.operations[0]?.ended }];
    expect(event).toMatchObject({ end: 'aborted', operations: [{ name: 'Left', fetches }] });
    expect(event.operations[0]?.waitedMs).toBeGreaterThan(0);
  });
});

describe('a request that is refused', () => {
  it('has the code, and the operation that it was about', async () => {
    const event = await ask({ query: 'query Unacceptable { broken }' }, { accept: 'text/html' });
    expect(event).toMatchObject({ status: 406, code: 'NOT_ACCEPTABLE' });
    expect(event.operations).toMatchObject([{ kind: undefined, errorCount: 1, codes: ['NOT_ACCEPTABLE'] }]);
    const posted = await ask('no object');
    expect(posted).toMatchObject({ status: 400, code: 'BAD_REQUEST', operations: [{ codes: ['BAD_REQUEST'] }] });
  });

  it('has no operation where its framing is ambiguous', async () => {
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /graphql HTTP/1.1\r\nhost: a\r\nhost: b\r\nx-request-id: framing\r\ncontent-length: 0\r\n\r\n');
    socket.resume();
    expect(await events.of('framing')).toMatchObject({ status: 400, code: 'BAD_REQUEST', operations: [] });
    socket.destroy();
  });
});

describe('a request of this process', () => {
  it('has its event as any other', async () => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'in-process' };
    const body = JSON.stringify({ query: 'query Here { products(first: 1) { name } }' });
    await (await gateway.gateway.fetch(new Request(gateway.url, { method: 'POST', headers, body }))).text();
    expect(await events.of('in-process')).toMatchObject({
      door: 'graphql',
      end: 'answered',
      operations: [{ name: 'Here', fetches: [{ subgraph: 'products', outcome: 'ok' }] }],
    });
  });
});

describe('a gateway with workers', () => {
  it('has the events of each of them, as its log shows', async () => {
    await using workers = await startTestGateway({ subgraphs: shop, workers: 2 });
    const headers = { 'x-request-id': 'of-a-worker', 'graphql-client-name': 'web' };
    await workers.query('query Worker { products(first: 1) { name stock } }', {}, headers);
    const line = () => workers.log.find(({ requestId, msg }) => requestId === 'of-a-worker' && msg === 'request');
    await expect.poll(line, { timeout: 10_000 }).toMatchObject({
      worker: expect.any(Number),
      outcome: 'ok',
      operationType: 'query',
      operation: 'Worker',
      clientName: 'web',
      fetches: 2,
      waitedMs: expect.any(Number),
      oursMs: expect.any(Number),
    });
  });
});
