/** A repeated operation goes directly to the engine: its answer is the same. */
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ValidatedOperation, ValidatedOperations } from '../../../../src/http/graphql/validated-operations.ts';
import { MemoryBudget } from '../../../../src/lib/index.ts';
import { startTestGateway, type TestGateway } from '../../../testkit/test-gateway.ts';

const sdl = `
  type Query { item(id: ID!): Item  failing: String }
  type Mutation { rename(id: ID!, name: String!): Item }
  type Item { id: ID!  name: String }
`;
const resolvers = {
  Query: {
    item: (_root: unknown, { id }: { id: string }) => ({ id, name: `item ${id}` }),
    failing: () => {
      throw new Error('no');
    },
  },
  Mutation: { rename: (_root: unknown, item: { id: string; name: string }) => item },
};

let shop: TestGateway;
beforeAll(async () => {
  shop = await startTestGateway({ subgraphs: { shop: { sdl, resolvers } } });
});
afterAll(() => shop[Symbol.asyncDispose]());

async function post(body: object, accept: string) {
  const response = await fetch(shop.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    cacheControl: response.headers.get('cache-control'),
    text: await response.text(),
  };
}

const item = 'query Item($id: ID!) { item(id: $id) { id name } }';
const rename = 'mutation Rename($name: String!) { rename(id: "a", name: $name) { id name } }';
const two = `${item} query Other { item(id: "b") { id } }`;

describe.each(['application/json', 'application/graphql-response+json'])('asked for as %s, the second', (accept) => {
  // A separate text for each media type, so that its first request is really the first.
  const ownOf = (query: string): string => `${query} ${accept === 'application/json' ? '#a' : '#b'}`;

  it.each([
    ['query', { query: item, variables: { id: 'a' } }, '"name":"item a"'],
    ['query with an error of a subgraph', { query: '{ failing }' }, 'DOWNSTREAM_SERVICE_ERROR'],
    ['query with a variable that is missing', { query: item }, 'BAD_USER_INPUT'],
    ['query with a variable of another type', { query: item, variables: { id: { a: 1 } } }, 'BAD_USER_INPUT'],
    ['query with variables that are null', { query: '{ item(id: "a") { name } }', variables: null }, '"item a"'],
    ['mutation', { query: rename, variables: { name: 'new' } }, '"name":"new"'],
    ['mutation with a variable that is missing', { query: rename }, 'BAD_USER_INPUT'],
    ['one of two operations', { query: two, operationName: 'Other' }, '{"item":{"id":"b"}}'],
    ['document of which no operation is chosen', { query: two }, 'operation'],
    ['introspection', { query: '{ __type(name: "Item") { name } }' }, '{"__type":{"name":"Item"}}'],
  ])('%s is answered byte for byte as the first', async (_name, body, expected) => {
    const own = { ...body, query: ownOf(body.query) };
    const first = await post(own, accept);
    const second = await post(own, accept);
    expect(first.text).toContain(expected);
    expect(first.contentType).toBe(`${accept}; charset=utf-8`);
    expect(second).toEqual(first);
  });

  it('mutation is run again, with its own variables', async () => {
    const body = { query: ownOf(`${rename} #twice`), variables: { name: 'one' } };
    const before = shop.subgraphs.shop?.requests.length ?? 0;
    const [one, again, two] = [
      await post(body, accept),
      await post(body, accept),
      await post({ ...body, variables: { name: 'two' } }, accept),
    ];
    expect((shop.subgraphs.shop?.requests.length ?? 0) - before).toBe(3);
    expect(again).toEqual(one);
    expect(two.text).toBe('{"data":{"rename":{"id":"a","name":"two"}}}');
  });

  it('request for an operation that the document does not have is refused, although another one was cached', async () => {
    const query = ownOf(`${two} #third`);
    await post({ query, operationName: 'Other' }, accept);
    const { text } = await post({ query, operationName: 'Third' }, accept);
    expect(JSON.parse(text)).toMatchObject({ errors: [{ message: expect.stringContaining('Third') }] });
  });
});

describe('a document that was seen', () => {
  const query = '{ item(id: "a") { id } }';
  const document = parse(query);
  const [operation] = document.definitions as unknown as ValidatedOperation['operation'][];
  const seen = new ValidatedOperations(new MemoryBudget(1_000_000).group().cache());
  const known = { documentHash: 'hash', document, operation, operationName: undefined } as ValidatedOperation;
  seen.add(query, known);

  it('is found by its text', () => {
    expect(seen.find({ query })).toBe(known);
    expect(seen.find({ query, variables: { a: 1 }, operationName: null, extensions: null })).toBe(known);
    expect(seen.find({ query, extensions: {} })).toBe(known);
    expect(seen.find({ query, extensions: { clientLibrary: { name: '@apollo/client' } } })).toBe(known);
  });

  it.each([
    ['with a persistedQuery extension', { query, extensions: { persistedQuery: { version: 1, sha256Hash: 'hash' } } }],
    ['with any other extension', { query, extensions: { clientLibrary: { name: 'a' }, tracing: true } }],
    ['for another operation of it', { query, operationName: 'Other' }],
    ['with a space more', { query: `${query} ` }],
    ['by hash alone', { extensions: { persistedQuery: { version: 1, sha256Hash: 'hash' } } }],
  ])('is not looked up %s', (_name, body) => {
    expect(seen.find(body)).toBeUndefined();
  });

  it('differs from one whose operation name begins its text', () => {
    const named = new ValidatedOperations(new MemoryBudget(1_000_000).group().cache());
    named.add(query, { ...known, operationName: 'A' });
    expect(named.find({ query, operationName: 'A' })).toBeDefined();
    expect(named.find({ query: `A${query}` })).toBeUndefined();
    expect(named.find({ query })).toBeUndefined();
  });
});
