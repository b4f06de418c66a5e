import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

/** A request that says how long it is does not reach Fastify; one in chunks does. */
const lengths = ['with its length', 'in chunks'] as const;

describe.each([
  '',
  'server: { allowed_origins: ["https://shop.example"] }\nheaders: { all: { response: [{ propagate: { named: x-served-by } }] } }',
  'server: { allowed_origins: ["*"] }',
])('requests of a gateway with %j', (yaml) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ subgraphs: shop, yaml });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  async function send(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    length: (typeof lengths)[number],
  ) {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const answer = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'the-same', ...headers },
      body: length === 'in chunks' ? new Blob([bytes]).stream() : bytes,
      ...(length === 'in chunks' ? { duplex: 'half' } : {}),
    } as RequestInit);
    const { date: _, ...fields } = Object.fromEntries(answer.headers);
    return { status: answer.status, headers: fields, body: await answer.text() };
  }

  const query = '{ products { name stock } }';
  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>]>([
    ['a query', JSON.stringify({ query }), {}],
    ['the same query again', JSON.stringify({ query }), {}],
    ['a query for the newer media type', JSON.stringify({ query }), { accept: 'application/graphql-response+json' }],
    ['a charset', JSON.stringify({ query }), { 'content-type': 'application/json; charset=utf-8' }],
    ['another charset', JSON.stringify({ query }), { 'content-type': 'application/json; charset=latin1' }],
    ['another media type', JSON.stringify({ query }), { 'content-type': 'text/plain' }],
    ['a document with a mistake', JSON.stringify({ query: '{ nothing }' }), {}],
    ['a document that is none', JSON.stringify({ query: '{' }), {}],
    ['the same for the newer media type', '{"query":"{"}', { accept: 'application/graphql-response+json' }],
    ['variables that do not fit', JSON.stringify({ query: 'query ($id: ID!) { product(id: $id) { name } }' }), {}],
    ['a subscription', JSON.stringify({ query: 'subscription { a }' }), {}],
    ['what is not JSON', '{"query"', {}],
    ['what is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), {}],
    ['a list', '[]', {}],
    ['nothing', '', {}],
    ['an accept header that is not served', JSON.stringify({ query }), { accept: 'text/css' }],
    ['a page of an allowed origin', JSON.stringify({ query }), { origin: 'https://shop.example' }],
    ['a page of another origin', JSON.stringify({ query }), { origin: 'https://else.example' }],
    ['a page of no origin', JSON.stringify({ query }), { origin: 'null' }],
    ['a mistake in a page of an allowed origin', '{"query":"{"}', { origin: 'https://shop.example' }],
    ['an introspection of a page', '{"query":"{ __schema { types { name } } }"}', { origin: 'https://shop.example' }],
    ['a body of several reads', JSON.stringify({ query: `${query} # ${'é'.repeat(200_000)}` }), {}],
    ['a body beyond the limit', JSON.stringify({ query: `${query} # ${'é'.repeat(800_000)}` }), {}],
  ])('with %s are answered the same with and without a length', async (_name, body, headers) => {
    const [whole, inChunks] = [await send(body, headers, 'with its length'), await send(body, headers, 'in chunks')];
    expect(whole).toEqual(inChunks);
    expect(whole.headers['x-request-id']).toBe('the-same');
  });

  it('have an id of their own where the client has none that can be logged', async () => {
    const ids = await Promise.all(
      lengths.map(async (length) => (await send('{}', { 'x-request-id': 'a b' }, length)).headers['x-request-id']),
    );
    for (const id of ids) expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(new Set(ids).size).toBe(2);
  });
});
