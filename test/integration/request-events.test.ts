import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationEvent } from '../../src/observability/index.ts';
import { RecordedEvents } from '../testkit/recorded-events.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external"])';

const shop = {
  products: {
    sdl: `${federation} type Query { products(first: Int): [Product!] broken: Int }
      type Product @key(fields: "id") { id: ID!  name: String }`,
    resolvers: {
      Query: {
        products: () => [{ id: 'p1', name: 'Kettle' }],
        broken: () => {
          throw new Error('it is broken');
        },
      },
    },
  },
};

const events = new RecordedEvents();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop, sinks: [events], yaml: 'limits: { batch: 3 }' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

let ids = 0;
async function ask(body: unknown, headers: Record<string, string> = {}) {
  const id = `asked-${ids++}`;
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': id, ...headers },
    body: JSON.stringify(body),
  });
  await response.text();
  return events.of(id);
}

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
