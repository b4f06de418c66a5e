/** Compiled expressions against the interpreter of CEL: random ones over random objects, and the odd cases by name. */
import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../../src/access/policies/compile-expression.ts';
import { createExpressionPolicy } from '../../../../src/access/policies/expression-policy.ts';
import type { Row, RowCaller } from '../../../../src/access/policies/policy.ts';
import { ExactNumber } from '../../../../src/lib/index.ts';
import { Random } from '../../../testkit/random/random.ts';
import { newSeed, randomRuns } from '../../../testkit/random/random-runs.ts';

const environment = ['principal', 'args', 'row', 'request'].reduce(
  (built, name) => built.registerVariable(name, 'map'),
  new Environment({}),
);

const callerWith = (fields: object): RowCaller => {
  const principal = { id: 'a', kind: 'jwt', tenant: 'b', scopes: [], roles: ['a', 'b'], claims: {}, ...fields };
  const request = { headers: { tenant: 'a' }, operationName: undefined, operationType: 'query' };
  return { principal, request } as unknown as RowCaller;
};

/** @returns what each says; `undefined` of the compiled one leaves it to the interpreter */
function bothOf(expression: string, row: Row, caller = callerWith({})) {
  const evaluate = environment.parse(expression);
  const compiled = compileExpression(evaluate.ast)?.(caller)(row);
  let interpreted: unknown;
  try {
    interpreted = evaluate({ ...caller, row });
  } catch (error) {
    interpreted = error;
  }
  return { isCompiled: compileExpression(evaluate.ast) !== undefined, compiled, interpreted };
}

const values: readonly unknown[] = [
  ...[
    'a',
    'b',
    '',
    '1',
    'é',
    '\u{1F600}',
    'constructor',
    0,
    -0,
    1,
    -1,
    1.5,
    9,
    2 ** 53,
    -(2 ** 60),
    1e300,
    true,
    false,
  ],
  ...[null, [], ['a'], ['a', 'b'], ['a', 1], [1, 'a'], [1], [null], [['a']], {}, { a: 'a' }, { b: null, a: 1 }],
  ...[
    Object.assign(Object.create(null), { a: 'b' }),
    { constructor: 'a', a: 'a' },
    new Date(0),
    new Set(['a']),
    undefined,
  ],
];
const plainValues: readonly unknown[] = ['a', 'b', 1, 9, true, false, null, ['a', 'b']];
const literals = [
  `'a'`,
  `"b"`,
  `''`,
  `'1'`,
  '0',
  '1',
  '9',
  '-1',
  '1.5',
  '9007199254740993',
  '1u',
  'true',
  'false',
  'null',
];
const lists = ['[]', `['a']`, `['a', 'b']`, '[1, 2]', '[1.0]', `[['a']]`, '[true]', '[null]'];
const paths = [
  ...['row.a', 'row.b', 'row.c', 'row.a.a', 'principal.id', 'principal.tenant', 'principal.roles'],
  ...['principal.claims.a', 'principal.claims.b', 'request.headers.tenant'],
];
const oddPaths = [
  ...['row.c.b', 'row.missing', 'row.constructor', 'row.toString', `row['a']`, 'size(row.a)', 'has(row.a)'],
  ...['args.a', 'row', 'request.operationName'],
];
const operators = ['==', '!=', '<', '<=', '>', '>=', 'in'];

function randomExpression(random: Random, depth: number): string {
  const inner = () => randomExpression(random, depth - 1);
  if (depth > 0 && random.chance(0.6))
    return random.pick([
      () => `(${inner()} && ${inner()})`,
      () => `(${inner()} || ${inner()})`,
      () => `!(${inner()})`,
    ])();
  const path = () => random.pick(random.chance(0.95) ? paths : oddPaths);
  if (random.chance(0.2)) return path();
  if (random.chance(0.1)) return random.pick(['true', 'false', 'null', `'a'`]);
  const operator = random.pick(operators);
  const side = (kinds: readonly string[]) => (random.chance(0.7) ? path() : random.pick(kinds));
  return `${side(literals)} ${operator} ${side(operator === 'in' || random.chance(0.1) ? lists : literals)}`;
}

function randomFields(random: Random): Record<string, unknown> {
  const names = ['a', 'b', 'c'].filter(() => random.chance(0.9));
  const fields = Object.fromEntries(
    names.map((name) => [name, random.pick(random.chance(0.7) ? plainValues : values)]),
  );
  return random.chance(0.03) ? { ...fields, constructor: random.pick(values) } : fields;
}

describe('a compiled expression', () => {
  it('says what the interpreter says, wherever it says something', () => {
    const random = new Random(newSeed('compiled expressions'));
    let compared = 0;
    for (let run = 0; run < randomRuns(4_000); run++) {
      const expression = randomExpression(random, 3);
      if (!environment.check(expression).valid) continue;
      for (let object = 0; object < 8; object++) {
        const row = randomFields(random);
        const more = { claims: randomFields(random), ...(random.chance(0.2) ? { tenant: random.pick(values) } : {}) };
        const caller = callerWith(more);
        const { compiled, interpreted } = bothOf(expression, row, caller);
        if (compiled === undefined) continue;
        compared++;
        if (compiled !== interpreted)
          expect.fail(`${expression} of ${JSON.stringify({ row, more })}: ${compiled}, not ${interpreted}`);
      }
    }
    expect(compared).toBeGreaterThan(3_000);
  });

  it.each([
    ['row.a == principal.tenant && row.b <= 9', true],
    ['row.a == principal.tenant && row.b < -1', false],
    [`row.b == null || 'a' in principal.roles`, true],
    [`!(row.a in ['x', 'y']) && row.c.d != principal.id`, true],
    ['row.open', true],
    ['row.a == row.b', false],
  ])('decides %s by itself', (expression, expected) => {
    const row = { a: 'b', b: 2, c: { d: 'c' }, open: true };
    expect(bothOf(expression, row)).toEqual({ isCompiled: true, compiled: expected, interpreted: expected });
  });

  it.each([
    ['a field that is missing', 'row.missing == null'],
    ['a field of every object', `row.toString == 'a'`],
    ['an order of unlike types', `row.a < 1`],
    ['objects', 'row.c == row.c'],
    ['a list as a condition', 'row.list || true'],
    ['a list of several types', `row.a in row.list`],
    ['a number that is none of JavaScript', 'row.b == 9007199254740993'],
  ])('leaves %s to the interpreter', (_what, expression) => {
    expect(bothOf(expression, { a: 'b', b: 2, c: {}, list: ['b', 1] }).compiled).toBeUndefined();
  });

  it.each([
    'size(row.a) == 1',
    'row.a + row.b == 2',
    'row.list.exists(x, x == 1)',
    'args.a == 1',
    'row.a == 1 ? true : false',
  ])('%s is interpreted', (expression) => {
    expect(bothOf(expression, { a: 1, b: 1, list: [] }).isCompiled).toBe(false);
  });
});

describe('a condition on objects', () => {
  const fields = [
    { name: 'owner', key: 'a0' },
    { name: 'level', key: 'level' },
  ];
  const conditionOf = (expression: string) => {
    const policy = createExpressionPolicy('p', expression);
    if (typeof policy === 'string') throw new Error(policy);
    const condition = policy.rowCondition?.(fields, callerWith({}));
    if (condition === undefined) throw new Error('an expression decides one object after the other');
    return condition;
  };

  it.each([
    ['row.owner == principal.id && row.level <= 9', { a0: 'a', level: 9 }, true],
    ['row.owner == principal.id && row.level <= 9', { a0: 'a', level: 10 }, false],
    ['row.owner == principal.id', { a0: 'b', level: 1 }, false],
    ['row.owner == principal.id', { a0: null, level: 1 }, false],
    ['row.owner == null', { a0: null, level: 1 }, true],
    // What the expression does not read is missing, too.
    ['row.owner == principal.id', { a0: 'a' }, false],
    // What the client selects beside the fields of the rule is not part of the row.
    ['row.secret == "x"', { a0: 'a', level: 1, secret: 'x' }, false],
    ['!has(row.secret)', { a0: 'a', level: 1, secret: 'x' }, true],
    ['row.owner == "a"', { a0: 'b', level: 1, owner: 'a' }, false],
    // For the interpreter.
    ['row.level < 3.5 || row.owner.startsWith("a")', { a0: 'ab', level: 9 }, true],
    ['row.owner.id == principal.id', { a0: { id: 'a' }, level: 1 }, true],
    ['row.level == 12345678901234567890.0', { a0: 'a', level: new ExactNumber('12345678901234567890') }, true],
    ['row.level <= 9', { a0: 'a', level: '9' }, false],
  ])('%s of %j: %s', (expression, object, mayRead) => {
    expect(conditionOf(expression)(object)).toBe(mayRead);
  });
});
