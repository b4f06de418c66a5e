/** Schemas that an owner may hand in by mistake: each is refused with its line and what mends it. */
import { describe, expect, it } from 'vitest';
import { CompositionError, compose } from '../../../src/supergraph/index.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])';

const limits = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cost", "@listSize"])
  @link(url: "https://isthmus.dev/limits/v1.0", import: ["@constraint", "@rateLimit"])
input Login { email: String, tags: [Login] }`;
const unlinked = (pattern: string, other: string) => `${limits.replace(pattern, other)}\ntype Query { a: Int }`;
const identifiedBy = (path: string) =>
  `${limits}\ntype Query {\n  a: Int\n  login(input: Login!, more: Int): Int @rateLimit(max: 1, window: "1m", identityArgs: ["${path}"])\n}`;

async function problemsOf(sdl: string) {
  const other = 'type Query { other: Int }';
  const failure: unknown = await compose([
    { name: 'extra', url: 'http://127.0.0.1:1/', sdl, origin: 'extra.graphql' },
    { name: 'other', url: 'http://127.0.0.1:1/', sdl: other, origin: 'other.graphql' },
  ]).catch((error: unknown) => error);
  if (!(failure instanceof CompositionError)) throw new Error('it composed');
  return failure.problems;
}

describe('a schema is refused with its line and its mend', () => {
  it.each([
    ['a reserved name', `${link}\ntype Query { w: Int }\ntype __W { id: ID }`, 3, 'two underscores'],
    ['interfaces in a circle', 'type Query { a: A }\ninterface A implements A { id: ID }', 2, 'break the circle'],
    ['a @key of no field', `${link}\ntype Query { w: W }\ntype W @key(fields: "sku") { id: ID }`, 3, '@key(fields:)'],
    [
      'a link that is no URL',
      'extend schema\n  @link(url: "not a url", import: ["@key"])\ntype Query { a: Int }',
      2,
      'https://',
    ],
    [
      'an import of nothing',
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@keys"])\ntype Query { a: Int }',
      1,
      'with @',
    ],
    ['a type twice', 'type Query { w: W }\ntype W { a: Int }\ntype W { b: Int }', 2, 'remove one'],
    ['a field twice', 'type Query { w: W }\ntype W {\n  a: Int\n  a: String\n}', 4, 'remove one'],
    ['a value twice', 'type Query { w: W }\nenum W {\n  A\n  A\n}', 4, 'remove one'],
    ['an argument twice', 'type Query {\n  w(a: Int, a: Int): Int\n}', 2, 'remove one'],
    ['a bracket that is not closed', 'type Query { w: W }\ntype W {\n  a: Int\n', 4, 'close what is still open'],
    ['a text that is not closed', 'type Query { a: Int }\n"""what\ntype W { a: Int }', 3, 'quotes'],
    ['carriage returns', 'type Query {\r\n  a: Wrong\r\n}', 2, 'define the type'],
    ['an empty type', 'type Query { e: E }\ntype E {}', 2, 'at least one field'],
    ['an input as a result', 'type Query { i: I }\ninput I { a: Int }', 1, 'object type'],
    ['a circle of inputs', 'type Query { q(a: I): Int }\ninput I { a: I! }', 2, 'nullable'],
    ['a union of scalars', 'type Query { u: U }\nunion U = Int', 2, 'object types'],
    [
      'an interface that is not met',
      'type Query { n: N }\ninterface N { a: Int b: Int }\ntype X implements N { a: Int }',
      2,
      'add the field',
    ],
    ['a default of another type', 'type Query {\n  a(b: Int = "ten"): Int\n}', 2, 'default value'],
    ['Query as an interface', 'interface Query { a: Int }', 1, 'type Query'],
    ['an operation', 'query Q { other }', 1, 'operations push'],
    [
      'an argument of another type',
      `${limits}\ntype Query { a: Int @cost(weight: "5") }`,
      5,
      'a value of the type Int!',
    ],
    [
      'a rule of arguments on a field',
      `${limits}\ntype Query { a: Int @constraint(max: 1) }`,
      5,
      'ARGUMENT_DEFINITION',
    ],
    [
      'a rate on an argument',
      `${limits}\ntype Query { a(b: Int @rateLimit(max: 1, window: "1s")): Int }`,
      5,
      'FIELD_DEF',
    ],
    [
      'a rate on a type',
      `${limits}\ntype Query { a: A }\ntype A @rateLimit(max: 1, window: "1s") { b: Int }`,
      6,
      'FIELD_DEF',
    ],
    ['a specification that there is not', unlinked('/limits/', '/limit/'), 3, 'isthmus.dev/limits/v1.0'],
    ['a version that there is not', unlinked('limits/v1.0', 'limits/v2.0'), 3, 'isthmus.dev/limits/v1.0'],
    ['an import that there is not', unlinked('"@rateLimit"', '"@rateLimt"'), 3, '@rateLimit, @constraint'],
    ['an import without its @', unlinked('"@rateLimit"', '"rateLimit"'), 3, '@rateLimit, @constraint'],
    ['an identity that is no argument', identifiedBy('inptu'), 7, 'name one of input, more'],
    ['an identity called as a subgraph', identifiedBy('other'), 7, 'name one of input, more'],
    ['an identity of a number', identifiedBy('more.x'), 7, 'before "x"'],
    ['an identity that its object does not have', identifiedBy('input.emial'), 7, 'name one of email, tags'],
    ['an identity inside a list', identifiedBy('input.tags.email'), 7, 'before "email"'],
  ])('%s', async (_what, sdl, line, fix) => {
    const [problem] = await problemsOf(sdl);
    expect(problem).toMatchObject({ severity: 'error', places: [{ subgraph: 'extra', line }] });
    expect(problem?.suggestedFix).toContain(fix);
  });

  it('each time where it is made several times', async () => {
    const problems = await problemsOf(`${limits}\ntype Query {\n  a: Int @cost\n  b: Int @cost\n}`);
    expect(problems.map(({ places }) => places[0]?.line)).toEqual([6, 7]);
  });
});

it('takes one name for a list of one, as GraphQL does', async () => {
  const sdl = `${limits}
    type Query {
      page(first: Int): Page @listSize(slicingArguments: "first", sizedFields: "edges")
      login(input: Login!): Int @rateLimit(max: 1, window: "1m", identityArgs: "input.email")
    }
    type Page { edges: [Int] }`;
  const { costTypes, fieldRates } = await compose([
    { name: 'a', url: 'http://127.0.0.1:1/', sdl, origin: 'a.graphql' },
  ]);
  expect(costTypes.fields.get('Query')?.get('page')?.listSize).toMatchObject({
    slicing: [{ path: ['first'] }],
    sizedFields: [['edges']],
  });
  expect(fieldRates.get('Query.login')).toMatchObject([{ identityArgs: ['input.email'] }]);
});
