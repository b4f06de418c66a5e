import { existsSync, readFileSync } from 'node:fs';
import { buildASTSchema, getOperationAST, type OperationDefinitionNode, parse, print } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApolloPlanner } from '../../src/planning/apollo/apollo-planner.ts';
import { normaliseOperation } from '../../src/planning/index.ts';
import { createTestGraph, type TestGraph } from '../testkit/random/test-graph.ts';
import { abstractTypes } from './schemas/abstract-types.ts';
import { entities } from './schemas/entities.ts';
import { keys } from './schemas/keys.ts';
import { sample } from './schemas/sample.ts';

let shop: TestGraph;
let library: TestGraph;
let organisations: TestGraph;
let store: TestGraph;
beforeAll(() => {
  shop = createTestGraph(entities);
  library = createTestGraph(abstractTypes);
  organisations = createTestGraph(keys);
  store = createTestGraph(sample);
});

async function expectAgreement(
  graph: TestGraph,
  query: string,
  variables: Record<string, unknown> = {},
  operationName?: string,
): Promise<string> {
  const [ours, monolith] = [
    await graph.run(graph.engine, query, variables, operationName),
    await graph.monolith(query, variables, operationName),
  ];
  expect(ours).toEqual(monolith);
  return ours.data;
}

describe('aliases of a client never affect what @requires reads', () => {
  it.each([
    ['a shorter list under the same name', '{ products { reviews(first: 2) { body } reviewSummary } }'],
    ['a number under the name of a required list', '{ products { reviews: averageRating reviewSummary } }'],
    ['a description under the name of the name', '{ products { name: description answer(question: "why") } }'],
    ['a weight under the name of the price', '{ products { priceCents: weightGrams shippingEstimate } }'],
    [
      'all of them at once',
      '{ products { name: description reviews: averageRating priceCents: weightGrams body: id reviewSummary answer(question: "?") shippingEstimate } }',
    ],
  ])('%s', async (_name, query) => {
    await expectAgreement(store, query);
  });

  it('aliases of a client never affect what the AI field of a nested entity reads', async () => {
    await expectAgreement(
      store,
      '{ products { reviews(first: 3) { body: rating topics sentiment } ... on Product { reviewSummary(locale: "de") } } }',
    );
  });
});

describe('names', () => {
  it('aliases named like members of Object.prototype are ordinary aliases', async () => {
    const data = await expectAgreement(
      shop,
      '{ __proto__: items(first: 2) { constructor: name hasOwnProperty: rating __proto__: reviews { __proto__: stars toString: id } valueOf: __typename } constructor: maker { __proto__: tariff } }',
    );
    expect(data).toContain('"__proto__":[{"constructor":"item 1"');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('fields named like members of Object.prototype are fetched, required and shaped like any other', async () => {
    await expectAgreement(
      organisations,
      '{ odds { constructor toString hasOwnProperty(of: "id") valueOf { constructor valueOf { toString } } isPrototypeOf { sum } sum propertyIsEnumerable x: constructor constructor: id } }'.replace(
        ' constructor: id',
        ' y: id',
      ),
    );
  });

  it('variables named like members of Object.prototype have defaults and values', async () => {
    const query =
      'query ($constructor: Boolean! = true, $toString: Boolean! = true, $__proto__: Int = 2, $valueOf: Int = 1) { items(first: $__proto__) @include(if: $constructor) { id @skip(if: $toString) name tags(first: $valueOf) } }';
    await expectAgreement(shop, query);
    await expectAgreement(shop, query, JSON.parse('{ "__proto__": 1, "toString": false }') as Record<string, unknown>);
  });
});

describe('variables', () => {
  it('handle defaults, null and absence as the specification defines', async () => {
    const query =
      'query ($first: Int = 2, $word: String, $min: Int! = 200, $currency: String = "EUR") { items(first: $first, filter: { word: $word, minWeight: $min }) { price(currency: $currency) } }';
    for (const variables of [{}, { first: null }, { word: null }, { word: 'item 5' }, { currency: null, min: 0 }])
      await expectAgreement(shop, query, variables);
  });

  it('with a default are allowed at non-null positions, also inside input objects and lists', async () => {
    await expectAgreement(
      organisations,
      'query ($no: Int = 1, $name: String = "team") { member(key: { id: null, team: { name: $name, no: $no } }) { title } }',
    );
    await expectAgreement(
      shop,
      'query ($mark: Int = 7) { items(first: 1) { id } ...M } fragment M on Query { maker { items(first: $mark) { id } } }',
    );
    await expectAgreement(shop, 'mutation ($mark: Int = 7) { touch(id: "i1", marks: [1, $mark]) { marks } }');
  });

  it('preserve numbers as they are written: large ids, floats, custom scalars', async () => {
    await expectAgreement(
      shop,
      '{ item(id: 12345678901234567890) { id } items(filter: { ids: [1, 12345678901234567890], minWeight: 0 }) { id } }',
    );
    await expectAgreement(
      library,
      '{ a: echo(value: { b: 1.50, c: [1, null, "x", { __proto__: 1 }], d: true }) b: echo(value: null) c: echo(value: 12) }',
    );
    await expectAgreement(
      library,
      'query ($v: Json, $k: Kind! = DIGITAL) { a: echo(value: { in: [$v], out: $v }, kinds: [PAPER, $k]) }',
      { v: { deep: [1, { x: null }] } },
    );
    await expectAgreement(shop, '{ items(filter: { ids: "i2", minWeight: 0, nested: { ids: ["i2", "i3"] } }) { id } }');
    const { data } = await shop.run(shop.engine, '{ item(id: 12345678901234567890) { id } }');
    expect(data).toBe('{"item":null}');
    expect(JSON.stringify(shop.requests)).toContain('12345678901234567890');
    expect(JSON.stringify(shop.requests)).toContain('\\"12345678901234567890\\"');
  });
});

describe('shapes of operations', () => {
  it('a fragment on an interface has the same meaning wherever it is spread, although an object adds arguments', async () => {
    await expectAgreement(
      library,
      '{ rated { ... on Book { ...F } ... on Film { ...F } } media { ...F } } fragment F on Media { length parts(first: 1) { id } }',
    );
    await expectAgreement(
      library,
      '{ media { ...F } rated { ... on Film { ...F } ... on Book { ...F } } } fragment F on Media { length parts(first: 1) { id } }',
    );
  });

  it('conditions that contradict an outer condition are removed', async () => {
    await expectAgreement(
      library,
      '{ best { ... on Film { ...F } } things { ... on Media { ...F } } } fragment F on Node { ... on Person { role } ... on Node { ... on Book { value } ... on Film { number: value } } }',
    );
  });

  it('fields of one name and different types are returned for each type', async () => {
    await expectAgreement(
      library,
      '{ things { ... on Book { value label { text holder { name } } owner { name } } ... on Film { number: value labels: label { text holder { title score } } owners: owner { name } } } }',
    );
    await expectAgreement(
      library,
      '{ rated { ... on Film { number: value labels: label { holder { title score } } owners: owner { name } } ... on Book { value label { holder { name } } owner { name } } } }',
    );
  });

  it('with only __typename fetches nothing', async () => {
    await expectAgreement(shop, '{ __typename a: __typename ...F } fragment F on Query { b: __typename }');
    await shop.run(shop.engine, '{ __typename }');
    expect(shop.requests).toEqual([]);
    await expectAgreement(shop, 'mutation { __typename }');
  });

  it('emptied by @skip result in empty objects, and other selections are fetched', async () => {
    await expectAgreement(shop, '{ items { name @skip(if: true) } }');
    await expectAgreement(
      shop,
      '{ items { reviews { stars @include(if: false) ... @skip(if: true) { id } } } item(id: "i1") @skip(if: true) { id } }',
    );
    expect(
      await expectAgreement(shop, '{ items @skip(if: true) { id } ... @include(if: false) { maker { id } } }'),
    ).toBe('{}');
    await expectAgreement(
      library,
      '{ things { ... on Book { id @skip(if: true) } ... on Film @skip(if: true) { id } } }',
    );
  });

  it('a selection is included only if both @skip and @include allow it', async () => {
    for (const skip of [true, false]) {
      for (const include of [true, false]) {
        await expectAgreement(
          shop,
          'query ($s: Boolean!, $i: Boolean!) { maker @skip(if: $s) @include(if: $i) { id } ... @include(if: $i) { item(id: "i1") { id name @skip(if: $s) } } }',
          { s: skip, i: include },
        );
      }
    }
  });

  it('introspection is combined with data, also below fields of type Query', async () => {
    await expectAgreement(
      shop,
      '{ maker { id } __schema { queryType { name } } t: __type(name: "Item") { kind } ...F } fragment F on Query { u: __type(name: "Nope") { name } }',
    );
    await expectAgreement(
      organisations,
      'query ($n: String = "Org") { self { __typename orgs { id } __type(name: $n) { name } self { s: __schema { mutationType { name } } } } __schema { types { name } } }',
    );
  });

  it('operations of one document are distinguished by their names', async () => {
    const query =
      'query A { maker { id } } query B { maker { name } } query C($x: Boolean = true) { maker { id @skip(if: $x) name } }';
    for (const name of ['A', 'B', 'C']) await expectAgreement(shop, query, {}, name);
  });

  it('keys have the order of the operation, merged as the specification defines', async () => {
    await expectAgreement(
      shop,
      '{ maker { b: name ...F id } items(first: 1) { id } maker { country a: id } } fragment F on Maker { tariff b: name }',
    );
    await expectAgreement(
      library,
      '{ media { ... on Book { value id } title ... on Film { kind title value_: value } ... on Node { id } kind } }',
    );
  });

  it('lists of lists preserve their nulls', async () => {
    await expectAgreement(
      shop,
      '{ grid { rating name boxes { w unit } matrix } items { shelves { item { rating } neighbour { cost } } } }',
    );
  });
});

describe('mutations', () => {
  it('run serially, across subgraphs, each with its nested fetches', async () => {
    const query = `mutation {
      a: touch(id: "i1") { order item { rating } }
      b: addReview(item: "i2", stars: 3) { id item { name cost } }
      c: rename(id: "i3", name: "new") { order name item { label } }
      d: addReview(item: "i1", stars: 1, body: "bad") { id body }
      e: touch(id: "i2", marks: null) { order marks }
    }`;
    await expectAgreement(shop, query);
    await shop.run(shop.engine, query);
    expect(shop.requests.filter(({ request }) => request.kind === 'mutation').map(({ subgraph }) => subgraph)).toEqual([
      'catalog',
      'reviews',
      'catalog',
      'reviews',
      'catalog',
    ]);
  });

  it('selected under two aliases run twice; repeated under one, once', async () => {
    await expectAgreement(
      shop,
      'mutation { a: touch(id: "i1", marks: [1]) { order } a: touch(id: "i1", marks: [1]) { item { id } } }',
    );
    await expectAgreement(
      shop,
      'mutation { a: touch(id: "i1", marks: [1]) { order } b: touch(id: "i1", marks: [1]) { order } }',
    );
    await expectAgreement(
      shop,
      'mutation { a: rename(id: "i1", name: "x") { order } b: addReview(item: "i1", stars: 1) { id } c: rename(id: "i1", name: "x") { order } }',
    );
  });
});

describe('@override and @context', () => {
  it('moves fields completely: always at 100 percent, never at 0 percent', async () => {
    await expectAgreement(
      organisations,
      '{ orgs { motto vendor stock badges { greeting motto other { greeting(name: "Ann") } } cabinet { badges { greeting } first { motto } } } }',
    );
    await organisations.run(organisations.engine, '{ orgs { stock } }');
    expect(organisations.requests.map(({ subgraph }) => subgraph)).toEqual(['organisations']);
    await organisations.run(organisations.engine, '{ orgs { vendor } }');
    expect(organisations.requests.map(({ subgraph }) => subgraph)).toEqual(['organisations', 'regions']);
  });
});

describe('plans', () => {
  const normalise = (graph: TestGraph, query: string): string => graph.explain(query).text;

  it('are shared by operations with the same normal form', () => {
    const texts = [
      'query A($a: Int, $c: String) { list: items(first: $a) { title: name cost: price(currency: $c, round: true) reviews { stars } } }',
      'query B($n: Int, $m: String) { items(first: $n) { name ...F } } fragment F on Item { price(round: true, currency: $m) ... { reviews { s: stars stars } } }',
      'query ($x: String, $y: Int) { items(first: $y) { ... on Item { n1: name n2: name } p: price(currency: $x, round: true) reviews { stars @include(if: true) } id @skip(if: true) } }',
    ].map((query) => normalise(shop, query));
    expect(new Set(texts).size).toBe(1);
  });

  it('are made once for equal operations', async () => {
    shop.planned.length = 0;
    await shop.run(shop.engine, '{ reviews(first: 1) { id weightOf } }');
    await shop.run(shop.engine, '{ all: reviews(first: 2) { key: id w: weightOf } }');
    await shop.run(
      shop.engine,
      'query ($n: Int) { reviews(first: $n) { ...F weightOf } } fragment F on Review { id }',
      { n: 3 },
    );
    expect(shop.planned).toHaveLength(1);
  });

  const benchmark = new URL('../../../shared/benchmark/', import.meta.url);
  it.skipIf(!existsSync(benchmark))(
    'of the benchmark operation make 7 requests (skipped without ../shared/benchmark)',
    () => {
      const supergraphSdl = readFileSync(new URL('supergraph.graphql', benchmark), 'utf8');
      const planner = createApolloPlanner({ supergraphSdl, inProcess: [] });
      const document = parse(readFileSync(new URL('operation.graphql', benchmark), 'utf8'));
      const { fetches } = planner.plan(print(document), []);
      expect(fetches).toHaveLength(7);
    },
  );
});

describe('bombs', () => {
  const manyFields = `{ ${'maker { id } '.repeat(10_000)} }`;
  const doubling = (levels: number, body: (next: string) => string, last: string, type: string): string =>
    [
      ...Array.from({ length: levels }, (_, level) => `fragment F${level} on ${type} { ${body(`...F${level + 1}`)} }`),
      `fragment F${levels} on ${type} { ${last} }`,
    ].join(' ');

  /** @returns the normalised operation, or the code it was refused with */
  function normalised(graph: TestGraph, query: string): string {
    const document = parse(query);
    const operation = getOperationAST(document) as OperationDefinitionNode;
    const fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === 'FragmentDefinition' ? [[definition.name.value, definition] as const] : [],
      ),
    );
    try {
      return normaliseOperation({
        schema: graph.apiSchema,
        operation,
        fragments,
        included: ({ directives = [] }) => directives.length === 0,
      }).text;
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  it.each([
    ['spread twice', (next: string) => `${next} ${next}`, 'name', 'Item', '{ items { ...F0 } }'],
    [
      'in two inline fragments',
      (next: string) => `... { ${next} } ... { ${next} }`,
      'name',
      'Item',
      '{ items { ...F0 } }',
    ],
    [
      'below the same field twice',
      (next: string) => `related { ${next} } related { ${next} }`,
      'name',
      'Item',
      '{ items { ...F0 } }',
    ],
    [
      'below two fields',
      (next: string) => `a: related(first: 1) { ${next} } b: related(first: 2) { ${next} }`,
      'name',
      'Item',
      '{ items { ...F0 } }',
    ],
    [
      'below two aliases of one field',
      (next: string) => `a: twin { ${next} } b: twin { ${next} }`,
      'name',
      'Item',
      '{ items { ...F0 } }',
    ],
    [
      'below two fields that end in nothing',
      (next: string) => `a: related(first: 1) { ${next} } b: related(first: 2) { ${next} }`,
      'name @skip(if: true)',
      'Item',
      '{ items { ...F0 } }',
    ],
    [
      'under two type conditions',
      (next: string) => `... on Node { ${next} } ... on Scored { ${next} }`,
      '__typename',
      'Thing',
      '{ things { ...F0 } }',
    ],
    [
      'under two type conditions that end in nothing',
      (next: string) => `... on Node { ${next} } ... on Scored { ${next} }`,
      '__typename @skip(if: true)',
      'Thing',
      '{ things { ...F0 } }',
    ],
  ])('a fragment that doubles 30 times, %s, is refused or answered', (_name, body, last, type, head) => {
    const graph = type === 'Item' ? shop : library;
    const outcome = normalised(graph, `${head} ${doubling(30, body, last, type)}`);
    expect(outcome).toMatch(/^(PLAN_DEADLINE_EXCEEDED$|\{)/);
  });

  it('the same field 10,000 times is planned and answered once', async () => {
    expect(normalised(shop, manyFields)).toBe('{maker__0:maker{id}}');
    // Validation is not the engine's: it refuses such documents elsewhere.
    const { data } = await shop.run(shop.engine, parse(`{ ${'maker { id name } '.repeat(10_000)} }`));
    expect(data).toBe('{"maker":{"id":"m1","name":"maker 1"}}');
  });

  it('10,000 different aliases of one field are fetched once', async () => {
    const query = `{ maker { ${Array.from({ length: 10_000 }, (_none, index) => `a${index}: name`).join(' ')} } }`;
    const { data } = await shop.run(shop.engine, parse(query));
    expect(Object.keys((JSON.parse(data) as { maker: object }).maker)).toHaveLength(10_000);
  });

  it('more than 10,000 different selections are refused before planning', async () => {
    const query = `{ ${Array.from({ length: 10_001 }, (_none, index) => `a${index}: maker(id: "${index}") { id }`).join(' ')} }`;
    await expect(shop.run(shop.engine, parse(query))).rejects.toMatchObject({ code: 'PLAN_DEADLINE_EXCEEDED' });
  });
});

it('the separator of keys is longer than any field name of the schema', () => {
  const schema = buildASTSchema(parse('type Query { f(x: Int): Int f__0: Int f___1: Int }'));
  const document = parse('{ f(x: 1) g: f(x: 2) f__0 f___1 }');
  const { text } = normaliseOperation({
    schema,
    operation: getOperationAST(document) as OperationDefinitionNode,
    fragments: new Map(),
    included: () => true,
  });
  expect(text).toBe('query($v0:Int,$v1:Int){f____0:f(x:$v0) f____1:f(x:$v1) f__0 f___1}');
});
