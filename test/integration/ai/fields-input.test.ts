/** How much a call for an AI field reads: bounded, and what becomes of a longer input. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

const link = aiLink.replace('ai/v1.0', 'ai/v1.1');
const sdl = `${link}
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  description: String @external
  reviews(first: Int = 10): [Review!]! @external
  strict: String @requires(fields: "description") @generate(prompt: "describe", maxOutputTokens: 50, maxInputTokens: 400)
  cut: String @requires(fields: "description")
    @generate(prompt: "describe", maxOutputTokens: 50, maxInputTokens: 400, input: "truncate")
  whole: [String!] @requires(fields: "reviews(first: 100) { body rating }")
    @generate(prompt: "words", maxOutputTokens: 50, maxInputTokens: 600)
  each: String @requires(fields: "name description") @generate(prompt: "each", maxOutputTokens: 50, maxInputTokens: 400)
}
type Review @key(fields: "id") { id: ID!  body: String! @external  rating: Int! @external }
`;

const prompts = {
  'describe.prompt': '---\nmodel: fast\n---\n{{role "system"}}\nDescribe.\n{{role "user"}}\n{{description}}',
  'words.prompt':
    '---\nmodel: fast\ninput: { tooLong: chunk }\n---\n{{role "system"}}\nList the words.\n{{role "user"}}\n{{#each reviews}}\n- {{body}}\n{{/each}}',
  'each.prompt':
    '---\nmodel: fast\nbatch: { max: 10 }\n---\n{{role "system"}}\nDescribe.\n{{role "user"}}\n{{name}} {{description}}',
  'rest.prompt':
    '---\nmodel: fast\nconfig: { maxOutputTokens: 20, maxInputTokens: 100 }\n---\n{{role "user"}}\n{{text}}',
};

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 3, workers: 1, subgraphs: { assistant: { sdl, prompts } } });
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  graph.provider.reset();
  for (const product of graph.products) product.description = 'A lamp.';
});

const long = (words: number) => Array.from({ length: words }, (_, index) => `light${index}`).join(' ');
const sent = () => graph.provider.requests.map(({ body }) => JSON.stringify((body as { messages: unknown }).messages));

describe('the input of an AI field', () => {
  it('that is too long is rejected before any call, beside the others’ answers', async () => {
    graph.provider.respond(() => ({ text: 'fine' }));
    (graph.products[0] as { description: string }).description = long(1_000);
    const answer = await graph.query('{ products(first: 2) { name strict } }');
    expect(answer.data).toEqual({
      products: [
        { name: 'Product 1', strict: null },
        { name: 'Product 2', strict: 'fine' },
      ],
    });
    expect(answer.errors).toMatchObject([
      {
        path: ['products', 0, 'strict'],
        message: expect.stringMatching(/^The input has about \d{4} tokens; at most 400 are allowed\.$/),
        extensions: { code: 'AI_INPUT_TOO_LONG' },
      },
    ]);
    expect(sent()).toHaveLength(1);
  });

  it('is cut where the field says so, and the instructions stay', async () => {
    graph.provider.respond(() => ({ text: 'fine' }));
    (graph.products[0] as { description: string }).description = long(1_000);
    const answer = await graph.query('{ product(id: "p1") { cut } }');
    expect(answer).toMatchObject({ data: { product: { cut: 'fine' } } });
    const [message = ''] = sent();
    expect(message).toContain('Describe.');
    expect(message).toContain('light50 ');
    expect(message).not.toContain('light500');
  });

  it('is answered in parts that lose nothing, and their answers are combined', async () => {
    const [product] = graph.products;
    const bodies = Array.from({ length: 40 }, (_, index) => `review-${index} ${'good '.repeat(20)}`);
    (product as { reviews: unknown }).reviews = bodies.map((body, index) => ({
      ...product?.reviews[0],
      id: `x${index}`,
      body,
    }));
    graph.provider.respond(({ body }) => {
      const text = JSON.stringify((body as { messages: unknown }).messages);
      if (text.includes('Combine them')) return { text: JSON.stringify({ value: ['combined'] }) };
      return { text: JSON.stringify({ value: [`part ${/review-\d+/.exec(text)?.[0]}`] }) };
    });
    const answer = await graph.explain('{ product(id: "p1") { whole } }');
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ product: { whole: ['combined'] } });
    const requests = sent();
    const combination = requests.at(-1) ?? '';
    for (let index = 0; index < 40; index++)
      expect(requests.slice(0, -1).filter((text) => text.includes(`review-${index} `))).toHaveLength(1);
    expect(combination).toContain('List the words.');
    expect(combination).toContain('part review-0');
    const explained = answer.extensions?.ai?.['product.whole'];
    expect(explained).toMatchObject({ attempts: requests.length });
    expect(explained).not.toHaveProperty('repaired');
  });

  it('in a batch is bounded for each item', async () => {
    graph.provider.respond(({ body }) => {
      const text = JSON.stringify((body as { messages: unknown }).messages);
      const items = [...text.matchAll(/Item (\d+) of \d+, id (\w+)/g)].map(([, index, id]) => ({
        index: Number(index),
        id,
        answer: 'fine',
      }));
      return { text: JSON.stringify({ items }) };
    });
    (graph.products[1] as { description: string }).description = long(1_000);
    const answer = await graph.query('{ products { each } }');
    expect(answer.data).toEqual({ products: [{ each: 'fine' }, { each: null }, { each: 'fine' }] });
    expect(answer.errors).toMatchObject([{ path: ['products', 1, 'each'], extensions: { code: 'AI_INPUT_TOO_LONG' } }]);
    expect(sent()).toHaveLength(1);
  });

  it('of a prompt over REST is bounded too', async () => {
    const run = (text: string) =>
      fetch(new URL('/v1/prompts/rest', graph.gateway.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ input: { text } }),
      });
    expect((await run('short')).status).toBe(200);
    const refused = await run(long(500));
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('at most 100 are allowed');
  });
});
