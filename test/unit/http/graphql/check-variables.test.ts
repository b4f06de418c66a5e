import { buildSchema, getOperationAST, getVariableValues, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { VariableChecks } from '../../../../src/http/graphql/check-variables.ts';

const schema = buildSchema(`
  scalar Date
  enum Sort { NEW OLD }
  input Filter { sort: Sort }
  type Query { a: Int }
`);

const types = ['String', 'ID', 'Int', 'Float', 'Boolean', 'Sort', 'Date', 'Filter', '[Int!]', '[String]!'];
const declarations = types.flatMap((type) =>
  (type.endsWith('!') ? [type] : [type, `${type}!`]).flatMap((one) => [`$v: ${one}`, `$v: ${one} = ${literal(type)}`]),
);
const values: readonly unknown[] = [
  ...[null, 'NEW', 'new', '', '1', 0, -0, 1.5, 1e20, 2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649],
  ...[true, [], [1], ['a'], [null], {}, { sort: 'NEW' }, { sort: 'x' }, { other: 1 }],
];

function literal(type: string): string {
  if (type === 'Sort') return 'NEW';
  if (type === 'Filter') return '{ sort: NEW }';
  if (type.startsWith('[')) return '[]';
  return type === 'Boolean' ? 'true' : type === 'Int' || type === 'Float' ? '1' : '"a"';
}

describe('the check of variables', () => {
  it.each(declarations)('of (%s) accepts what graphql-js accepts, and reports its errors', (declaration) => {
    const operation = getOperationAST(parse(`query (${declaration}) { a }`));
    if (operation == null) throw new Error('there is one operation');
    const checks = new VariableChecks(schema);
    for (const variables of [
      {},
      ...values.map((v) => ({ v })),
      { v: 'NEW', other: 1 },
      JSON.parse('{"__proto__":1}'),
    ]) {
      const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
      const told = checks.check(operation, variables) ?? [];
      expect(told).toMatchObject(told.map(() => ({ extensions: { code: 'BAD_USER_INPUT' } })));
      expect(
        told.map(({ message }) => message),
        JSON.stringify(variables),
      ).toEqual(errors.map(({ message }) => message));
    }
  });
});
