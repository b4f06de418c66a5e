/** What clients are told of what they use that is deprecated. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])';
const subgraphs = {
  products: {
    sdl: `${federation}
      type Query {
        products(filter: Filter, first: Int @deprecated(reason: "Unread. (sunset: 2028-01-01)")): [Product!]
        kind(of: Kind): String
      }
      input Filter { kind: Kind, old: String @deprecated(reason: "Gone. (sunset: 2027-06-01)") }
      enum Kind { BOOK TOY @deprecated(reason: "No toys. (since: 2026-11-30, sunset: 2027-03-01)") }
      type Product @key(fields: "id") {
        id: ID!
        name: String! @deprecated(reason: "Use title. (since: 2026-10-01, sunset: 2027-05-01)") @shareable
        plain: String @deprecated
      }`,
    resolvers: { Query: { products: () => [{ id: 'p1', name: 'Kettle' }], kind: () => 'a kind' } },
  },
  stock: {
    sdl: `${federation} type Product @key(fields: "id") { id: ID!  name: String! @shareable  stock: Int }`,
    resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'Kettle', stock: 1 }) } },
  },
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs,
    yaml: 'cache: { response: { enabled: true, default_max_age: 60s } }\nlimits: { batch: 5 }',
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function headersOf(query: string, variables = {}, headers = {}) {
  const answer = await gateway.query(query, variables, headers);
  expect(answer.errors).toBeUndefined();
  return [answer.headers?.get('deprecation') ?? null, answer.headers?.get('sunset') ?? null];
}

const march = 'Mon, 01 Mar 2027 00:00:00 GMT';
const may = 'Sat, 01 May 2027 00:00:00 GMT';
const epochOf = (day: string) => `@${Date.parse(day) / 1_000}`;

describe('answers to operations that use what is deprecated', () => {
  it.each([
    ['a field, of whichever subgraph', '{ products { name } }', {}, [epochOf('2026-10-01'), may]],
    ['one whose end is not known', '{ products { plain } }', {}, ['@0', null]],
    ['an argument', '{ products(first: 3) { id } }', {}, ['@0', 'Sat, 01 Jan 2028 00:00:00 GMT']],
    ['an enum value', '{ kind(of: TOY) }', {}, [epochOf('2026-11-30'), march]],
    ['an enum value in a variable', 'query($k: Kind) { kind(of: $k) }', { k: 'TOY' }, [epochOf('2026-11-30'), march]],
    [
      'an input field in a variable',
      'query($f: Filter) { products(filter: $f) { id } }',
      { f: { old: 'x' } },
      ['@0', 'Tue, 01 Jun 2027 00:00:00 GMT'],
    ],
    [
      'several: the earliest',
      'query($f: Filter) { products(filter: $f) { name plain } }',
      { f: { kind: 'TOY' } },
      [epochOf('2026-10-01'), march],
    ],
    ['none', 'query($f: Filter) { products(filter: $f) { id } }', { f: { kind: 'BOOK' } }, [null, null]],
  ])('say so by headers: %s', async (_, query, variables, expected) => {
    // Validated anew, from the cache, and by its bytes.
    for (let count = 0; count < 4; count++) expect(await headersOf(query, variables)).toEqual(expected);
    const all = await Promise.all([1, 2, 3].map(() => headersOf(`${query} # shared`, variables)));
    expect(all).toEqual([expected, expected, expected]);
  });

  it('in a batch say what is earliest of its operations, each listing its own', async () => {
    const batch = async (...queries: readonly string[]) => {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'isthmus-explain': 'deprecations' },
        body: JSON.stringify(queries.map((query) => ({ query }))),
      });
      const answers = (await response.json()) as readonly {
        readonly extensions: { readonly deprecations: readonly { readonly coordinate: string }[] };
      }[];
      return {
        headers: [response.headers.get('deprecation'), response.headers.get('sunset')],
        coordinates: answers.map(({ extensions }) => extensions.deprecations.map(({ coordinate }) => coordinate)),
      };
    };
    expect(await batch('{ kind(of: TOY) }', '{ products { name } }', '{ products { plain } }')).toEqual({
      headers: [epochOf('2026-10-01'), march],
      coordinates: [['Kind.TOY'], ['Product.name'], ['Product.plain']],
    });
    expect((await batch('{ products { plain } }', '{ products { id } }')).headers).toEqual(['@0', null]);
    expect((await batch('{ products { id } }')).headers).toEqual([null, null]);
  });

  it('list it where the client asks for that, and are the same bytes where it does not', async () => {
    const query = 'query($f: Filter) { products(filter: $f) { plain name } }';
    const variables = { f: { kind: 'TOY' } };
    const explained = await gateway.query(query, variables, { 'isthmus-explain': 'deprecations' });
    expect(explained.extensions.deprecations).toEqual([
      {
        coordinate: 'Kind.TOY',
        reason: 'No toys. (since: 2026-11-30, sunset: 2027-03-01)',
        since: '2026-11-30',
        sunset: '2027-03-01',
      },
      {
        coordinate: 'Product.name',
        reason: 'Use title. (since: 2026-10-01, sunset: 2027-05-01)',
        since: '2026-10-01',
        sunset: '2027-05-01',
      },
      { coordinate: 'Product.plain', reason: 'No longer supported' },
    ]);
    const { extensions, data } = await gateway.query(query, variables);
    expect([extensions, data]).toEqual([undefined, explained.data]);
    expect(
      (await gateway.query('{ kind }', {}, { 'isthmus-explain': 'deprecations' })).extensions.deprecations,
    ).toEqual([]);
  });

  it('say nothing of it where the configuration does not want that', async () => {
    await using quiet = await startTestGateway({ subgraphs, yaml: 'server: { deprecation_headers: false }' });
    const { headers, data } = await quiet.query('{ kind(of: TOY) }');
    expect(data).toEqual({ kind: 'a kind' });
    expect(headers?.get('deprecation')).toBeNull();
  });
});
