/** `@constraint`: values that break a rule reach no subgraph, wherever in an operation they are. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';
import { waysIn } from '../../testkit/ways-in.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@tag"])
  @link(url: "https://isthmus.dev/limits/v1.0", import: ["@constraint"])`;

const subgraphs = {
  shop: {
    sdl: `${link}
      type Query {
        items(first: Int = 3 @constraint(min: 1, max: 100), filter: Filter, ids: [ID!] @constraint(maxLength: 4, minItems: 1, maxItems: 3)): [Item!]
        named: Named
        mail(to: String! @constraint(format: "email")): String
        open(x: Int): Int
      }
      type Mutation { add(input: [Filter!]!): String }
      input Filter {
        word: String @constraint(pattern: "^[a-z]*$", maxLength: 10)
        secret: String @constraint(minLength: 8) @tag(name: "internal")
        and: [Filter!]
        free: String
      }
      interface Named { name(length: Int): String }
      type Item implements Named @key(fields: "id") { id: ID!  name(length: Int @constraint(max: 20)): String }`,
    resolvers: {
      Query: {
        items: () => [{ id: '1' }],
        named: () => ({ __typename: 'Item', id: '1' }),
        mail: () => 'sent',
        open: (_: unknown, { x }: { x: number }) => x,
      },
      Mutation: { add: () => 'added' },
      Item: { name: () => 'a' },
    },
  },
};

const sent = (gateway: TestGateway) => gateway.subgraphs.shop?.requests.length;

/** What the answer says of each violation. */
type Told = readonly [argument: string, rule: string, expected: number | string];

describe('an operation', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ subgraphs });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each<[string, string, Record<string, unknown>, readonly Told[]]>([
    ['a literal', '{ items(first: 0) { id } }', {}, [['first', 'min', 1]]],
    ['a variable', 'query ($n: Int) { items(first: $n) { id } }', { n: 101 }, [['first', 'max', 100]]],
    ['the default of a variable', 'query ($n: Int = 101) { items(first: $n) { id } }', {}, [['first', 'max', 100]]],
    [
      'a fragment',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { items(first: 0) { id } }',
      {},
      [['first', 'min', 1]],
    ],
    ['an input object', '{ items(filter: { word: "A" }) { id } }', {}, [['filter.word', 'pattern', '^[a-z]*$']]],
    [
      'an input object in itself',
      '{ items(filter: { and: [{ word: "b" }, { and: [{ word: "abcdefghijk" }] }] }) { id } }',
      {},
      [['filter.and.1.and.0.word', 'maxLength', 10]],
    ],
    [
      'a variable with an input object',
      'query ($f: Filter) { items(filter: $f) { id } }',
      { f: { free: 'A', and: [{ word: 'A' }] } },
      [['filter.and.0.word', 'pattern', '^[a-z]*$']],
    ],
    [
      'a variable in an input object',
      'query ($w: String) { items(filter: { and: { word: $w } }) { id } }',
      { w: 'A' },
      [['filter.and.word', 'pattern', '^[a-z]*$']],
    ],
    ['the items of a list', '{ items(ids: ["a", 12345]) { id } }', {}, [['ids.1', 'maxLength', 4]]],
    ['a list of one item', 'query ($i: [ID!]) { items(ids: $i) { id } }', { i: 'abcde' }, [['ids', 'maxLength', 4]]],
    ['a list', 'query ($i: [ID!]) { items(ids: $i) { id } }', { i: ['a', 'b', 'c', 'd'] }, [['ids', 'maxItems', 3]]],
    ['an empty list', '{ items(ids: []) { id } }', {}, [['ids', 'minItems', 1]]],
    [
      'a variable in a list',
      'query ($i: ID!) { items(ids: ["a", $i]) { id } }',
      { i: 'abcde' },
      [['ids.1', 'maxLength', 4]],
    ],
    ['a field of an interface', '{ named { name(length: 21) } }', {}, [['length', 'max', 20]]],
    ['a type condition', '{ named { ... on Item { name(length: 21) } } }', {}, [['length', 'max', 20]]],
    [
      'a mutation',
      'mutation ($i: [Filter!]!) { add(input: $i) }',
      { i: [{ word: 'a' }, { word: 'A' }] },
      [['input.1.word', 'pattern', '^[a-z]*$']],
    ],
    ['a format', '{ mail(to: "nobody") }', {}, [['to', 'format', 'email']]],
    [
      'several',
      'query ($n: Int) { items(first: $n, filter: { word: "A", secret: "short" }) { id name(length: 30) } }',
      { n: 0 },
      [
        ['filter.word', 'pattern', '^[a-z]*$'],
        ['filter.secret', 'minLength', 8],
        ['length', 'max', 20],
        ['first', 'min', 1],
      ],
    ],
  ])('whose rule is broken by %s is refused, each time', async (_where, query, variables, violations) => {
    const before = sent(gateway);
    for (const _ of [1, 2]) {
      const { status, data, errors } = await gateway.query(query, variables);
      expect({ status, data }).toEqual({ status: 400, data: undefined });
      expect(errors?.map(({ extensions: { code } }) => code)).toEqual(violations.map(() => 'CONSTRAINT_VIOLATED'));
      expect(errors?.map(({ extensions: { argument, rule, expected } }) => [argument, rule, expected])).toEqual(
        violations,
      );
    }
    expect(sent(gateway)).toBe(before);
  });

  it.each<[string, Record<string, unknown>?]>([
    ['{ items { id } }'],
    ['{ items(first: 1, ids: ["a"], filter: { word: "abc", free: "ABC" }) { id } }'],
    ['{ items(first: null, filter: null, ids: null) { id } }'],
    ['query ($n: Int, $f: Filter) { items(first: $n, filter: $f) { id } }', {}],
    ['query ($n: Int = 101) { items(first: $n) { id } }', { n: 100 }],
    ['query ($f: Filter) { items(filter: $f) { id } }', { f: { word: null, and: [] } }],
    ['query ($x: Int) { open(x: $x) }', { x: 1_000_000 }],
    ['{ mail(to: "ann@example.com") }'],
  ])('that breaks none is answered: %s', async (query, variables) => {
    for (const _ of [1, 2]) {
      const { status, errors } = await gateway.query(query, variables);
      expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    }
  });

  describe.each(waysIn)('by %s', (_name, send) => {
    it('is told the field, the place and the rule, and never the value', async () => {
      for (const _ of [1, 2]) {
        const { errors } = await send(gateway, '{ mine: items(filter: { secret: "hunter2" }) { id } }');
        expect(errors).toEqual([
          {
            message: 'The argument filter.secret of Query.items must have at least 8 characters.',
            extensions: {
              code: 'CONSTRAINT_VIOLATED',
              field: 'Query.items',
              path: ['mine'],
              argument: 'filter.secret',
              rule: 'minLength',
              expected: 8,
            },
          },
        ]);
      }
    });
  });

  it('with thousands of violations is told the first of them', async () => {
    const input = Array.from({ length: 5_000 }, () => ({ word: 'A' }));
    const { errors } = await gateway.query('mutation ($i: [Filter!]!) { add(input: $i) }', { i: input });
    expect(errors).toHaveLength(50);
  });

  it('with fragments that spread each other twice is checked in time', async () => {
    const fragments = Array.from({ length: 12 }, (_, index) =>
      index === 11
        ? 'fragment F11 on Query { items(first: 0) { id } }'
        : `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
    );
    const { errors } = await gateway.query(`{ ...F0 } ${fragments.join(' ')}`);
    expect(errors?.map(({ extensions }) => extensions.argument)).toEqual(['first']);
  });
});

describe('rules of arguments', () => {
  it('are only logged where limits are measured', async () => {
    await using gateway = await startTestGateway({ subgraphs, yaml: 'limits: { mode: measure }' });
    expect((await gateway.query('{ items(first: 0) { id } }')).data).toEqual({ items: [{ id: '1' }] });
    const measured = () => gateway.log.find(({ msg }) => String(msg).startsWith('limits would be exceeded'));
    await expect.poll(measured).toBeDefined();
    expect(measured()?.limits).toEqual([
      {
        code: 'CONSTRAINT_VIOLATED',
        field: 'Query.items',
        path: ['items'],
        argument: 'first',
        rule: 'min',
        expected: 1,
        requests: 1,
      },
    ]);
  });

  it('hold for those who see a contract', async () => {
    const yaml = 'access: { contracts: { public: { exclude: [internal], path: /graphql/public } } }';
    await using gateway = await startTestGateway({ subgraphs, yaml });
    const response = await fetch(`${gateway.url}/public`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ items(first: 0, filter: { word: "A" }) { id } }' }),
    });
    const { errors } = (await response.json()) as { errors: readonly { extensions: { argument: string } }[] };
    expect(errors.map(({ extensions }) => extensions.argument)).toEqual(['first', 'filter.word']);
  });
});
