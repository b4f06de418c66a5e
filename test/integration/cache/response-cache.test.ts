import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@authenticated"])';
const cacheControl = `enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION`;

let sold = 0;
const shop = {
  products: {
    sdl: `${federation} ${cacheControl}
      type Query {
        products: [Product!]
        sold: Int @cacheControl(maxAge: 30)
        me: Person @cacheControl(maxAge: 60, scope: PRIVATE)
        fails: Int @cacheControl(maxAge: 60)
        echo(text: String): String @cacheControl(maxAge: 60)
        count(n: Int, id: ID): Int @cacheControl(maxAge: 60)
        long(parts: Int!): [String!] @cacheControl(maxAge: 60)
      }
      type Mutation { sell: Int @cacheControl(maxAge: 60) }
      type Person @cacheControl(maxAge: 60) { name: String  salary: Int @authenticated }
      type Product @key(fields: "id") @cacheControl(maxAge: 120) { id: ID!  name: String }`,
    resolvers: {
      Query: {
        products: () => [{ id: 'p1', name: 'Kettle' }],
        sold: () => ++sold,
        me: () => ({ name: `reader ${++sold}`, salary: 7 }),
        fails: () => {
          throw new Error(`failed ${++sold}`);
        },
        count: () => ++sold,
        long: (_: unknown, { parts }: { parts: number }) =>
          Array.from({ length: parts }, (_part, index) => `${index} ${++sold} ${'ü'.repeat(50_000)}`),
        echo: (_: unknown, { text }: { text: string }) => `${text} ${++sold}`,
      },
      Mutation: { sell: () => ++sold },
      Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'Kettle' }) },
    },
  },
  stock: {
    sdl: `${federation}
      type Query { plain: Int }
      type Product @key(fields: "id") { id: ID!  stock: Int }`,
    resolvers: {
      Query: { plain: () => ++sold },
      Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stock: ++sold }) },
    },
  },
};

const proxy = 'access: { proxy: { from: [127.0.0.1], id: x-user, tenant: x-tenant } }';

/** The gateway that most tests share: each has operations of its own, by their names. */
let gateway: TestGateway;
/** With header rules, private answers by tenant, and a time for what says nothing. */
let ruled: TestGateway;
beforeAll(async () => {
  const shared = `cache: { response: { enabled: true }, client_directives: { ids: [director] }, explain: everyone }
persisted_operations: { automatic: true }
${proxy}`;
  gateway = await startTestGateway({ subgraphs: shop, yaml: shared });
  ruled = await startTestGateway({
    subgraphs: shop,
    yaml: `cache: { response: { enabled: true, scope_by: tenant, default_max_age: 10s, max_answer: 4mb } }
headers: { all: { request: [{ propagate: { named: x-language } }], response: [{ propagate: { named: set-cookie } }] } }
${proxy}`,
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await ruled[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

let operations = 0;
/** An operation that no other test has sent. */
const fresh = (selection: string): string => `query Fresh${++operations} ${selection}`;

async function send(
  to: TestGateway,
  query: string,
  headers: Record<string, string> = {},
  parameters: Record<string, unknown> = {},
): Promise<Answer> {
  const accept = 'application/graphql-response+json';
  const response = await fetch(to.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify({ query, ...parameters }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Whether a query is answered a second, and a third time, without a request to a subgraph: by its operation, then by its bytes. */
async function isCached(to: TestGateway, query: string, headers: Record<string, string> = {}): Promise<boolean> {
  const first = await send(to, query, headers);
  const before = requestsOf(to);
  const [second, third] = [await send(to, query, headers), await send(to, query, headers)];
  const asked = requestsOf(to) > before;
  if (!asked) expect([second.text, third.text]).toEqual([first.text, first.text]);
  return !asked;
}

function requestsOf({ subgraphs }: TestGateway): number {
  return Object.values(subgraphs).reduce((count, { requests }) => count + requests.length, 0);
}

const maxAgeOf = async (to: TestGateway, query: string): Promise<string | null> =>
  (await send(to, query)).headers.get('cache-control');

describe('the response cache', () => {
  it('answers as long as the hints of the schema allow, and tells the client', async () => {
    const query = fresh('{ sold }');
    expect(await isCached(gateway, query)).toBe(true);
    const { headers } = await send(gateway, query);
    expect(headers.get('cache-control')).toBe('max-age=30, public');
    expect(Number(headers.get('age'))).toBeLessThan(30);
    expect(headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
    expect(headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
  });

  it('caches for the shortest time of all that an answer reads', async () => {
    // A field of the root without a hint has that of its type; the shortest counts.
    expect(await maxAgeOf(gateway, fresh('{ sold products { name } }'))).toBe('max-age=30, public');
    expect(await maxAgeOf(gateway, fresh('{ products { name } }'))).toBe('max-age=120, public');
  });

  it('does not cache what nothing is said of, unless it is configured', async () => {
    for (const selection of ['{ plain }', '{ products { stock } }', '{ sold plain }']) {
      const query = fresh(selection);
      expect(await isCached(gateway, query), query).toBe(false);
      expect(await maxAgeOf(gateway, query)).toBe('no-store');
    }
    expect(await isCached(ruled, fresh('{ products { stock } }'))).toBe(true);
    expect(await maxAgeOf(ruled, fresh('{ sold plain }'))).toBe('max-age=10, private');
  });

  it('follows the subgraph’s response', async () => {
    const cases: readonly (readonly [string, Record<string, string>, string])[] = [
      ['max-age=20', {}, 'max-age=20, public'],
      ['max-age=500', {}, 'max-age=60, public'],
      ['max-age=20', { age: '5' }, 'max-age=15, public'],
      ['max-age=20, s-maxage=4', {}, 'max-age=4, public'],
      ['Private, Max-Age="20"', {}, 'max-age=20, private'],
      ['max-age=20, max-age=40', {}, 'max-age=20, public'],
      ['max-age=20, no-store', {}, 'no-store'],
      ['no-cache', {}, 'no-store'],
      ['max-age=20', { vary: 'accept, *' }, 'no-store'],
      ['max-age=20', { age: '20' }, 'no-store'],
      ['max-age=20', { age: 'old' }, 'no-store'],
      ['max-age=oops', {}, 'no-store'],
      ['max-age=-1', {}, 'no-store'],
      ['public', {}, 'no-store'],
      ['extension="a, max-age=20, b"', {}, 'no-store'],
      ['extension="a, no-store", max-age=20', {}, 'max-age=20, public'],
      ['max-age=20, extension="not closed, no-store', {}, 'max-age=20, public'],
    ];
    const { products, stock } = gateway.subgraphs;
    if (products === undefined || stock === undefined) throw new Error('the subgraphs are there');
    for (const [index, [value, more, expected]] of cases.entries()) {
      products.headers = { 'cache-control': value, ...more };
      expect(await maxAgeOf(gateway, `{ echo(text: "${index}") }`), value).toBe(expected);
    }
    products.headers = {};
    // By the response alone where the schema has no hints.
    stock.headers = { 'cache-control': 'max-age=50' };
    const query = fresh('{ products { stock } }');
    expect(await isCached(gateway, query)).toBe(true);
    expect(await maxAgeOf(gateway, query)).toBe('max-age=50, public');
    stock.headers = {};
  });

  it('keeps a private answer for its reader', async () => {
    const me = fresh('{ me { name } }');
    const ada = await send(gateway, me, { 'x-user': 'ada' });
    expect(ada.headers.get('cache-control')).toBe('max-age=60, private');
    for (let again = 0; again < 3; again++) {
      expect((await send(gateway, me, { 'x-user': 'bob' })).text).not.toBe(ada.text);
      expect((await send(gateway, me, { 'x-user': 'ada' })).text).toBe(ada.text);
    }
    // Nothing tells one anonymous caller from another.
    expect(await isCached(gateway, me)).toBe(false);
    expect((await send(gateway, me)).text).not.toBe(ada.text);
  });

  it('shares private answers within a tenant where that is configured', async () => {
    const me = fresh('{ me { name } }');
    const of = (user: string, tenant: string) => send(ruled, me, { 'x-user': user, 'x-tenant': tenant });
    const first = await of('ada', 'acme');
    for (let again = 0; again < 3; again++) {
      expect((await of('bob', 'acme')).text).toBe(first.text);
      expect((await of('eve', 'other')).text).not.toBe(first.text);
    }
  });

  it('shares public answers among callers, and none among those who may read different fields', async () => {
    const query = fresh('{ sold }');
    const first = await send(gateway, query, { 'x-user': 'ada' });
    expect((await send(gateway, query, { 'x-user': 'bob' })).text).toBe(first.text);
    const salary = fresh('{ me { name salary } }');
    for (let again = 0; again < 3; again++) {
      const allowed = await send(gateway, salary, { 'x-user': 'ada' });
      expect(allowed.text).toContain('"salary":7');
      // What depends on who asks is nothing for caches of others.
      expect(allowed.headers.get('cache-control')).toBe('max-age=60, private');
      expect((await send(gateway, salary)).text).toContain('"salary":null');
    }
  });

  it('never caches errors and mutations', async () => {
    expect(await isCached(gateway, fresh('{ fails sold }'))).toBe(false);
    expect(await isCached(gateway, 'mutation { sell }')).toBe(false);
    expect(await isCached(gateway, fresh('{ sold __schema { queryType { name } } }'))).toBe(false);
    expect(await maxAgeOf(gateway, fresh('{ fails }'))).toBe('no-store');
  });

  it('answers a dry run without data, whatever is cached', async () => {
    const query = fresh('{ sold }');
    expect(await isCached(gateway, query)).toBe(true);
    const dry = await send(gateway, query, { 'isthmus-dry-run': 'true' });
    expect(JSON.parse(dry.text)).toMatchObject({ data: null });
    expect(await isCached(gateway, query)).toBe(true);
  });

  it('keeps apart what decides an answer: variables, their types, operation, aliases, headers that subgraphs are sent', async () => {
    const texts = new Set<string>();
    const query = 'query A($text: String) { echo(text: $text) } query B { echo(text: "x") }';
    const cases: readonly (readonly [string, Record<string, string>, Record<string, unknown>])[] = [
      [query, {}, { operationName: 'A', variables: { text: 'x' } }],
      [query, {}, { operationName: 'A', variables: { text: 'y' } }],
      [query, {}, { operationName: 'A', variables: {} }],
      [query, {}, { operationName: 'A', variables: { text: null } }],
      [query, {}, { operationName: 'B' }],
      ['query ($n: Int) { count(n: $n) }', {}, { variables: { n: 1 } }],
      ['query ($n: ID) { count(id: $n) }', {}, { variables: { n: 1 } }],
      ['query ($n: ID) { count(id: $n) }', {}, { variables: { n: '1' } }],
      ['{ other: echo(text: "x") }', {}, {}],
      ['{ echo(text: "x") }', {}, {}],
      ['{ echo(text: "x") }', { 'x-language': 'de' }, {}],
      ['{ echo(text: "x") }', { 'x-language': 'fr' }, {}],
    ];
    for (let again = 0; again < 3; again++) {
      for (const [text, headers, parameters] of cases) texts.add((await send(ruled, text, headers, parameters)).text);
      expect(texts.size).toBe(cases.length);
    }
    // A header that no subgraph is sent changes nothing; a media type changes the answer’s alone.
    const ignored = await send(ruled, '{ echo(text: "x") }', { 'x-other': '1', accept: 'application/json' });
    expect(texts.has(ignored.text)).toBe(true);
    expect(ignored.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const refused = await send(ruled, '{ echo(text: "x") }', { accept: 'text/csv' });
    expect(refused.status).toBe(406);
  });

  it('caches long answers up to the bound, and sends them in pieces', async () => {
    expect(await isCached(ruled, fresh('{ long(parts: 20) }'))).toBe(true);
    const { headers } = await send(ruled, fresh('{ long(parts: 20) }'));
    expect(headers.get('content-length')).toBeNull();
    expect(await isCached(ruled, fresh('{ long(parts: 60) }'))).toBe(false);
    expect(await isCached(gateway, fresh('{ long(parts: 20) }'))).toBe(false);
  });

  it('caches no answer that sets a cookie', async () => {
    const { products } = ruled.subgraphs;
    if (products === undefined) throw new Error('the subgraph is there');
    products.headers = { 'set-cookie': 'session=1' };
    const query = fresh('{ sold }');
    expect(await isCached(ruled, query)).toBe(false);
    expect((await send(ruled, query)).headers.getSetCookie()).toEqual(['session=1']);
    products.headers = {};
  });

  it('answers 304 to a GET with the etag of the answer, and hits of documents that are named', async () => {
    const query = fresh('{ sold }');
    const headers = { 'apollo-require-preflight': 'true' };
    const hash = createHash('sha256').update(query).digest('hex');
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: hash } });
    await send(gateway, query, {}, { extensions: JSON.parse(extensions) });
    for (const url of [
      `${gateway.url}?query=${encodeURIComponent(query)}`,
      `${gateway.url}?extensions=${encodeURIComponent(extensions)}`,
    ]) {
      const first = await fetch(url, { headers });
      const [etag, text] = [first.headers.get('etag') ?? '', await first.text()];
      const before = requestsOf(gateway);
      for (let again = 0; again < 3; again++) {
        expect(await (await fetch(url, { headers })).text()).toBe(text);
        const same = await fetch(url, { headers: { ...headers, 'if-none-match': `"other", W/${etag}` } });
        expect([same.status, await same.text(), same.headers.get('etag')]).toEqual([304, '', etag]);
        const other = await fetch(url, { headers: { ...headers, 'if-none-match': '"other"' } });
        expect(other.status).toBe(200);
        // A page of another site is refused, whatever is cached.
        const foreign = await fetch(url, { headers: { 'sec-fetch-site': 'cross-site' } });
        expect(foreign.status).toBe(400);
      }
      expect(requestsOf(gateway)).toBe(before);
    }
  });

  it('runs an operation once for many callers that miss at the same time', async () => {
    const { products } = gateway.subgraphs;
    if (products === undefined) throw new Error('the subgraph is there');
    const query = fresh('{ sold }');
    const held: (() => void)[] = [];
    products.intercept = (_, response) => {
      held.push(() =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' })
          .end('{"data":{"sold":41}}'),
      );
    };
    const answers = Promise.all(
      Array.from({ length: 20 }, (_, index) => send(gateway, query, { 'x-user': `u${index}` })),
    );
    await expect.poll(() => held.length).toBeGreaterThan(0);
    for (const release of held) release();
    expect((await answers).map(({ text }) => text)).toEqual(Array.from({ length: 20 }, () => '{"data":{"sold":41}}'));
    expect(held.length).toBe(1);
    products.intercept = undefined;
  });
});

describe('a client that directs caches', () => {
  const directed = (query: string, control: string) =>
    send(gateway, query, { 'cache-control': control, 'x-user': 'director' });

  it('has an answer read anew, which others get', async () => {
    const query = fresh('{ sold }');
    const first = await send(gateway, query);
    const anew = await directed(query, 'no-cache');
    expect(anew.text).not.toBe(first.text);
    // Other workers hear of it.
    await expect.poll(async () => (await send(gateway, query)).text).toBe(anew.text);
    await expect.poll(async () => (await directed(query, 'max-age=10')).text).toBe(anew.text);
    expect((await directed(query, 'min-fresh=31')).text).not.toBe(anew.text);
  });

  it('has an answer that is not stored', async () => {
    const query = fresh('{ sold }');
    const first = await send(gateway, query);
    expect((await directed(query, 'no-store')).text).not.toBe(first.text);
    expect((await send(gateway, query)).text).toBe(first.text);
  });

  it('gets what is cached, or 504', async () => {
    const query = fresh('{ sold }');
    const before = requestsOf(gateway);
    const refused = await directed(query, 'only-if-cached');
    expect(refused.status).toBe(504);
    expect(JSON.parse(refused.text).errors[0].extensions.code).toBe('NOT_CACHED');
    expect(requestsOf(gateway)).toBe(before);
    const { text } = await send(gateway, query);
    expect((await directed(query, 'only-if-cached')).text).toBe(text);
  });

  it('is not followed where it may not', async () => {
    const query = fresh('{ sold }');
    const { text } = await send(gateway, query);
    for (const headers of [{}, { 'x-user': 'ada' }])
      expect((await send(gateway, query, { 'cache-control': 'no-cache', ...headers })).text).toBe(text);
  });
});

describe('a client that has written', () => {
  it('gets nothing that was read before, and others are not affected', async () => {
    const query = fresh('{ sold }');
    const before = await send(gateway, query);
    const token = (await send(gateway, 'mutation { sell }')).headers.get('isthmus-write-token') ?? '';
    expect(token).not.toBe('');
    expect((await send(gateway, query)).text).toBe(before.text);
    const after = await send(gateway, query, { 'isthmus-write-token': token });
    expect(after.text).not.toBe(before.text);
    // Read since: good for everyone.
    const requests = requestsOf(gateway);
    expect((await send(gateway, query, { 'isthmus-write-token': token })).text).toBe(after.text);
    await expect.poll(async () => (await send(gateway, query)).text).toBe(after.text);
    expect(requestsOf(gateway)).toBe(requests);
  });

  it('has no effect with a token that no gateway gave', async () => {
    const query = fresh('{ sold }');
    const { text } = await send(gateway, query);
    const forged = `${'A'.repeat(22)}.${Date.now().toString(36)}.${'B'.repeat(22)}`;
    for (const token of [forged, 'x', ''])
      expect((await send(gateway, query, { 'isthmus-write-token': token })).text).toBe(text);
  });
});

describe('isthmus-explain: cache', () => {
  const explain = async (query: string, headers: Record<string, string> = {}) => {
    const { text } = await send(gateway, query, { 'isthmus-explain': 'cache', ...headers });
    return JSON.parse(text).extensions.cache.response;
  };

  it('says what the cache did, and uses it', async () => {
    const query = fresh('{ sold }');
    expect(await explain(query)).toMatchObject({ status: 'miss', stored: true, maxAgeSeconds: 30, scope: 'public' });
    const requests = requestsOf(gateway);
    expect(await explain(query)).toMatchObject({ status: 'hit', ageSeconds: 0, maxAgeSeconds: 30 });
    expect(requestsOf(gateway)).toBe(requests);
    expect((await send(gateway, query)).text).not.toContain('extensions');
  });

  it.each([
    ['{ plain }', 'no_max_age'],
    ['{ fails }', 'error'],
    ['{ me { name } }', 'private_without_reader'],
    ['{ __schema { queryType { name } } }', 'introspection'],
  ])('says why %s is not cached: %s', async (selection, reason) => {
    expect(await explain(fresh(selection))).toMatchObject({ reason });
  });

  it('says that a mutation is none of its', async () => {
    expect(await explain('mutation { sell }')).toEqual({ status: 'bypass', reason: 'mutation' });
  });
});

describe('the response cache of workers', () => {
  it('is shared, and one of all asks a subgraph', async () => {
    await using both = await startTestGateway({
      subgraphs: shop,
      yaml: 'cache: { response: { enabled: true } }',
      workers: 2,
    });
    const query = fresh('{ sold }');
    const answers = await Promise.all(Array.from({ length: 40 }, () => send(both, query, { connection: 'close' })));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(requestsOf(both)).toBe(1);
  });
});
