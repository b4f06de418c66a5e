/**
 * Documents that are made to cost much, against a gateway with the limits that are proposed for everyone: each is refused
 * with a status and codes of the error table, before anything of it is fetched. Numbers are of the list of attacks.
 */
import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorTable, isErrorCode } from '../../../src/errors/index.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';
import { waysIn } from '../../testkit/ways-in.ts';

const limitsLink = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cost", "@listSize"])
  @link(url: "https://isthmus.dev/limits/v1.0", import: ["@rateLimit"])
directive @rateLimit(max: Int!, window: String!, identityArgs: [String!]! = []) repeatable on FIELD_DEFINITION`;

const node = { __typename: 'Node', id: '1', name: 'n' };
const subgraphs = {
  posts: {
    sdl: `${limitsLink}
      input Page { first: Int }
      type Query {
        node: Node
        posts(first: Int = 5, page: Page): [Post!]!
          @listSize(slicingArguments: ["first", "page.first"], requireOneSlicingArgument: false)
        cheap: Int @cost(weight: -50)
        user(id: ID!): Node @rateLimit(max: 5, window: "1h")
      }
      type Mutation { login(email: String!, otp: String!): Boolean @rateLimit(max: 3, window: "1h", identityArgs: ["email"]) }
      type Node { id: ID  name: String  node: Node  secrets: Node }
      type Post {
        id: ID
        comments(first: Int = 5): [Comment!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
      }
      type Comment { id: ID  replies(first: Int = 5): [Comment!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) }`,
    resolvers: {
      Query: { node: () => node, posts: () => [], cheap: () => 1, user: () => node },
      Mutation: { login: () => false },
      Node: { node: () => node, secrets: () => node },
    },
  },
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs,
    workers: 1,
    yaml: `server: { introspection: false }
limits:
  tokens: 2000
  depth: 12
  aliases: 30
  directives: 50
  root_fields: 30
  selections: 10000
  cost: { max: 5000 }
  batch: 10
`,
  });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());

const fetched = (): number => gateway.subgraphs.posts?.requests.length ?? 0;
const codesOf = ({ errors = [] }: TestAnswer) => [...new Set(errors.map(({ extensions }) => extensions.code))];

/** @returns the codes, of an answer that is a coded refusal and reached nothing */
async function refused(
  query: string,
  send: (typeof waysIn)[number][1] = (to, text) => to.query(text),
): Promise<readonly unknown[]> {
  const before = fetched();
  const answer = await send(gateway, query);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.data ?? null).toBeNull();
  const codes = codesOf(answer);
  for (const code of codes) expect(isErrorCode(code) && errorTable[code].status).toBeLessThan(500);
  expect(JSON.stringify(answer)).not.toMatch(/at .*\.ts:|Did you mean|127\.0\.0\.1/);
  expect(fetched()).toBe(before);
  return codes;
}

const nested = (levels: number, open = 'node {', close = '}') =>
  `{ ${`${open} `.repeat(levels)}id${` ${close}`.repeat(levels)} }`;
const many = (count: number, of: (index: number) => string, separator = ' ') =>
  Array.from({ length: count }, (_, index) => of(index)).join(separator);

describe.each(waysIn)('D1 to D4 through %s', (_way, send) => {
  const codes = (query: string) => refused(query, send);

  it('D1: a document that is too deep, also through inline fragments', async () => {
    expect((await send(gateway, nested(10))).errors).toBeUndefined();
    expect(await codes(nested(500, 'node{'))).toEqual(['MAX_DEPTH_LIMIT']);
    expect(await codes(`{ node ${nested(100, '... { node {', '} }')} }`)).toEqual(['MAX_DEPTH_LIMIT']);
  });

  it('D2: floods of aliases, in fragments as well', async () => {
    expect(await codes(`{ ${many(101, (index) => `a${index}: __typename`)} }`)).toContain('MAX_ALIASES_LIMIT');
    const spread = `{ node { ${many(50, (index) => `...F${index}`)} } } ${many(50, (index) => `fragment F${index} on Node { a${index}: id }`)}`;
    expect(await codes(spread)).toEqual(['MAX_ALIASES_LIMIT']);
  });

  it('D3: depth that hides in fragments, and behind names of introspection', async () => {
    const deep = (name: string) => `fragment ${name} on Query ${nested(40)}`;
    expect(await codes(`{ ...Deep } ${deep('Deep')}`)).toEqual(['MAX_DEPTH_LIMIT']);
    const twice = `{ node { ...F  ${'node { '.repeat(9)} ...F ${'} '.repeat(9)} } } fragment F on Node { node { node { node { id } } } }`;
    expect(await codes(twice)).toEqual(['MAX_DEPTH_LIMIT']);
    expect(await codes(`query __schema { ...__schema } ${deep('__schema')}`)).toEqual(['MAX_DEPTH_LIMIT']);
    expect(await codes(nested(40, '__schema: node {'))).toContain('MAX_DEPTH_LIMIT');
  });

  it('D4: fragments that double, go in circles, or are many and legal', async () => {
    const doubling = many(30, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`);
    const text = `{ ...F0 } ${doubling} fragment F30 on Query { __typename }`;
    expect(await codes(text)).toContain('MAX_SELECTIONS_LIMIT');
    expect(await codes('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    const chain = many(200, (index) => `fragment F${index} on Query { ...F${index + 1} }`);
    const legal = await send(gateway, `{ ...F0 } ${chain} fragment F200 on Query { node { id } }`);
    expect(legal).toMatchObject({ status: 200, data: { node: { id: '1' } } });
  });
});

it('D1: fifty thousand levels, and fifty thousand inline fragments', async () => {
  expect(await refused(nested(50_000))).toContain('MAX_TOKENS_LIMIT');
  expect(await refused(nested(50_000, '... {'))).toContain('MAX_TOKENS_LIMIT');
});

it('D2: a thousand aliases of a field', async () => {
  expect(await refused(`{ ${many(1_000, (index) => `a${index}: node { id }`)} }`)).toContain('MAX_TOKENS_LIMIT');
});

it('D3: limits are the same for a persisted operation and in a batch', async () => {
  const query = nested(40);
  const headers = { 'content-type': 'application/json' };
  const send = async (body: unknown) =>
    (await fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash('sha256', query) } };
  for (let turn = 0; turn < 2; turn++) expect(codesOf(await send({ query, extensions }))).toEqual(['MAX_DEPTH_LIMIT']);
  expect(codesOf(await send({ extensions }))).not.toEqual([]);
  const batch = await send([{ query }, { query: '{ node { id } }' }]);
  expect(batch).toMatchObject([
    { errors: [{ extensions: { code: 'MAX_DEPTH_LIMIT' } }] },
    { data: { node: { id: '1' } } },
  ]);
});

it('D6: the same field ten thousand times, and nested inline fragments of 364 KB', async () => {
  expect(await refused(`{ ${'node { id } '.repeat(10_000)} }`)).toContain('MAX_TOKENS_LIMIT');
  const wide = many(200, () => `${'... on Query { '.repeat(100)} __typename ${'} '.repeat(100)}`);
  expect(await refused(`{ ${wide} }`)).toContain('MAX_TOKENS_LIMIT');
});

it('D7: floods of directives and of mistakes, of which a hundred are told at most', async () => {
  expect(await refused(`{ __typename ${'@aa '.repeat(1_000)} }`)).toContain('MAX_TOKENS_LIMIT');
  expect(await refused(`{ __typename ${'@skip(if: false) @include(if: true) '.repeat(100)} }`)).toContain(
    'MAX_DIRECTIVES_LIMIT',
  );
  expect(await refused(`{ ${many(10_000, (index) => `x${index}`)} }`)).toContain('MAX_TOKENS_LIMIT');
  const wrong = await gateway.query(`{ node { ${many(900, (index) => `x${index}`)} } }`);
  expect(wrong.status).toBe(400);
  expect(wrong.errors?.length).toBeLessThanOrEqual(101);
});

it('D8: introspection where it is off: whole, circular, in a fragment, and by its suggestions', async () => {
  const circular = '{ __schema { types { fields { type { fields { type { name } } } } } } }';
  for (const query of [
    '{ __schema { queryType { name } types { name } } }',
    circular,
    '{ ...F } fragment F on Query { __type(name: "Node") { name } }',
  ]) {
    const { errors, data } = await gateway.query(query);
    expect(data ?? null).toBeNull();
    expect(errors?.[0]?.message).toContain('Introspection is switched off');
  }
  const hint = await gateway.query('{ __schema { directive } }');
  expect(JSON.stringify(hint)).not.toMatch(/Did you mean|directives/);
});

it('D10: the price of a list is that of its size, wherever the size stands, on a hit as on a miss', async () => {
  const explained = async (query: string, variables = {}) => {
    const answer = await gateway.query(query, variables, { 'isthmus-explain': 'cost' });
    return (answer as { extensions?: { cost?: { estimated: number } } }).extensions?.cost?.estimated ?? codesOf(answer);
  };
  const literal = await explained('{ posts(first: 7) { id } }');
  expect(literal).toBeGreaterThan(6);
  for (const [query, variables] of [
    ['query ($n: Int) { posts(first: $n) { id } }', { n: 7 }],
    ['query ($n: Int = 7) { posts(first: $n) { id } }', {}],
    ['query ($n: Int = 7) { posts(first: $n) { id } }', { n: 7 }],
  ] as const)
    for (let turn = 0; turn < 2; turn++) expect(await explained(query, variables)).toBe(literal);
  // An input object is an argument of one point itself.
  expect(await explained('{ posts(page: { first: 7 }) { id } }')).toBe(Number(literal) + 1);
  expect(await explained('query ($p: Page) { posts(page: $p) { id } }', { p: { first: 7 } })).toBe(Number(literal) + 1);
  for (const size of ['-1', '-99999999'])
    expect(Number(await explained(`{ posts(first: ${size}) { id } }`))).toBeGreaterThanOrEqual(0);
  expect(Number(await explained('{ cheap }'))).toBeGreaterThanOrEqual(0);
  for (let turn = 0; turn < 2; turn++) {
    expect(await refused('{ posts(first: 99999999) { id } }')).toEqual(['COST_ESTIMATED_TOO_EXPENSIVE']);
    const deep = '{ posts(first: 100) { comments(first: 100) { replies(first: 100) { id } } } }';
    expect(await refused(deep)).toEqual(['COST_ESTIMATED_TOO_EXPENSIVE']);
  }
});

it('D11: block strings of a megabyte, a hundred thousand escapes, comments, odd characters and huge numbers', async () => {
  const texts = [
    `{ user(id: """${'x'.repeat(900_000)}""") { id nothing } }`,
    `{ user(id: "${'\\u{1F600}'.repeat(90_000)}") { id nothing } }`,
    `# ${'c'.repeat(2_000_000)}\n{ node { id } }`,
    '{ no\u0000de { id } }',
    '{ \u202enode { id } }',
    `{ posts(first: 1${'0'.repeat(309)}) { id } }`,
  ];
  for (const text of texts) expect((await refused(text)).length).toBe(1);
  expect(await gateway.query(`# ${'c'.repeat(500_000)}\n{ node { id } }`)).toMatchObject({ status: 200 });
});

it('V4: users by their numbers and codes by alias are limited by the reads of the field', async () => {
  expect(await refused(`{ ${many(1_000, (index) => `a${index}: user(id: ${index}) { id }`)} }`)).toContain(
    'MAX_TOKENS_LIMIT',
  );
  const users = await gateway.query(`{ ${many(20, (index) => `a${index}: user(id: ${index}) { id }`)} }`);
  expect(Object.values(users.data).filter((user) => user !== null)).toHaveLength(5);
  expect(codesOf(users)).toEqual(['RATE_LIMITED']);
  const before = fetched();
  const guesses = many(20, (index) => `a${index}: login(email: "ann@shop.example", otp: "${100_000 + index}")`);
  const answer = await gateway.query(`mutation { ${guesses} }`);
  expect(Object.values(answer.data).filter((guess) => guess !== null)).toHaveLength(3);
  expect(codesOf(answer)).toEqual(['RATE_LIMITED']);
  expect(fetched() - before).toBeLessThanOrEqual(3);
  expect((await gateway.query('mutation { login(email: "bob@shop.example", otp: "1") }')).errors).toBeUndefined();
});
