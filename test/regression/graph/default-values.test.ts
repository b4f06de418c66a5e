/** Defaults of custom scalars compose, are introspected as written, and do not change requests. */
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery, printSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  scalar JSON
  scalar Instant @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time")
  enum Size { S L }
  input Filter { where: JSON = {}  order: [JSON] = [{by: "name"}, 1, null]  size: Size = L  inner: Inner = {at: {now: true}} }
  input Inner { at: Instant = "2020-01-01T00:00:00Z"  depth: Int = 3 }
  type Query {
    object(x: JSON = {}): JSON
    nested(x: JSON = {a: 1, b: [true, null, 1.5, "x"], c: {}}): JSON
    list(x: [JSON!] = [{}, 1, "s"]): JSON
    plain(x: JSON = 1, y: JSON = "s", z: JSON = false, n: JSON = null): JSON
    input(x: Filter = {where: {a: {b: []}}, size: S, inner: {depth: 1}}, all: [[Filter]] = [[{order: []}]]): JSON
    size(x: Size = S, sizes: [Size!] = [S, L]): JSON
  }`;

let gateway: TestGateway;
beforeAll(async () => {
  const echo = (_: unknown, given: unknown) => given;
  const Query = Object.fromEntries(['object', 'nested', 'list', 'plain', 'input', 'size'].map((name) => [name, echo]));
  gateway = await startTestGateway({ subgraphs: { any: { sdl, resolvers: { Query } } } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const defaultsOf = (fields: readonly { name: string; args: { name: string; defaultValue: string | null }[] }[]) =>
  Object.fromEntries(fields.map(({ name, args }) => [name, args.map((one) => one.defaultValue)]));

describe('default values', () => {
  it('of arguments are introspected as the subgraph writes them', async () => {
    const { data, errors } = await gateway.query(
      '{ __type(name: "Query") { fields { name args { name defaultValue } } } }',
    );
    expect(errors).toBeUndefined();
    const { input, ...others } = defaultsOf(data.__type.fields);
    expect(others).toEqual({
      object: ['{}'],
      nested: ['{a: 1, b: [true, null, 1.5, "x"], c: {}}'],
      list: ['[{}, 1, "s"]'],
      plain: ['1', '"s"', 'false', 'null'],
      size: ['S', '[S, L]'],
    });
    expect(input?.[0]).toBe('{where: {a: {b: []}}, size: S, inner: {depth: 1}}');
    expect(input?.[1]).toBe('[[{order: []}]]');
  });

  it('of input fields too', async () => {
    const { data, errors } = await gateway.query(
      '{ f: __type(name: "Filter") { inputFields { name defaultValue } } i: __type(name: "Inner") { inputFields { name defaultValue } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.f.inputFields.map((one: { defaultValue: string }) => one.defaultValue)).toEqual([
      '{}',
      '[{by: "name"}, 1, null]',
      'L',
      '{at: {now: true}}',
    ]);
    expect(data.i.inputFields[0].defaultValue).toBe('"2020-01-01T00:00:00Z"');
  });

  it('let tools build a schema from the whole introspection', async () => {
    const { data, errors } = await gateway.query(getIntrospectionQuery());
    expect(errors).toBeUndefined();
    const schema = buildClientSchema(data as IntrospectionQuery);
    expect(Object.keys(schema.getQueryType()?.getFields() ?? {})).toHaveLength(6);
    expect(() => printSchema(schema)).toThrow(/Cannot convert value to AST/); // graphql-js's own limit, on their side
  });

  it('are filled in by the subgraph, and replaced by values of a client', async () => {
    const { data, errors } = await gateway.query(
      'query ($x: JSON = {v: [1]}) { object a: object(x: {y: []}) b: object(x: $x) size nested }',
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      object: { x: {} },
      a: { x: { y: [] } },
      b: { x: { v: [1] } },
      size: { x: 'S', sizes: ['S', 'L'] },
      nested: { x: { a: 1, b: [true, null, 1.5, 'x'], c: {} } },
    });
  });
});
