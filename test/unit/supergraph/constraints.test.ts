/** A `@constraint` that cannot be enforced as it is written refuses the composition, with its place and how to mend it. */
import { describe, expect, it } from 'vitest';
import { composeSubgraphs } from '../../../src/supergraph/compose-subgraphs.ts';
import { composeOrThrow } from '../../testkit/random/test-graph.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])
  @link(url: "https://isthmus.dev/limits/v1.0", import: ["@constraint"])`;

function compose(...sdls: readonly string[]) {
  const sources = sdls.map((sdl, index) => ({
    name: 'abc'[index] ?? '',
    url: 'http://a',
    origin: `${index}.graphql`,
    sdl,
  }));
  return composeSubgraphs(sources);
}

function problemsOf(...sdls: readonly string[]) {
  const outcome = compose(...sdls);
  return outcome.kind === 'failed' ? outcome.problems : [];
}

const field = (argument: string) => `${link}
  enum Sort { UP }
  input Filter { word: String }
  scalar Code
  type Query { items(${argument}): String }`;

describe('a @constraint', () => {
  it.each([
    ['x: String @constraint(min: 1)', /has min on a String/, /only numbers/],
    ['x: Int @constraint(maxLength: 3)', /has maxLength on a Int/, /only texts/],
    ['x: Boolean @constraint(pattern: "a")', /has pattern on a Boolean/, /only texts/],
    ['x: Sort @constraint(format: "email")', /has format on a Sort/, /only texts/],
    ['x: Filter @constraint(minLength: 1)', /has minLength on a Filter/, /only texts/],
    ['x: Int @constraint(maxItems: 3)', /has maxItems on a value that is no list/, /remove/],
    ['x: Int @constraint(min: 5, max: 4)', /has a min above its max/, /exchange/],
    ['x: String @constraint(minLength: 5, maxLength: 4)', /has a minLength above its maxLength/, /exchange/],
    ['x: String @constraint(maxLength: -1)', /has a maxLength below 0/, /0 or more/],
    ['x: String @constraint(pattern: "(?=a)")', /has the pattern \(\?=a\), which does not compile/, /RE2/],
    ['x: String @constraint(format: "emial")', /has the format emial.*email/, /byte, date/],
    ['x: String @constraint', /says nothing/, /what the value must be/],
    ['x: Int = 9 @constraint(max: 5)', /is broken by the default beside it \(max\)/, /default that it allows/],
    ['x: [String!] = ["a", "bbb"] @constraint(maxLength: 2)', /is broken by the default.*maxLength/, /default/],
  ])('that is wrong refuses the composition: %s', (argument, message, fix) => {
    const [problem, ...others] = problemsOf(field(argument));
    expect(problem).toMatchObject({
      code: 'CONSTRAINT_INVALID',
      places: [{ subgraph: 'a', origin: '0.graphql', line: 6 }],
    });
    expect(problem?.message).toMatch(message);
    expect(problem?.message).toContain('"Query.items(x:)"');
    expect(problem?.suggestedFix).toMatch(fix);
    expect(others).toEqual([]);
  });

  it('that leaves no value beside that of another subgraph refuses the composition', () => {
    const items = (constraint: string) =>
      `${link} type Query { items(x: Int @constraint(${constraint})): String @shareable }`;
    const problems = problemsOf(items('min: 10'), items('max: 5'));
    expect(problems.map(({ message }) => message)).toEqual([
      '[a] @constraint on "Query.items(x:)" leaves no value: with that of "b", min is above max',
      '[b] @constraint on "Query.items(x:)" leaves no value: with that of "a", min is above max',
    ]);
  });

  it('is the strictest of those of all subgraphs, also of one that has none', () => {
    const items = (imported: string, constraint: string) =>
      `${imported} type Query { items(x: String ${constraint}): String @shareable }`;
    const plain = link.replace(/@link\(url: "https:\/\/isthmus.*$/m, '');
    const { constraints } = composeOrThrow([
      { name: 'a', sdl: items(link, '@constraint(minLength: 2, maxLength: 9, pattern: "^a")') },
      { name: 'b', sdl: items(link, '@constraint(minLength: 1, maxLength: 7, pattern: "z$")') },
      { name: 'c', sdl: items(plain, '') },
    ]);
    expect([...constraints]).toEqual([['Query.items(x:)', { minLength: 2, maxLength: 7, patterns: ['^a', 'z$'] }]]);
  });

  it.each([
    ['https://isthmus.dev/limits/v1.1', '"@constraint"', /another version/],
    ['https://isthmus.dev/limits/v1.0', '"@constraint", "@rateTax"', /@rateTax/],
  ])('of a specification that is not enforced is refused: %s', (url, imports, message) => {
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@composeDirective"])
      @link(url: "${url}", import: [${imports}])
      directive @constraint(max: Int) on ARGUMENT_DEFINITION
      directive @rateTax on FIELD_DEFINITION
      type Query { items(x: Int @constraint(max: 5)): String }`;
    const problems = problemsOf(sdl);
    expect(problems.map(({ code }) => code)).toContain('SECURITY_FEATURE_NOT_ENFORCED');
    expect(problems.map(({ message: text }) => text).join('\n')).toMatch(message);
  });

  it('under another name is read as well', () => {
    const { constraints } = composeOrThrow([
      {
        name: 'a',
        sdl: `${link.replace('"@constraint"', '{ name: "@constraint", as: "@must" }')} type Query { items(x: Int @must(max: 5)): String }`,
      },
    ]);
    expect([...constraints]).toEqual([['Query.items(x:)', { max: 5 }]]);
  });

  it('that is used without its import is told how to', () => {
    const [problem] = problemsOf(field('x: Int @constraint(max: 5)').replace(/@link\(url: "https:\/\/isthmus.*$/m, ''));
    expect(problem?.suggestedFix).toContain('https://isthmus.dev/limits/v1.0');
  });
});
