import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../../../src/execution/compile/compile-plan.ts';
import type { OperationPlan } from '../../../../src/planning/index.ts';

const schema = buildSchema(
  'scalar Any type Query { a: A } type A { id: ID! n: Int any: Any b: [B] } type B { n: Int }',
);
const root = {
  kind: 'root' as const,
  operationType: 'query' as const,
  subgraph: 's',
  variables: [],
  after: [],
  path: [],
  outputRewrites: [],
  gives: ['a', 'b'],
};
const target = { requires: [], inputRewrites: [], exact: false };
const field = { key: '_entities', variable: 'representations', outputRewrites: [], leavesOnly: true };
const entities = {
  kind: 'entities' as const,
  subgraph: 't',
  variables: [],
  after: [0],
  context: [],
  operation: '{ _entities { ... on A { n } } }',
};
const compile = (plan: OperationPlan) => compilePlan(schema, new Map(), plan, new Set());

describe('a compiled plan', () => {
  it('lists every position that a fetch would fill', () => {
    const { fetches } = compile({
      fetches: [
        { ...root, operation: '{ a { id } }' },
        {
          ...entities,
          fields: [
            { ...field, gives: ['n', 'm'], targets: [{ ...target, path: ['a'] }] },
            { ...field, gives: ['n'], targets: [{ ...target, path: ['a', 'b', '@'] }] },
          ],
        },
      ],
    });
    expect(fetches.map(({ covers }) => covers)).toEqual([
      [['a'], ['b']],
      [
        ['a', 'n'],
        ['a', 'm'],
        ['a', 'b', '@', 'n'],
      ],
    ]);
  });

  it('has the query as JSON text', () => {
    const operation = '{ a { id } }';
    expect(compile({ fetches: [{ ...root, operation }] }).fetches[0]?.queryJson).toBe(JSON.stringify(operation));
  });

  it.each([
    ['{ a { id n b { n __typename } } }', false],
    ['{ a { id any } }', true],
    ['{ a { unknown } }', true],
    ['{ _entities { ... on A { n } } }', false],
    ['{ _entities { ... on A { any } } }', true],
  ])('looks for numbers of any size where a custom scalar is requested: %s', (operation, exponents) => {
    expect(compile({ fetches: [{ ...root, operation }] }).fetches[0]?.exponents).toBe(exponents);
  });

  it('lets places share objects unless a value depends on the place', () => {
    const plan = (context: readonly { path: readonly string[]; variable: string }[]) =>
      compile({ fetches: [{ ...entities, context, fields: [] }] });
    expect(plan([]).placeMatters).toBe(false);
    expect(plan([{ path: ['..', 'id'], variable: 'v' }]).placeMatters).toBe(true);
  });
});
