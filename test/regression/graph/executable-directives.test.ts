/** A client's own directives reach the subgraphs that carry them out, or are refused by name: they are never lost. */

import type { GraphQLResolveInfo } from 'graphql';
import { getDirectiveValues } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const directives = `
directive @upper(suffix: String, times: Int = 1) repeatable on FIELD | QUERY | MUTATION | FRAGMENT_SPREAD | INLINE_FRAGMENT | FRAGMENT_DEFINITION | VARIABLE_DEFINITION
`;
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])';
const products = `${link}${directives}directive @mine on FIELD
type Query { product(id: ID = "1"): Product title(of: String): String }
type Mutation { rename(to: String): String }
type Product @key(fields: "id") { id: ID! name: String }
`;
const reviews = `${link}${directives}
type Product @key(fields: "id") { id: ID! praise: String blame: String }
`;

/** The value in capitals, with what the directive adds, as a subgraph would carry it out. */
function carriedOut(value: string) {
  return (_parent: unknown, _args: unknown, _context: unknown, info: GraphQLResolveInfo): string => {
    const upper = info.schema.getDirective('upper');
    const [node] = info.fieldNodes;
    if (upper == null || node === undefined) throw new Error('it is defined');
    const own = getDirectiveValues(upper, node, info.variableValues);
    const whole = getDirectiveValues(upper, info.operation, info.variableValues);
    const found = own ?? whole;
    return found === undefined ? value : `${value.toUpperCase()}${found.suffix ?? ''}`;
  };
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: {
      products: {
        sdl: products,
        resolvers: {
          Query: { product: (_: unknown, { id }: { id: string }) => ({ id }), title: carriedOut('title') },
          Mutation: { rename: carriedOut('renamed') },
          Product: { name: carriedOut('kettle') },
        },
      },
      reviews: {
        sdl: reviews,
        resolvers: {
          Product: { __resolveReference: (one: object) => one, praise: carriedOut('good'), blame: carriedOut('bad') },
        },
      },
    },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  for (const { requests } of Object.values(gateway.subgraphs)) requests.length = 0;
});

describe('a directive of every subgraph', () => {
  it.each([
    ['{ title @upper }', { title: 'TITLE' }],
    ['{ title @upper plain: title }', { title: 'TITLE', plain: 'title' }],
    [
      '{ a: title @upper(suffix: "!") b: title @upper(suffix: "?") c: title }',
      { a: 'TITLE!', b: 'TITLE?', c: 'title' },
    ],
    ['{ product { name @upper praise @upper(suffix: "!") } }', { product: { name: 'KETTLE', praise: 'GOOD!' } }],
    [
      '{ product { praise plain: praise @include(if: true) loud: praise @upper @skip(if: false) blame } }',
      { product: { praise: 'good', plain: 'good', loud: 'GOOD', blame: 'bad' } },
    ],
    [
      '{ product { ...F id @upper } } fragment F on Product { praise @upper }',
      { product: { praise: 'GOOD', id: '1' } },
    ],
    ['{ product(id: "2") @upper { name } }', { product: { name: 'kettle' } }],
    ['{ title @upper @upper(suffix: "x") }', { title: 'TITLE' }],
    ['query @upper { title product { name praise } }', { title: 'TITLE', product: { name: 'KETTLE', praise: 'GOOD' } }],
    ['mutation { rename(to: "a") @upper }', { rename: 'RENAMED' }],
    ['mutation @upper { a: rename b: rename }', { a: 'RENAMED', b: 'RENAMED' }],
  ])('is carried out: %s', async (query, data) => {
    expect(await gateway.query(query)).toMatchObject({ data });
    expect((await gateway.query(query)).errors).toBeUndefined();
  });

  it('brings the variables it uses', async () => {
    const query = 'query ($s: String = "~") { product { name @upper(suffix: $s) praise @upper(suffix: $s) } }';
    expect((await gateway.query(query, { s: '!' })).data).toEqual({ product: { name: 'KETTLE!', praise: 'GOOD!' } });
    expect((await gateway.query(query)).data).toEqual({ product: { name: 'KETTLE~', praise: 'GOOD~' } });
    const whole = 'query ($s: String!) @upper(suffix: $s) { title product { praise } }';
    expect((await gateway.query(whole, { s: '!' })).data).toEqual({ title: 'TITLE!', product: { praise: 'GOOD!' } });
  });

  it('is never shared with an operation that differs by it', async () => {
    const queries = [
      '{ title }',
      '{ title @upper }',
      '{ title @upper(suffix: "1") }',
      '{ title @upper(suffix: "2") }',
      'query @upper { title }',
    ];
    const answers = await Promise.all([...queries, ...queries].map((query) => gateway.query(query)));
    const expected = ['title', 'TITLE', 'TITLE1', 'TITLE2', 'TITLE'];
    expect(answers.map(({ data }) => data.title)).toEqual([...expected, ...expected]);
  });

  it.each([
    '{ product { ... @upper { name } } }',
    '{ product { ...F @upper } } fragment F on Product { name }',
    '{ product { ...F } } fragment F on Product @upper { name }',
    '{ product { __typename @upper } }',
    '{ __typename @upper title }',
    '{ __type(name: "Product") @upper { name } title }',
    'query ($s: String @upper) { title(of: $s) }',
  ])('is refused if it would be dropped: %s', async (query) => {
    const { data, errors } = await gateway.query(query);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      { message: expect.stringContaining('@upper'), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
    expect(Object.values(gateway.subgraphs).flatMap(({ requests }) => requests)).toEqual([]);
  });
});

it('a directive of one subgraph only is unknown to clients', async () => {
  const { errors } = await gateway.query('{ title @mine }');
  expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
});
