/**
 * Two aliases of one field are two fields of the answer: a failure of one does not affect the other, and each has its
 * own error. This holds in a subgraph over HTTP and in an AI subgraph, at any depth of the difference; aliases that
 * cannot affect each other share one call.
 */
import { buildSchema, graphql } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, schemaOf, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const types = `
type Query { ent: Ent  ents: [Ent]  strict: Ent!  node(id: ID = "1"): Node  any: Any }
type Ent { dates: [String!]!  people: [Person!]!  note: String  inner: Inner  list: [Inner]  must: Inner! }
type Inner { good: String!  bad: String!  maybe: String  deeper: Inner }
type Person { name: String!  age: Int! }
interface Node { id: ID!  label: String }
type Soft implements Node { id: ID!  label: String }
type Hard implements Node { id: ID!  label: String!  good: String! }
union Any = Soft | Hard
`;

const fails = (): never => {
  throw new Error('it failed');
};
const inner = (): object => ({ good: 'good', bad: fails, maybe: 'maybe', deeper: inner });
const ent = (): object => ({
  dates: ['2024-01-01'],
  people: fails,
  note: 'a note',
  inner,
  list: () => [inner(), inner()],
  must: inner,
});
const hard = { __typename: 'Hard', id: '1', label: fails, good: 'good' };
const values = { ent, ents: () => [ent(), ent()], strict: ent, node: () => hard, any: () => hard };

/** The result of GraphQL without a gateway. */
async function expected(query: string) {
  const { data, errors = [] } = await graphql({ schema: buildSchema(types), source: query, rootValue: values });
  return {
    data: JSON.parse(JSON.stringify(data ?? null)),
    paths: errors.map(({ path }) => JSON.stringify(path)).sort(),
  };
}

describe('aliases of a field of a subgraph', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const resolvers = { Query: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value])) };
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])${types}`;
    gateway = await startTestGateway({ subgraphs: { one: { sdl, resolvers } } });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each([
    '{ a: ent { dates } b: ent { people { name } } }',
    '{ b: ent { people { name } } ent { dates } }',
    '{ a: ent { dates } b: ent { people { name } } c: ent { note dates } d: ent { note } }',
    '{ a: ents { dates } b: ents { people { age } } }',
    '{ a: ent { inner { good } } b: ent { inner { bad } } }',
    '{ ent { a: inner { good } b: inner { bad } } }',
    '{ ent { list { good } } other: ent { list { good bad } } }',
    '{ a: ent { must { good } } b: ent { must { bad } } c: ent { dates } }',
    '{ a: ent { inner { deeper { deeper { good } } } } b: ent { x: inner { deeper { y: deeper { bad } } } } }',
    '{ ...A ...B } fragment A on Query { a: ent { ...D } } fragment B on Query { b: ent { ...P ...D } } fragment D on Ent { dates } fragment P on Ent { people { age } }',
    '{ ent { ...T } more: ents { ...T } } fragment T on Ent { x: inner { good } y: inner { bad } z: inner { maybe } }',
    '{ a: node { id } b: node { id label } c: node { ... on Hard { good } } }',
    '{ a: node(id: "1") { id } b: node { ... on Hard { label } } }',
    '{ a: any { ... on Hard { id } } b: any { ... on Hard { id label } } c: any { ... on Soft { label } } }',
    '{ a: ent { note } b: ent { note } c: ent { people { name } } d: ent { people { name } } }',
    '{ a: ent { dates people @skip(if: true) { name } } b: ent { dates people @include(if: true) { name } } }',
    '{ ent { inner { good } } ent { inner { maybe } } x: ent { inner { bad } } }',
  ])('return what GraphQL defines: %s', async (query) => {
    const { data, errors = [] } = await gateway.query(query);
    const right = await expected(query);
    expect(data).toEqual(right.data);
    expect(errors.map(({ path }) => JSON.stringify(path)).sort()).toEqual(right.paths);
  });

  it('share a field of a request if nothing can fail for one of them only', async () => {
    await gateway.query(
      '{ a: ent { dates note } b: ent { dates inner { good } } c: ent { dates inner { good maybe } } }',
    );
    const sent = gateway.subgraphs.one?.requests.at(-1)?.query ?? '';
    expect(sent.match(/\bent\b/g)).toHaveLength(1);
  });

  it('are requested separately only as far as they can fail separately', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `a${index}: ent { ${index % 2 ? 'dates' : 'note'} }`);
    const { data } = await gateway.query(`{ ${names.join(' ')} }`);
    expect(Object.keys(data)).toHaveLength(60);
    const sent = gateway.subgraphs.one?.requests.at(-1)?.query ?? '';
    expect(sent.match(/\bent\b/g)).toHaveLength(2);
  });
});

describe('aliases of a field that is non-null in one subgraph and nullable in another', () => {
  it('fail apart', async () => {
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])';
    const box = (type: string) => `type Box @shareable { size: Int label: ${type} }`;
    const resolvers = (name: string) => ({ Query: { [name]: () => ({ size: 1, label: fails }) } });
    await using gateway = await startTestGateway({
      subgraphs: {
        strict: { sdl: `${link} type Query { strict: Box } ${box('String!')}`, resolvers: resolvers('strict') },
        lax: { sdl: `${link} type Query { lax: Box } ${box('String')}`, resolvers: resolvers('lax') },
      },
    });
    const { data, errors } = await gateway.query('{ a: strict { size } b: strict { label } lax { size label } }');
    expect(data).toEqual({ a: { size: 1 }, b: null, lax: { size: 1, label: null } });
    expect(errors?.map(({ path }) => path)).toEqual([
      ['b', 'label'],
      ['lax', 'label'],
    ]);
  });
});

describe('aliases of an AI field', () => {
  const sdl = `${aiLink}
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  facts: Facts @requires(fields: "name") @generate(prompt: "facts", maxOutputTokens: 100)
}
type Facts { dates: [String!]!  people: [Person!]!  note: String  first: Person }
type Person { name: String!  age: Int! }
`;
  const prompts = { 'facts.prompt': '---\nmodel: fast\n---\n{{role "user"}}\n{{name}}' };
  let graph: AiGraph;
  beforeAll(async () => {
    graph = await startAiGraph({
      products: 2,
      subgraphs: { assistant: { sdl, prompts } },
      fields: '{ cache: { enabled: false } }',
    });
  });
  afterAll(() => graph[Symbol.asyncDispose]());
  beforeEach(() => {
    graph.provider.reset();
    graph.provider.respond((request) => {
      const asked = Object.keys((schemaOf(request)?.properties ?? {}) as object);
      const all: Record<string, unknown> = {
        dates: ['2024-01-01'],
        people: [{ name: 'Ann', age: 'old' }],
        note: 'n',
        first: { name: 'Ann', age: 'old' },
      };
      return { json: Object.fromEntries(asked.map((name) => [name, all[name]])) };
    });
  });

  it('fail separately, with an error at the one that failed', async () => {
    const { data, errors } = await graph.query(
      '{ product(id: "p1") { a: facts { dates } b: facts { people { age } } } }',
    );
    expect(data).toEqual({ product: { a: { dates: ['2024-01-01'] }, b: null } });
    expect(errors?.map(({ path, extensions }) => [path?.slice(0, 2), extensions.code])).toEqual([
      [['product', 'b'], 'AI_OUTPUT_INVALID'],
    ]);
  });

  it('fail apart where the alias is further up', async () => {
    const query = '{ a: products { facts { dates } } b: products { facts { people { age } } } }';
    const { data, errors } = await graph.query(query);
    expect(data.a).toEqual(Array(2).fill({ facts: { dates: ['2024-01-01'] } }));
    expect(data.b).toEqual(Array(2).fill({ facts: null }));
    expect(errors?.every(({ path }) => path?.[0] === 'b')).toBe(true);
  });

  it('fail separately inside an answer of a model', async () => {
    const query = '{ product(id: "p1") { facts { x: first { name } y: first { age } z: first { name } } } }';
    const { data, errors } = await graph.query(query);
    expect(data.product.facts).toEqual({ x: { name: 'Ann' }, y: null, z: { name: 'Ann' } });
    expect(errors?.map(({ path }) => path)).toEqual([['product', 'facts', 'y', 'age']]);
  });

  it('cost one call if nothing can fail for one of them only', async () => {
    const query = '{ product(id: "p1") { a: facts { note } b: facts { note dates } c: facts { note } } }';
    expect(await graph.calls(() => graph.query(query))).toBe(2);
  });

  it('each have an error if the model fails', async () => {
    graph.provider.respond({ error: { status: 503 } });
    const { data, errors } = await graph.query('{ product(id: "p1") { a: facts { note } b: facts { note } } }');
    expect(data.product).toEqual({ a: null, b: null });
    expect(errors?.map(({ path }) => path)).toEqual([
      ['product', 'a'],
      ['product', 'b'],
    ]);
  });
});
