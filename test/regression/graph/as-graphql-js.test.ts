/**
 * Variables and conditions have the meaning of graphql-js: each operation is run by a gateway and by graphql-js over the
 * same schema, and both must return the same data and error paths, or both refuse it.
 */

import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../testkit/random/random.ts';
import { newSeed, randomRuns } from '../../testkit/random/random-runs.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const sdl = `
scalar JSON
enum Colour { RED GREEN }
input Choice @oneOf { number: Int text: String list: [Int!] inner: Choice colour: Colour }
input Filter { id: ID  ratio: Float = 1.5  tags: [String!] = ["a"]  first: Int! = 10  colour: Colour  choice: Choice  nested: Filter  any: JSON }
type Query {
  one: Item  many: [Item!]!  echo(value: String): String  sum(r: Float, f: Filter, c: Choice): String
  take(i: Int, s: String, b: Boolean, d: ID, e: Colour, l: [Int], n: [[Colour!]], f: Filter, c: Choice, j: JSON, m: Int! = 3, r: Float): String
}
type Mutation { touch: Int }
type Item { id: ID!  name: String  self: Item  others: [Item]  take(i: Int, f: Filter, c: Choice): String }
`;
const print = (_parent: unknown, args: unknown): string => JSON.stringify(args, sorted);
/** Inputs are objects; the order of their keys means nothing. */
function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
const item = { id: '1', name: 'one', take: undefined };
let touched = 0;
const resolvers = {
  Query: { one: () => item, many: () => [item, item], echo: print, take: print, sum: print },
  Mutation: { touch: () => ++touched },
  Item: { self: () => item, others: () => [item, null, item], take: print },
};
const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers } as never]);

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: { only: { sdl, resolvers } } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Outcome {
  readonly data: unknown;
  readonly places: readonly string[];
}

async function byGraphqlJs(query: string, variables: string): Promise<Outcome> {
  const document = parse(query);
  const invalid = validate(schema, document);
  if (invalid.length > 0) throw new Error(`${query}: ${invalid[0]?.message}`);
  const { data, errors } = await execute({ schema, document, variableValues: JSON.parse(variables) });
  return outcomeOf(data, errors);
}

async function byGateway(query: string, variables: string): Promise<Outcome> {
  const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
  const response = await fetch(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { path?: (string | number)[] }[] };
  return outcomeOf(data, errors);
}

function outcomeOf(
  data: unknown,
  errors: readonly { readonly path?: readonly (string | number)[] | undefined }[] | undefined,
): Outcome {
  // A request error has no data; the number of errors may differ.
  const places = (errors ?? []).map(({ path = [] }) => path.join('.')).sort();
  return { data: data ?? null, places: data === undefined ? ['refused'] : places };
}

async function expectSame(query: string, variables = '{}'): Promise<Outcome> {
  const [expected, actual] = [await byGraphqlJs(query, variables), await byGateway(query, variables)];
  expect(actual, `${query} with ${variables}`).toEqual(expected);
  return actual;
}

describe('a condition that is null', () => {
  const head = 'query ($s: Boolean = false)';
  it.each([
    `${head} { one { id name @skip(if: $s) } many { id } }`,
    `${head} { one { id name @include(if: $s) } }`,
    `${head} { many { id self { ... @include(if: $s) { name } } } one { id } }`,
    `${head} { many { ... on Item @skip(if: $s) { name } } one { id } }`,
    `${head} { one { others { ...F @skip(if: $s) } id } } fragment F on Item { id }`,
    `${head} { one { others { id ...F } id } } fragment F on Item { name @skip(if: $s) }`,
    `${head} { one { id } echo(value: "a") @skip(if: $s) }`,
    `${head} { one { name @skip(if: true) @include(if: $s) id } }`,
    `${head} { one { name @include(if: $s) @skip(if: true) id } }`,
    `${head} { one { name @include(if: false) @skip(if: $s) id } }`,
    `${head} { a: one { id } b: one { name @skip(if: $s) } }`,
  ])('fails the object it is in: %s', async (query) => {
    await expectSame(query, '{"s":null}');
    await expectSame(query, '{"s":true}');
    await expectSame(query);
  });

  it('at the root runs nothing', async () => {
    touched = 0;
    const body = JSON.stringify({
      query: `mutation ($s: Boolean = false) { touch other: touch @skip(if: $s) }`,
      variables: { s: null },
    });
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(await response.json()).toMatchObject({ data: null, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(touched).toBe(0);
  });
});

describe('a Float that none can be', () => {
  it.each([
    ['{ sum(r: 1e400) one { id } }', '{}'],
    ['{ sum(f: {ratio: -1e999}) one { id } }', '{}'],
    ['query ($r: Float = 1e400) { sum(r: $r) one { id } }', '{}'],
    ['query ($r: Float = 1e400) { sum(f: {ratio: $r, id: 1}) one { id } }', '{}'],
  ])('fails its field only: %s', async (query, variables) => {
    const { data, places } = await byGateway(query, variables);
    expect(data).toEqual({ sum: null, one: { id: '1' } });
    expect(places).toEqual(['sum']);
    await expectSame('query ($r: Float = 1e400) { sum(r: $r) one { id } }', '{"r":2.5}');
    await expectSame('query ($r: Float) { sum(r: $r) }', '{"r":1e400}');
  });
});

describe('a @oneOf input', () => {
  it('is refused with none, several or null before a subgraph is called, and appears in introspection', async () => {
    for (const choice of ['{}', '{number: 1, text: "a"}', '{number: null}']) {
      const { places } = await byGateway(`{ take(c: ${choice}) one { id } }`, '{}');
      expect(places).toEqual(['refused']);
    }
    for (const choice of ['{"number":1}', '{}', '{"number":1,"text":"a"}', '{"number":null}', '{"inner":{}}'])
      await expectSame('query ($c: Choice!) { take(c: $c) one { id } }', `{"c":${choice}}`);
    await expectSame('query ($n: Int!) { take(c: {number: $n}) }', '{"n":4}');
    expect((await byGateway('query ($n: Int) { take(c: {number: $n}) }', '{"n":4}')).places).toEqual(['refused']);
    const { data } = await byGateway('{ __type(name: "Choice") { isOneOf } }', '{}');
    expect(data).toEqual({ __type: { isOneOf: true } });
  });
});

describe('variables', () => {
  it('may have keys of any name inside a custom scalar', async () => {
    const values = [
      '{"__proto__":{"a":1}}',
      '{"constructor":{"prototype":{"a":1}}}',
      '{"a":1,"a":2}',
      '{"toString":null,"__proto__":5}',
      '[{"hasOwnProperty":true}]',
    ];
    for (const value of values) {
      await expectSame('query ($j: JSON) { take(j: $j) }', `{"j":${value}}`);
      await expectSame('query ($f: Filter) { take(f: $f) }', `{"f":{"any":${value}}}`);
      await expectSame('query ($f: Filter) { take(f: $f) }', `{"f":${value}}`);
      await expectSame(
        'query ($__proto__: JSON, $constructor: JSON) { take(j: $__proto__) a: take(j: $constructor) }',
        `{"__proto__":${value}}`,
      );
    }
  });

  it('that default a non-null position fail the field there', async () => {
    for (const given of ['{}', '{"i":null}', '{"i":7}']) {
      await expectSame('query ($i: Int = 5) { take(m: $i) one { id } }', given);
      await expectSame('query ($i: Int) { take(m: $i) one { id } }', given);
      await expectSame('query ($i: Int = 5) { take(f: {first: $i}) one { id } }', given);
    }
  });

  it.each([
    ['a fixed seed', 4_711, 600],
    ['a new seed', undefined, randomRuns(100)],
  ] as const)('of random operations are coerced alike: %s', async (_name, seed, operations) => {
    const random = new Random(seed ?? newSeed('variables of random operations'));
    for (let count = 0; count < operations; count++) {
      const type = random.pick(Object.keys(places));
      const [argument = 'i'] = [places[type]];
      const isDefaulted = random.chance(0.2) && !type.endsWith('!');
      const declared = `${type}${isDefaulted ? ` = ${random.pick(defaults[argument] ?? ['null'])}` : ''}`;
      const used = random.pick([
        `take(${argument}: $v)`,
        `one { id take${'ifc'.includes(argument) ? `(${argument}: $v)` : ': name'} }`,
        `a: take(${argument}: $v) b: take(${argument}: $v)`,
      ]);
      const query = used.includes('$v') ? `query ($v: ${declared}) { ${used} }` : `{ ${used} }`;
      await expectSame(query, random.chance(0.1) ? '{}' : `{"v":${randomJson(random, 3)}}`);
    }
  });
});

/** Types of a variable, and its argument. */
const places: Readonly<Record<string, string>> = {
  Int: 'i',
  'Int!': 'i',
  String: 's',
  Boolean: 'b',
  ID: 'd',
  'ID!': 'd',
  Colour: 'e',
  '[Int]': 'l',
  '[Int!]!': 'l',
  '[[Colour!]]': 'n',
  Filter: 'f',
  'Filter!': 'f',
  Choice: 'c',
  'Choice!': 'c',
  JSON: 'j',
  Float: 'r',
};
const defaults: Readonly<Record<string, readonly string[]>> = {
  i: ['5', 'null'],
  s: ['"x"'],
  b: ['true'],
  d: ['12', '"12"'],
  e: ['RED'],
  l: ['[1]', '1'],
  n: ['[[RED]]', 'RED'],
  f: ['{id: 5}', '{choice: {number: 1}, nested: {tags: "b"}}'],
  c: ['{text: "a"}', '{inner: {list: 4}}'],
  j: ['{a: [1, RED]}'],
  r: ['2', '1e3'],
};

function randomJson(random: Random, depth: number): string {
  const leaves = ['null', '1', '-1', '1.0', '1.5', '2147483648', '"RED"', '"PINK"', '"1"', 'true', '""', '0'];
  if (depth === 0 || random.chance(0.4)) return random.pick(leaves);
  if (random.chance(0.35))
    return `[${Array.from({ length: random.below(3) }, () => randomJson(random, depth - 1)).join(',')}]`;
  const keys = [
    'number',
    'text',
    'list',
    'inner',
    'colour',
    'id',
    'ratio',
    'tags',
    'first',
    'choice',
    'nested',
    'any',
    '__proto__',
    'constructor',
  ];
  const members = Array.from(
    { length: 1 + random.below(2) },
    () => `"${random.pick(keys)}":${randomJson(random, depth - 1)}`,
  );
  return `{${members.join(',')}}`;
}
