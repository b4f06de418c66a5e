/** Schemas that an owner may hand in by mistake: each is refused with its line and what mends it. */
import { describe, expect, it } from 'vitest';
import { CompositionError, compose } from '../../../src/supergraph/index.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])';

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
  ])('%s', async (_what, sdl, line, fix) => {
    const [problem] = await problemsOf(sdl);
    expect(problem).toMatchObject({ severity: 'error', places: [{ subgraph: 'extra', line }] });
    expect(problem?.suggestedFix).toContain(fix);
  });
});
