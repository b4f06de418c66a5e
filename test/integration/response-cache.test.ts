import { describe, expect, it, vi } from 'vitest';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

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
const on = 'cache: { response: { enabled: true } }';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function send(
  gateway: TestGateway,
  query: string,
  headers: Record<string, string> = {},
  parameters: Record<string, unknown> = {},
): Promise<Answer> {
  const accept = 'application/graphql-response+json';
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify({ query, ...parameters }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const start = (yaml = on): Promise<TestGateway> => startTestGateway({ subgraphs: shop, yaml });

/** Whether a query is answered a second time without a request to a subgraph. */
async function isCached(gateway: TestGateway, query: string, headers: Record<string, string> = {}): Promise<boolean> {
  const first = await send(gateway, query, headers);
  const before = requestsOf(gateway);
  const second = await send(gateway, query, headers);
  const asked = requestsOf(gateway) > before;
  if (!asked) expect(second.text).toBe(first.text);
  return !asked;
}

function requestsOf({ subgraphs }: TestGateway): number {
  return Object.values(subgraphs).reduce((count, { requests }) => count + requests.length, 0);
}

describe('the response cache', () => {
  it('is off unless it is switched on', async () => {
    await using gateway = await start('');
    expect(await isCached(gateway, '{ sold }')).toBe(false);
    expect((await send(gateway, '{ sold }')).headers.get('cache-control')).toBeNull();
  });

  it('answers as long as the hints of the schema allow, and tells the client', async () => {
    await using gateway = await start();
    expect(await isCached(gateway, '{ sold }')).toBe(true);
    const { headers } = await send(gateway, '{ sold }');
    expect(headers.get('cache-control')).toBe('max-age=30, public');
    expect(headers.get('age')).toBe('0');
    expect(headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
  });

  it('caches for the shortest time of all that an answer reads', async () => {
    await using gateway = await start();
    const both = '{ sold products { name } }';
    // A field of the root without a hint has that of its type; the shortest counts.
    expect(await isCached(gateway, both)).toBe(true);
    expect((await send(gateway, both)).headers.get('cache-control')).toBe('max-age=30, public');
    expect((await send(gateway, '{ products { name } }')).headers.get('cache-control')).toBe('max-age=120, public');
  });

  it('does not cache what nothing is said of, unless it is configured', async () => {
    await using gateway = await start();
    for (const query of ['{ plain }', '{ products { stock } }', '{ sold plain }']) {
      expect(await isCached(gateway, query), query).toBe(false);
      expect((await send(gateway, query)).headers.get('cache-control')).toBe('no-store');
    }
    await using generous = await start('cache: { response: { enabled: true, default_max_age: 10s } }');
    expect(await isCached(generous, '{ products { stock } }')).toBe(true);
    expect((await send(generous, '{ sold plain }')).headers.get('cache-control')).toBe('max-age=10, public');
  });

  it('follows the subgraph’s response', async () => {
    await using gateway = await start();
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
    ];
    const { products } = gateway.subgraphs;
    for (const [index, [value, more, expected]] of cases.entries()) {
      if (products !== undefined) products.headers = { 'cache-control': value, ...more };
      const { headers } = await send(gateway, `{ echo(text: "${index}") }`);
      expect(headers.get('cache-control'), value).toBe(expected);
    }
  });

  it('caches by the response alone where the schema has no hints', async () => {
    await using gateway = await start();
    const { stock } = gateway.subgraphs;
    if (stock !== undefined) stock.headers = { 'cache-control': 'max-age=50' };
    expect(await isCached(gateway, '{ products { stock } }')).toBe(true);
    expect((await send(gateway, '{ products { stock } }')).headers.get('cache-control')).toBe('max-age=50, public');
  });

  it('keeps a private answer for its reader', async () => {
    await using gateway = await start(`${on}\n${proxy}`);
    const me = '{ me { name } }';
    const ada = await send(gateway, me, { 'x-user': 'ada' });
    expect(ada.headers.get('cache-control')).toBe('max-age=60, private');
    expect((await send(gateway, me, { 'x-user': 'bob' })).text).not.toBe(ada.text);
    expect((await send(gateway, me, { 'x-user': 'ada' })).text).toBe(ada.text);
    // Nothing tells one anonymous caller from another.
    expect(await isCached(gateway, me)).toBe(false);
    expect((await send(gateway, me)).text).not.toBe(ada.text);
  });

  it('shares private answers within a tenant where that is configured', async () => {
    await using gateway = await start(`cache: { response: { enabled: true, scope_by: tenant } }\n${proxy}`);
    const of = (user: string, tenant: string) =>
      send(gateway, '{ me { name } }', { 'x-user': user, 'x-tenant': tenant });
    const first = await of('ada', 'acme');
    expect((await of('bob', 'acme')).text).toBe(first.text);
    expect((await of('eve', 'other')).text).not.toBe(first.text);
  });

  it('shares public answers among callers, and none among those who may read different fields', async () => {
    await using gateway = await start(`${on}\n${proxy}`);
    const first = await send(gateway, '{ sold }', { 'x-user': 'ada' });
    expect((await send(gateway, '{ sold }', { 'x-user': 'bob' })).text).toBe(first.text);
    const salary = '{ me { name salary } }';
    const allowed = await send(gateway, salary, { 'x-user': 'ada' });
    expect(allowed.text).toContain('"salary":7');
    // What depends on who asks is nothing for caches of others.
    expect(allowed.headers.get('cache-control')).toBe('max-age=60, private');
    expect((await send(gateway, salary)).text).toContain('"salary":null');
  });

  it('never caches errors and mutations', async () => {
    await using gateway = await start();
    expect(await isCached(gateway, '{ fails sold }')).toBe(false);
    expect(await isCached(gateway, 'mutation { sell }')).toBe(false);
    expect(await isCached(gateway, '{ sold __schema { queryType { name } } }')).toBe(false);
    expect((await send(gateway, '{ fails }')).headers.get('cache-control')).toBe('no-store');
  });

  it('answers a dry run without data, whatever is cached', async () => {
    await using gateway = await start();
    expect(await isCached(gateway, '{ sold }')).toBe(true);
    const dry = await send(gateway, '{ sold }', { 'isthmus-dry-run': 'true' });
    expect(JSON.parse(dry.text)).toMatchObject({ data: null });
    expect(await isCached(gateway, '{ sold }')).toBe(true);
  });

  it('keeps apart what decides an answer: variables, operation, aliases, headers that subgraphs are sent', async () => {
    await using gateway = await start(`${on}\nheaders: { all: { request: [{ propagate: { named: x-language } }] } }`);
    const texts = new Set<string>();
    const query = 'query A($text: String) { echo(text: $text) } query B { echo(text: "x") }';
    const cases: readonly (readonly [string, Record<string, string>, Record<string, unknown>])[] = [
      [query, {}, { operationName: 'A', variables: { text: 'x' } }],
      [query, {}, { operationName: 'A', variables: { text: 'y' } }],
      [query, {}, { operationName: 'A', variables: {} }],
      [query, {}, { operationName: 'A', variables: { text: null } }],
      [query, {}, { operationName: 'B' }],
      ['{ other: echo(text: "x") }', {}, {}],
      ['{ echo(text: "x") }', {}, {}],
      ['{ echo(text: "x") }', { 'x-language': 'de' }, {}],
      ['{ echo(text: "x") }', { 'x-language': 'fr' }, {}],
    ];
    for (const [text, headers, parameters] of cases) texts.add((await send(gateway, text, headers, parameters)).text);
    expect(texts.size).toBe(cases.length);
    for (const [text, headers, parameters] of cases) texts.add((await send(gateway, text, headers, parameters)).text);
    expect(texts.size).toBe(cases.length);
    // A header that no subgraph is sent changes nothing.
    const ignored = await send(gateway, '{ echo(text: "x") }', { 'x-other': '1' });
    expect(texts.has(ignored.text)).toBe(true);
  });

  it('answers 304 to a GET with the etag of the answer', async () => {
    await using gateway = await start();
    const url = `${gateway.url}?query=${encodeURIComponent('{ sold }')}`;
    const headers = { 'apollo-require-preflight': 'true' };
    const etag = (await fetch(url, { headers })).headers.get('etag') ?? '';
    const same = await fetch(url, { headers: { ...headers, 'if-none-match': `"other", W/${etag}` } });
    expect([same.status, await same.text(), same.headers.get('etag')]).toEqual([304, '', etag]);
    const other = await fetch(url, { headers: { ...headers, 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('runs an operation once for many callers that miss at the same time', async () => {
    await using gateway = await startTestGateway({ subgraphs: shop, yaml: `${on}\n${proxy}`, workers: 1 });
    const { products } = gateway.subgraphs;
    const held: (() => void)[] = [];
    let reached = 0;
    if (products !== undefined)
      products.intercept = (_, response) => {
        reached++;
        held.push(() =>
          response
            .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' })
            .end('{"data":{"sold":41}}'),
        );
      };
    const answers = Promise.all(
      Array.from({ length: 20 }, (_, index) => send(gateway, '{ sold }', { 'x-user': `u${index}` })),
    );
    await vi.waitFor(() => expect(held.length).toBeGreaterThan(0));
    await vi.waitFor(() => expect(gateway.gateway.generations.current).toBeDefined());
    for (const release of held) release();
    expect((await answers).map(({ text }) => text)).toEqual(Array.from({ length: 20 }, () => '{"data":{"sold":41}}'));
    expect(reached).toBe(1);
  });

  it('is shared by workers', async () => {
    await using gateway = await startTestGateway({ subgraphs: shop, yaml: on, workers: 2 });
    const first = await send(gateway, '{ sold }');
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => send(gateway, '{ sold }', { connection: 'close' })),
    );
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([first.text]));
  });
});
