/** An AI field reads what its @requires names, whatever a client aliases, selects or omits besides it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, echo, startAiGraph, userTextOf } from '../testkit/graphs/ai-graph.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 2 });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  graph.provider.reset();
  graph.provider.respond(echo);
  for (const one of graph.products) Object.assign(one, { name: 'Kettle', description: 'Boils.' });
});

describe('an alias of a required field does not affect what is required', () => {
  const summary =
    'Said of: Locale en. Product Kettle.\n- 3 Review 1 of product 1.\n- 4 Review 2 of product 1.\n- 5 Review 3 of product 1.';
  it.each([
    ['fewer reviews beside it', 'reviews(first: 1) { body } summary', summary],
    ['none at all', 'reviews(first: 0) { id } summary', summary],
    ['a number in the name of the reviews', 'reviews: averageRating summary', summary],
    ['the description in the name of the name', 'name: description summary', summary],
    ['reviews in the name of the name', 'name: reviews(first: 1) { id } summary', summary],
    ['aliases below', 'reviews(first: 20) { body: rating rating: body } summary', summary],
    ['another object there', 'reviews(first: 20) { body: author { id } } summary', summary],
    ['the summary in the name of the reviews', 'reviews: summary name: summary summary', summary],
    ['the id elsewhere', 'id: name summary name: id', summary],
    ['the type’s name there', '__typename: name name: __typename summary', summary],
  ])('%s', async (_name, selection, expected) => {
    const { data, errors } = await graph.query(`{ product(id: "p1") { ${selection} } }`);
    expect(errors).toBeUndefined();
    expect(data.product.summary).toBe(expected);
  });

  it('with separate arguments of the field itself', async () => {
    const { data } = await graph.query(
      `query ($q: String!) { product(id: "p1") { name: description description: name one: answer(question: $q) two: answer(question: "Two?") question: priceCents } }`,
      { q: 'One?' },
    );
    expect(data.product).toEqual({
      name: 'Boils.',
      description: 'Kettle',
      one: 'Said of: Name Kettle. Description Boils.. Question One?.',
      two: 'Said of: Name Kettle. Description Boils.. Question Two?.',
      question: 100,
    });
  });

  it('with fragments, lists and repeated selections', async () => {
    const { data } = await graph.query(
      '{ products { ...A ... on Product { reviews: priceCents } } } fragment A on Product { name: averageRating summary again: summary }',
    );
    expect(data.products.map(({ summary: text }: { summary: string }) => text)).toEqual([
      summary,
      summary.replaceAll('product 1', 'product 2'),
    ]);
    expect(graph.provider.requests.length).toBeLessThanOrEqual(2);
  });
});

describe('required data that could not be fetched', () => {
  it.each([
    ['may not be null, in another subgraph', 'slogan', 'Said of: Label Label of Boils..'],
    ['may be null', 'pitch', 'Said of: Description Boils..'],
  ])('where it %s, makes the field null with that error only, without a model call', async (_name, field, said) => {
    Object.assign(graph.products[0] ?? {}, { description: '!the database is gone' });
    const { data, errors } = await graph.query(`{ products { id text: ${field} } }`);
    expect(data.products).toEqual([
      { id: 'p1', text: null },
      { id: 'p2', text: said },
    ]);
    expect(graph.provider.requests).toHaveLength(1);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.path?.slice(0, 2)).toEqual(['products', 0]);
    expect(errors?.[0]?.extensions.code).not.toMatch(/^AI_|INTERNAL/);
    expect(JSON.stringify(errors)).not.toContain('database');
  });

  it('differs from data that is null, which is an ordinary input', async () => {
    Object.assign(graph.products[0] ?? {}, { description: null });
    const { data, errors } = await graph.query('{ product(id: "p1") { pitch } }');
    expect(errors).toBeUndefined();
    expect(data.product.pitch).toBe('Said of: Description .');
  });
});

it('an AI field may require another one, and is null without a call if that one failed', async () => {
  const prompt = (text: string): string => `---\nmodel: fast\nconfig: { maxOutputTokens: 50 }\n---\n${text}`;
  await using chain = await startAiGraph({
    products: 2,
    subgraphs: {
      writers: {
        sdl: `${aiLink}type Product @key(fields: "id") { id: ID!  name: String! @external
          tagline: String @requires(fields: "name") @generate(prompt: "tagline") }`,
        prompts: { 'tagline.prompt': prompt('Tagline {{name}}') },
      },
      critics: {
        sdl: `${aiLink}type Product @key(fields: "id") { id: ID!  tagline: String @external
          critique: String @requires(fields: "tagline") @generate(prompt: "critique") }`,
        prompts: { 'critique.prompt': prompt('Critique {{tagline}}') },
      },
    },
  });
  chain.provider.respond((request) =>
    userTextOf(request) === 'Tagline Product 1' ? { error: { status: 500 } } : echo(request),
  );
  const { data, errors } = await chain.query('{ products { tagline: critique } }');
  expect(data.products).toEqual([{ tagline: null }, { tagline: 'Said of: Critique Said of: Tagline Product 2' }]);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['AI_MODEL_UNAVAILABLE']);
  expect(chain.provider.requests).toHaveLength(3);
});
