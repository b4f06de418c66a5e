/** A directive of caching that would make no tag as it is written refuses the composition, with its place and how to mend it. */
import { describe, expect, it } from 'vitest';
import { composeSubgraphs } from '../../../src/supergraph/compose-subgraphs.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", { name: "@cacheTag", as: "@tagged" }])
  @link(url: "https://isthmus.dev/cache/v1.0", import: ["@invalidates"])`;

function compose(sdl: string) {
  return composeSubgraphs([{ name: 'a', url: 'http://a', origin: 'a.graphql', sdl: `${link}\n${sdl}` }]);
}

const graph = ({ onType = '', onField = '', onMutation = '', onOther = '' }) => `
  type Query { items(text: String, filter: Filter): [Item!]! ${onField} }
  type Mutation { change(id: ID!, filter: Filter): Change ${onMutation} }
  input Filter { word: String }
  type Change { item: Item words: [String!] }
  type Item @key(fields: "id org { id }") @key(fields: "id") ${onType} { id: ID! org: Org name: String ${onOther} }
  type Org { id: ID! }`;

describe('a directive of caching', () => {
  it.each([
    [{ onType: '@tagged(format: "item-{$key.id}") @tagged(format: "items")' }],
    [{ onField: '@tagged(format: "items-{$args.text}-{ $args.filter.word }")' }],
    [{ onMutation: '@invalidates(tags: ["a-{$args.id}", "b-{$args.filter.word}", "c-{$result.item.org.id}"])' }],
    [{ onMutation: '@invalidates(tags: "words-{$result.words}") @invalidates(tags: ["items"])' }],
  ])('composes: %j', (parts) => {
    expect(compose(graph(parts))).toMatchObject({ kind: 'composed' });
  });

  it.each([
    [{ onType: '@tagged(format: "{$key.name}")' }, /{\$key.name}, which is not in every @key of Item/, /{\$key.id}/],
    [
      { onType: '@tagged(format: "{$key.org.id}")' },
      /{\$key.org.id}, which is not in every.*not in "id"/,
      /write {\$key.id}/,
    ],
    [{ onType: '@tagged(format: "{$args.id}")' }, /which a type does not have/, /{\$key/],
    [{ onType: '@tagged(format: "")' }, /is empty/, /product-{\$key.id}/],
    [{ onType: '@tagged(format: "item-{$key.id")' }, /a { without its }/, /product-{\$key.id}/],
    [{ onType: '@tagged(format: "item-{id}")' }, /has {id}, which names nothing/, /product-{\$key.id}/],
    [{ onOther: '@tagged(format: "name")' }, /on a field that is not of Query/, /the entity type/],
    [{ onField: '@tagged(format: "{$args.test}")' }, /no argument of the field; did you mean "text"/, /text, filter/],
    [{ onField: '@tagged(format: "{$args.filter}")' }, /which is an object/, /its fields: word/],
    [
      { onField: '@tagged(format: "{$args.filter.words}")' },
      /Filter has no field "words"; did you mean "word"/,
      /word/,
    ],
    [{ onField: '@tagged(format: "{$key.id}")' }, /a field of Query does not have/, /{\$args/],
    [{ onMutation: '@tagged(format: "a")' }, /on a field that is not of Query/, /field of Query/],
    [{ onMutation: '@invalidates(tags: [])' }, /names no tags/, /write the tags/],
    [{ onMutation: '@invalidates(tags: ["{$args.word}"])' }, /is no argument of the field/, /id, filter/],
    [{ onMutation: '@invalidates(tags: ["{$key.id}"])' }, /a field of Mutation does not have/, /{\$result/],
    [{ onMutation: '@invalidates(tags: ["{$result.item}"])' }, /which is an object/, /id, org, name/],
    [{ onMutation: '@invalidates(tags: ["{$result.item.nam}"])' }, /did you mean "name"/, /id, org, name/],
    [{ onField: '@invalidates(tags: ["a"])' }, /on a field that is not of Mutation/, /put it on the mutation/],
  ])('is refused with its place: %j', (parts, message, fix) => {
    const outcome = compose(graph(parts));
    const problems = outcome.kind === 'failed' ? outcome.problems : [];
    expect(problems.map((problem) => problem.places[0]?.origin)).toEqual(['a.graphql']);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.suggestedFix).toMatch(fix);
    expect(problems[0]?.places[0]?.line).toBeGreaterThan(2);
    expect(problems[0]?.code).toBe(
      JSON.stringify(parts).includes('@tagged') ? 'CACHE_TAG_INVALID' : 'INVALIDATES_INVALID',
    );
  });

  it('is refused on a type that is cached as a part of others', () => {
    const outcome = compose('type Query { part: Part } type Part @tagged(format: "part") { id: ID! }');
    expect(outcome).toMatchObject({
      problems: [
        {
          code: 'CACHE_TAG_INVALID',
          message: /without a @key/.exec('')?.[0] ?? expect.stringContaining('without a @key'),
        },
      ],
    });
  });
});

describe('@fallback', () => {
  const fallback = (type: string, value: string, more = '') =>
    composeSubgraphs([
      {
        name: 'a',
        url: 'http://a',
        origin: 'a.graphql',
        sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])
          @link(url: "https://isthmus.dev/cache/v1.0", import: ["@fallback"])
          enum Mood { GOOD BAD }
          scalar Json
          type Item { id: ID! }
          type Query { x: ${type} @fallback(value: ${JSON.stringify(value)}) } ${more}`,
      },
    ]);

  it.each([
    ['Int!', '7'],
    ['Float', '1'],
    ['Float', '-1.5e3'],
    ['String', '"a text"'],
    ['ID!', '7'],
    ['Boolean', 'false'],
    ['Mood', 'BAD'],
    ['[[Mood!]!]!', '[[GOOD], []]'],
    ['[Item!]!', '[]'],
    ['Item', 'null'],
    ['Json', '{ a: [1] }'],
  ])('of %s may be %s', (type, value) => {
    expect(fallback(type, value)).toMatchObject({ kind: 'composed' });
  });

  it.each([
    ['Int', '"7"', /a value that is no Int/, /value: "0"/],
    ['Int', '3000000000', /a value that is no Int/, /value: "0"/],
    ['Int!', 'null', /has null, and the field is never null/, /nullable/],
    ['String', 'text', /a value that is no String/, /\\"text\\"/],
    ['Mood', 'GODO', /none of Mood; did you mean "GOOD"/, /GOOD, BAD/],
    ['[Int!]', '[1, null]', /has null/, /nullable/],
    ['[Int]', '1', /a value that is no list/, /\[\]/],
    ['Item', '{ id: 1 }', /has an object/, /write null/],
    ['String', '"open', /is no GraphQL literal/, /literal/],
    ['String', '$x', /is no GraphQL literal/, /literal/],
  ])('of %s may not be %s', (type, value, message, fix) => {
    const outcome = fallback(type, value);
    expect(outcome).toMatchObject({
      problems: [{ code: 'FALLBACK_INVALID', places: [{ origin: 'a.graphql', line: 6 }] }],
    });
    const [problem] = outcome.kind === 'failed' ? outcome.problems : [];
    expect(problem?.message).toMatch(message);
    expect(problem?.suggestedFix).toMatch(fix);
  });

  it.each([
    ['type Mutation { y: Int @fallback(value: "1") }', /a field of Mutation/],
    ['interface I { y: Int @fallback(value: "1") } type J implements I { y: Int }', /a field of an interface/],
  ])('is refused: %s', (more, message) => {
    const outcome = fallback('Int', '1', more);
    expect(outcome.kind === 'failed' ? outcome.problems[0]?.message : '').toMatch(message);
  });

  it('is one value in all subgraphs', () => {
    const subgraph = (name: string, value: string) => ({
      name,
      url: `http://${name}`,
      origin: `${name}.graphql`,
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])
        @link(url: "https://isthmus.dev/cache/v1.0", import: ["@fallback"])
        type Query { x: Int @shareable @fallback(value: "${value}") }`,
    });
    expect(composeSubgraphs([subgraph('a', '1'), subgraph('b', '1')])).toMatchObject({ kind: 'composed' });
    const outcome = composeSubgraphs([subgraph('a', '1'), subgraph('b', '2')]);
    expect(outcome.kind === 'failed' ? outcome.problems[0]?.message : '').toMatch(/\[b\] .* differs from that of "a"/);
  });
});
