import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { aiFieldsOf } from '../../../../../src/ai/fields/ai-field.ts';
import { emptyPathReason } from '../../../../../src/ai/fields/output/empty-paths.ts';
import { parsePrompt } from '../../../../../src/ai/fields/prompts/prompt.ts';
import { linkOwnDirectives } from '../../../../../src/supergraph/index.ts';

const document = parse(`extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
scalar JSON
input Wish { tone: String  words: [Word!] }
input Word { text: String! }
interface Actor { name: String! @external }
type Person implements Actor { name: String! @external  age: Int @external }
type Company implements Actor { name: String! @external  trade: String @external }
union Place = Town | Sea
type Town { mayor: String @external }
type Sea { depth: Int @external }
type Review { body: String @external  rating: Int @external  author: Actor @external }
type Product @key(fields: "id") {
  id: ID!
  name: String @external
  specs: JSON @external
  grid: [[Review!]] @external
  maker: Company @external
  place: Place @external
  reviews(first: Int): [Review!] @external
  text(wish: Wish, n: Int): String
    @requires(fields: """name specs grid { body } maker { name } place { ... on Town { mayor } ... on Sea { depth } }
      reviews(first: 3) { body author { name ... on Person { age } } }""")
    @generate(prompt: "p", maxOutputTokens: 5)
}`);
const schema = buildSubgraphSchema([{ typeDefs: linkOwnDirectives(document) }]);
const [field] = aiFieldsOf(document);

async function problems(template: string, partials: Readonly<Record<string, string>> = {}): Promise<string[]> {
  if (field === undefined) throw new Error('there is one field');
  const prompt = await parsePrompt('p', template, new Map(Object.entries(partials)));
  return prompt.paths.flatMap((path) => {
    const reason = emptyPathReason(schema, field, path);
    return reason === undefined ? [] : [`${path.line}: {{${path.original}}} ${reason}`];
  });
}

describe('paths that a prompt reads below its variables', () => {
  it.each([
    '{{maker.name}} {{wish.tone}} {{n}} {{name.length}}',
    '{{#each reviews}}{{body}} {{this.author.name}} {{author.age}} {{../name}} {{@root.maker.name}} {{@index}}{{/each}}',
    '{{#each reviews as |review index|}}{{review.body}} {{index}} {{review.author.age}}{{/each}}',
    '{{#with maker}}{{name}}{{/with}} {{#with reviews.[0].author}}{{age}}{{/with}}',
    '{{reviews.length}} {{reviews.0.body}} {{lookup reviews 0}} {{json reviews.1.author}}',
    '{{#each grid}}{{#each this}}{{body}}{{/each}}{{/each}}',
    '{{specs.weight.kg}} {{#each specs}}{{this.x}}{{/each}}',
    '{{place.mayor}} {{place.depth}}',
    '{{#each wish.words}}{{text}}{{/each}}',
    '{{#each maker}}{{this.anything}}{{/each}}',
    '{{#with (lookup reviews 0)}}{{whatever.it}}{{/with}}',
    '{{#if maker.name}}{{#unless reviews.length}}x{{/unless}}{{/if}}',
  ])('exists: %s', async (template) => {
    expect(await problems(template)).toEqual([]);
  });

  it.each([
    ['{{name}}\n{{maker.nmae}}', '2: {{maker.nmae}} maker has no nmae by @requires'],
    ['{{maker.trade}}', '1: {{maker.trade}} maker has no trade by @requires'],
    ['{{reviews.body}}', '1: {{reviews.body}} reviews is a list: write {{#each reviews}}'],
    ['{{#each reviews}}{{rating}}{{/each}}', '1: {{rating}} reviews has no rating by @requires'],
    [
      '{{#each reviews}}{{#with author}}{{../rating}}{{/with}}{{/each}}',
      '1: {{../rating}} reviews has no rating by @requires',
    ],
    [
      '{{#each reviews as |r|}}{{r.author.agee}}{{/each}}',
      '1: {{r.author.agee}} reviews.author has no agee by @requires',
    ],
    ['{{wish.tune}}', '1: {{wish.tune}} wish has no tune by its type'],
    ['{{#each wish.words}}{{txt}}{{/each}}', '1: {{txt}} wish.words has no txt by its type'],
    ['{{name.first}}', '1: {{name.first}} name has no first by @requires'],
    ['{{place.name}}', '1: {{place.name}} place has no name by @requires'],
    ['{{#if maker.nmae}}x{{/if}}', '1: {{maker.nmae}} maker has no nmae by @requires'],
  ])('is missing: %s', async (template, problem) => {
    expect(await problems(template)).toEqual([problem]);
  });

  it('is reported of partials at the line that includes them', async () => {
    expect(await problems('a\n{{> one maker}}', { one: '\n{{name}} {{nmae}}' })).toEqual([
      '2: {{nmae}} maker has no nmae by @requires',
    ]);
    expect(await problems('{{> one from=maker}}', { one: '{{from.nmae}}' })).toEqual([]);
  });
});
