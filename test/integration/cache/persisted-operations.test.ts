import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const json = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };

async function answerOf(response: Response): Promise<TestAnswer> {
  return { status: response.status, ...((await response.json()) as object) };
}

async function post(gateway: TestGateway, body: object, headers: Record<string, string> = {}): Promise<TestAnswer> {
  const init = { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) };
  return answerOf(await fetch(gateway.url, init));
}

async function get(gateway: TestGateway, suffix: string): Promise<TestAnswer> {
  const headers = { 'apollo-require-preflight': 'true', accept: json.accept };
  return answerOf(await fetch(`${gateway.url}${suffix}`, { headers }));
}

const code = ({ errors }: TestAnswer): unknown => errors?.[0]?.extensions.code;
const persistedQuery = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } });

describe('automatic persisted queries', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ subgraphs: shop, yaml: 'persisted_operations: { automatic: true }' });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('are nothing that the landing page asks for', async () => {
    const { origin } = new URL(gateway.url);
    expect(await (await fetch(origin)).text()).not.toContain('trustedPath');
    const body = JSON.stringify({ documents: ['{ products { name } }'] });
    expect((await fetch(`${origin}/landing/trusted`, { method: 'POST', headers: json, body })).status).toBe(404);
  });

  it('are answered by their hash once they have been sent with it', async () => {
    const query = 'query First($id: ID!) { product(id: $id) { name } }';
    const extensions = persistedQuery(query);
    const variables = { id: 'p1' };
    const unknown = await post(gateway, { extensions, variables });
    expect(unknown).toMatchObject({ status: 200, errors: [{ message: 'PersistedQueryNotFound' }] });
    expect(code(unknown)).toBe('PERSISTED_QUERY_NOT_FOUND');

    const data = { product: { name: 'Kettle' } };
    expect(await post(gateway, { query, extensions, variables })).toEqual({ status: 200, data });
    for (let again = 0; again < 2; again++)
      expect(await post(gateway, { extensions, variables, operationName: 'First' })).toEqual({ status: 200, data });
    const search = new URLSearchParams({
      extensions: JSON.stringify(extensions),
      variables: JSON.stringify({ id: 'p2' }),
    });
    expect(await get(gateway, `?${search}`)).toEqual({ status: 200, data: { product: { name: 'Lamp' } } });
  });

  it('are not registered under the hash of another document', async () => {
    const query = '{ products { name } }';
    const extensions = persistedQuery('{ products { id } }');
    expect(await post(gateway, { query, extensions })).toMatchObject({ status: 400 });
    expect(code(await post(gateway, { query, extensions }))).toBe('PERSISTED_QUERY_HASH_MISMATCH');
    expect(code(await post(gateway, { extensions }))).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('are no way to run a mutation by GET', async () => {
    const query = 'mutation { rename(id: "p1", name: "Pot") { name } }';
    const extensions = persistedQuery(query);
    expect(await post(gateway, { query, extensions })).toMatchObject({ data: { rename: { name: 'Pot' } } });
    const answer = await get(gateway, `?extensions=${encodeURIComponent(JSON.stringify(extensions))}`);
    expect(answer.status).toBe(405);
    expect(answer.data).toBeUndefined();
  });

  it.each([
    ['a version that is not known', { persistedQuery: { version: 2, sha256Hash: 'a' } }],
    ['a hash that is no string', { persistedQuery: { version: 1, sha256Hash: 7 } }],
  ])('are refused for %s', async (_, extensions) => {
    const answer = await post(gateway, { extensions });
    expect(answer.status).toBe(400);
    expect(code(answer)).toBe('BAD_REQUEST');
  });

  it('are registered for all workers by one', async () => {
    await using workers = await startTestGateway({
      subgraphs: shop,
      yaml: 'persisted_operations: { automatic: true }',
      workers: 2,
    });
    const query = 'query Shared { products { id } }';
    const extensions = persistedQuery(query);
    expect(await post(workers, { query, extensions })).toMatchObject({ status: 200 });
    // Each on a connection of its own: the workers take turns.
    const headers = { connection: 'close' };
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(workers, { extensions }, headers)));
    expect(answers.map(code)).toEqual(Array.from({ length: 12 }, () => undefined));
  });

  it.each([true, false])('are what Apollo Client sends (GET for hashes: %s)', async (useGETForHashedQueries) => {
    const { ApolloClient, gql, HttpLink, InMemoryCache } = await import('@apollo/client');
    const { PersistedQueryLink } = await import('@apollo/client/link/persisted-queries');
    const sent: string[] = [];
    const http = new HttpLink({
      uri: gateway.url,
      fetch: (url, init) => {
        sent.push(
          `${init?.method} ${String(url).includes('?') || !String(init?.body).includes('"query"') ? 'hash' : 'whole'}`,
        );
        return fetch(url, init);
      },
    });
    const link = new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(http);
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const query = gql`query Fresh${String(useGETForHashedQueries)} { product(id: "p3") { name } }`;
    for (let again = 0; again < 2; again++) {
      const { data } = await client.query({ query, fetchPolicy: 'no-cache' });
      expect(data).toMatchObject({ product: { name: 'Radio' } });
    }
    const byHash = useGETForHashedQueries ? 'GET hash' : 'POST hash';
    expect(sent).toEqual([byHash, 'POST whole', byHash]);
  });
});

describe('trusted documents', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-documents-'));
    await mkdir(join(folder, 'pages/checkout'), { recursive: true });
    await writeFile(join(folder, 'pages/checkout/cart.graphql'), 'query Cart { products { ...Card } }\n');
    await writeFile(join(folder, 'pages/card.graphql'), 'fragment Card on Product { id ...Price }');
    await writeFile(join(folder, 'pages/price.graphql'), 'fragment Price on Product { price }');
    await writeFile(join(folder, 'relay.json'), JSON.stringify({ r1: 'query Names { products { name } }' }));
    const operations = [
      { id: 'a1', body: 'query One { product(id: "p1") { name } }', name: 'One', type: 'query' },
      { id: 'w1', body: '{ product(id: "p2") { name } }', name: 'Two', type: 'query', clientName: 'web' },
      { id: 'w1', body: '{ product(id: "p3") { name } }', name: 'Two', type: 'query', clientName: 'ios' },
    ];
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations };
    await writeFile(join(folder, 'apollo.json'), JSON.stringify(manifest));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const sources = () => `[${['pages', 'relay.json', 'apollo.json'].map((name) => join(folder, name)).join(', ')}]`;

  it('are planned before anybody sends them, at the start and at a swap', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `persisted_operations: { documents: ${sources()} }`,
      workers: 1,
    });
    const plans = () => gateway.gateway.generations.current?.engine.planCount();
    expect(plans()).toBe(3);
    const before = gateway.gateway.generations.current?.id;
    await writeFile(join(gateway.folder, 'products.graphql'), `${shop.products.sdl} type Unused { id: ID }`);
    await gateway.gateway.reload();
    expect(gateway.gateway.generations.current?.id).not.toBe(before);
    expect(plans()).toBe(3);
  });

  it('are found by id, in a body, in a query and in a path, from a folder and from manifests', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `persisted_operations: { documents: ${sources()} }`,
    });
    const cart = { data: { products: [{ id: 'p1', price: 100 }, { id: 'p2' }, { id: 'p3' }] } };
    expect(await post(gateway, { documentId: 'checkout/cart' })).toMatchObject(cart);
    expect(await get(gateway, '/documents/checkout/cart')).toMatchObject(cart);
    expect(await post(gateway, { doc_id: 'r1' })).toMatchObject({ data: { products: [{ name: 'Kettle' }, {}, {}] } });
    expect(await get(gateway, '?documentId=a1')).toEqual({ status: 200, data: { product: { name: 'Kettle' } } });
    const named = { extensions: { persistedQuery: { version: 1, sha256Hash: 'a1' } } };
    expect(await post(gateway, named)).toMatchObject({ data: { product: { name: 'Kettle' } } });

    const missing = await post(gateway, { documentId: 'none' });
    expect([missing.status, code(missing)]).toEqual([404, 'PERSISTED_QUERY_NOT_IN_LIST']);
    for (const id of ['../../etc/passwd', 'x'.repeat(500_000), '__proto__'])
      expect(code(await post(gateway, { documentId: id }))).toBe('PERSISTED_QUERY_NOT_IN_LIST');
    expect(code(await get(gateway, '/documents/..%2f..%2fetc%2fpasswd'))).toBe('PERSISTED_QUERY_NOT_IN_LIST');
    const both = await post(gateway, { documentId: 'a1', query: '{ products { id } }' });
    expect([both.status, code(both)]).toEqual([400, 'CANNOT_SEND_PQ_ID_AND_BODY']);
    expect(code(await post(gateway, { documentId: 'a1', doc_id: 'r1' }))).toBe('BAD_REQUEST');
    expect(await gateway.query('{ products { id } }')).toMatchObject({ status: 200 });
  });

  it('of a client are for that client alone', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `persisted_operations: { documents: ${sources()}, safelist: documents }`,
    });
    const as = (client: string) => post(gateway, { documentId: 'w1' }, { 'apollographql-client-name': client });
    expect(await as('web')).toMatchObject({ data: { product: { name: 'Lamp' } } });
    expect(await as('ios')).toMatchObject({ data: { product: { name: 'Radio' } } });
    expect(code(await as('tv'))).toBe('PERSISTED_QUERY_NOT_IN_LIST');
    const query = '{ product(id: "p2") { name } }';
    expect(await post(gateway, { query }, { 'apollographql-client-name': 'web' })).toMatchObject({ status: 200 });
    expect(code(await post(gateway, { query }))).toBe('QUERY_NOT_IN_SAFELIST');
  });

  it('are all that is served with safelist: documents, however they are laid out', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `persisted_operations: { documents: ${sources()}, safelist: documents }`,
    });
    expect(await gateway.query('query Names { products { name } }')).toMatchObject({ status: 200 });
    expect(await gateway.query('# of the shop\nquery   Names {\n  products { name, } }')).toMatchObject({
      status: 200,
    });
    const refused = await gateway.query('query Names { products { id } }');
    expect([refused.status, code(refused)]).toEqual([403, 'QUERY_NOT_IN_SAFELIST']);
    expect(code(await gateway.query('{ __schema { types { name } } }'))).toBe('QUERY_NOT_IN_SAFELIST');
    expect(code(await gateway.query('query Names { products { name }'))).toBe('QUERY_NOT_IN_SAFELIST');
    // What was admitted once is no way in for others.
    expect(code(await gateway.query('query Names { products { id } }'))).toBe('QUERY_NOT_IN_SAFELIST');

    // The landing page asks which documents in its tabs are served.
    const { origin } = new URL(gateway.url);
    expect(await (await fetch(origin)).text()).toContain('"trustedPath":"/landing/trusted"');
    const asked = async (body: string) => {
      const response = await fetch(`${origin}/landing/trusted`, { method: 'POST', headers: json, body });
      return [response.status, await response.json()];
    };
    const documents = [
      '# Names\nquery Names { products { name } }',
      'query Names { products { id } }',
      'no GraphQL {',
      '',
    ];
    expect(await asked(JSON.stringify({ documents }))).toEqual([200, { trusted: [true, false, false, false] }]);
    for (const body of ['', '{"documents":[1]}', JSON.stringify({ documents: new Array(101).fill('') })])
      expect((await asked(body))[0]).toBe(400);
  });

  it('are served by id alone with safelist: ids', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `persisted_operations: { documents: ${sources()}, safelist: ids }`,
    });
    expect(await post(gateway, { documentId: 'a1' })).toMatchObject({ status: 200 });
    const refused = await gateway.query('query Names { products { name } }');
    expect([refused.status, code(refused)]).toEqual([400, 'PERSISTED_QUERY_ID_REQUIRED']);
  });

  it('are measured with safelist: measure: others are served, with a line in the log', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `persisted_operations: { documents: ${sources()}, safelist: measure }`,
    });
    await gateway.query('query Names { products { name } }');
    const noted = () => gateway.log.filter(({ msg }) => String(msg).startsWith('a document is not trusted'));
    expect(noted()).toEqual([]);
    const headers = { 'apollographql-client-name': 'old-app' };
    expect(await gateway.query('{ products { id } }', {}, headers)).toMatchObject({ status: 200 });
    await vi.waitFor(() => expect(noted()).toMatchObject([{ client: 'old-app', requestId: expect.any(String) }]));
  });

  it('are replaced while the gateway runs; what is wrong leaves them as they are', async () => {
    const own = join(folder, 'own.json');
    const save = async (text: string): Promise<void> => {
      await writeFile(`${own}.new`, text);
      await rename(`${own}.new`, own);
    };
    await save(JSON.stringify({ one: '{ product(id: "p1") { name } }' }));
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: `persisted_operations: { documents: [${own}], poll: 20ms }`,
    });
    const one = { data: { product: { name: 'Kettle' } } };
    expect(await post(gateway, { documentId: 'one' })).toMatchObject(one);
    await save('{ "one": 7 }');
    const refused = () => gateway.log.filter(({ msg }) => String(msg).includes('were not replaced'));
    await vi.waitFor(() => expect(refused().length).toBeGreaterThan(0));
    expect(String(refused()[0]?.reason)).toContain('own.json: "one" needs a document');
    expect(await post(gateway, { documentId: 'one' })).toMatchObject(one);
    await save(JSON.stringify({ two: '{ product(id: "p2") { name } }' }));
    await vi.waitFor(async () => expect(await post(gateway, { documentId: 'two' })).toMatchObject({ status: 200 }));
    expect(code(await post(gateway, { documentId: 'one' }))).toBe('PERSISTED_QUERY_NOT_IN_LIST');
  });

  it('of an address that does not answer are those that it gave last', async () => {
    let up = true;
    const cdn = createServer((_, response) => {
      if (up) response.end(JSON.stringify({ one: '{ product(id: "p1") { name } }' }));
      else response.writeHead(503).end();
    });
    await new Promise<void>((resolve) => void cdn.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(cdn.address() as AddressInfo).port}/manifest.json`;
    const yaml = `persisted_operations: { documents: ["${url}"] }`;
    try {
      await using gateway = await startTestGateway({ subgraphs: shop, yaml });
      up = false;
      const { createGateway } = await import('../../../src/index.ts');
      const again = await createGateway({ configFile: join(gateway.folder, 'supergraph.yaml'), watch: false });
      const body = JSON.stringify({ documentId: 'one' });
      const response = await again.fetch(
        new Request('http://gateway/graphql', { method: 'POST', headers: json, body }),
      );
      expect(await response.json()).toEqual({ data: { product: { name: 'Kettle' } } });
      await again.close();
      await expect(startTestGateway({ subgraphs: shop, yaml })).rejects.toThrow(/documents\[0\].*the answer was 503/s);
    } finally {
      cdn.close();
    }
  });

  it.each([
    ['{ "a": 1 }', /documents\[0\].*"a" needs a document/s],
    ['[]', /the manifest is not an object/],
    ['{', /the manifest is not JSON/],
    ['{ "format": "other", "version": 1, "operations": [] }', /the format "other", version 1 is not supported/],
    [
      '{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{ "id": "a" }] }',
      /operations\[0\] needs an id and a body/,
    ],
  ])('end the start where a manifest is wrong: %s', async (text, message) => {
    const file = join(folder, 'wrong.json');
    await writeFile(file, text);
    const yaml = `persisted_operations: { documents: [${file}] }`;
    await expect(startTestGateway({ subgraphs: shop, yaml })).rejects.toThrow(message);
  });

  it('end the start where a file of a folder is no GraphQL, or there is nothing', async () => {
    const broken = join(folder, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'a.graphql'), 'query {\n  products { }\n}');
    const start = (source: string) =>
      startTestGateway({ subgraphs: shop, yaml: `persisted_operations: { documents: [${source}] }` });
    await expect(start(broken)).rejects.toThrow(/a\.graphql:2:14: Syntax Error/);
    await expect(start(join(folder, 'nothing'))).rejects.toThrow(/the documents cannot be read/);
  });

  it.each([
    ['{ safelist: ids }', /there are no trusted documents/],
    ['{ documents: [a.json], safelist: ids, automatic: true }', /any document could be registered/],
  ])('are configured without contradiction: %s', async (value, message) => {
    await expect(startTestGateway({ subgraphs: shop, yaml: `persisted_operations: ${value}` })).rejects.toThrow(
      message,
    );
  });
});

it('a document that is named is refused where no documents are persisted', async () => {
  await using gateway = await startTestGateway({ subgraphs: shop });
  expect(code(await post(gateway, { documentId: 'a' }))).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
  expect(code(await get(gateway, '/documents/a'))).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
  expect(code(await post(gateway, { extensions: persistedQuery('{ products { id } }') }))).toBe(
    'PERSISTED_QUERY_NOT_SUPPORTED',
  );
});
