import { buildSchema, type SelectionSetNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { separateAliases } from '../../../../src/planning/normalise/separate-aliases.ts';
import { operationOf } from '../../../../src/planning/plan/fetch-operation.ts';

const schema = buildSchema(`
  type Query { item: Item }
  type Item { id: ID! name: String stock: Int! maker: Maker count: Int }
  type Maker { name: String size: Int! }`);

/** The names of aliases by their class, in the order of the operation. */
function classesOf(text: string, strictFields?: ReadonlySet<string>): string[][] {
  const type = schema.getQueryType();
  if (type == null) throw new TypeError('the schema has a query type');
  const set: SelectionSetNode = operationOf(text).selectionSet;
  const numbers = separateAliases(
    { schema, fragments: new Map(), included: () => true, keyOf: ({ name }) => name.value, strictFields },
    { type, set },
  );
  const classes = new Map<number, string[]>();
  for (const [name, number] of numbers?.get('item') ?? []) classes.set(number, [...(classes.get(number) ?? []), name]);
  return [...classes.values()];
}

describe('aliases of one field', () => {
  it.each([
    ['share it if none selects a non-null field', '{a: item{name} b: item{count}}'],
    ['share it if all select the same non-null fields', '{a: item{name stock} b: item{stock}}'],
    [
      'share it if a non-null field is below a nullable one that only one selects',
      '{a: item{name} b: item{maker{size}}}',
    ],
  ])('%s', (_name, text) => {
    expect(classesOf(text)).toEqual([]);
  });

  it('are separate if only some select a non-null field', () => {
    expect(classesOf('{a: item{name} b: item{stock} c: item{count}}')).toEqual([['a', 'c'], ['b']]);
  });

  it('are separate if they differ so below a common field', () => {
    expect(classesOf('{a: item{maker{name}} b: item{maker{size}}}')).toEqual([['a'], ['b']]);
  });

  it('are separate for a field that is non-null in some subgraph', () => {
    expect(classesOf('{a: item{name} b: item{count}}', new Set(['Item.count']))).toEqual([['a'], ['b']]);
  });
});
