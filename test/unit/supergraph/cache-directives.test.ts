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
