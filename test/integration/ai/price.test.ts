/** The price of an operation's AI fields: known before it runs, bounded, held, and told. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiAnswer, type AiGraph, aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

const sdl = `${aiLink.replace('ai/v1.0', 'ai/v1.1')}
type Query { haiku(about: String!): String @generate(prompt: "haiku", maxOutputTokens: 100, maxInputTokens: 900) }
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 100, maxInputTokens: 900)
  verdict: String @requires(fields: "reviews(first: 5) { mood }")
    @generate(prompt: "verdict", maxOutputTokens: 200, maxInputTokens: 600)
  caption: String @requires(fields: "name") @generate(prompt: "caption", maxOutputTokens: 10, maxInputTokens: 80)
  reviews(first: Int = 10): [Review!]! @external
}
type Review @key(fields: "id") {
  id: ID!
  body: String! @external
  mood: String @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 50, maxInputTokens: 900)
}
`;
const prompt = (model: string, text: string, more = '') =>
  `---\nmodel: ${model}${more}\n---\n{{role "system"}}\nWork.\n{{role "user"}}\n${text}`;

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: 30,
    workers: 1,
    subgraphs: {
      assistant: {
        sdl,
        prompts: {
          'haiku.prompt': prompt('fast', '{{about}}'),
          'slogan.prompt': prompt('fast', '{{name}}'),
          'verdict.prompt': prompt('fast', '{{#each reviews}}{{mood}}{{/each}}'),
          'caption.prompt': prompt('fast', '{{name}}', '\nbatch: { max: 5 }'),
          'mood.prompt': prompt('fast', '{{body}}'),
        },
      },
    },
    models: 'cheap: { targets: [test/small], retries: 0 }',
    yaml: 'limits: { ai_usd: "0.5" }',
  });
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  graph.provider.reset();
  graph.provider.respond(() => ({ text: 'fine', usage: { inputTokens: 20, outputTokens: 2 } }));
});

interface Cost {
  readonly estimatedUsd: string;
  readonly actualUsd: string;
  readonly calls: number;
  readonly cached: number;
}

const costOf = (answer: AiAnswer): Cost => (answer.extensions as unknown as { cost: { ai: Cost } }).cost.ai;

async function price(query: string, variables?: Record<string, unknown>): Promise<Cost> {
  let cost: Cost | undefined;
  const calls = await graph.calls(async () => {
    const answer = await graph.query(query, variables, { 'isthmus-dry-run': 'true' });
    expect(answer).toMatchObject({ status: 200, data: null });
    expect(answer.errors).toBeUndefined();
    cost = costOf(answer);
  });
  expect(calls).toBe(0);
  expect(cost).toMatchObject({ actualUsd: '0', calls: 0, cached: 0 });
  return cost as Cost;
}

/** Of a slogan: 900 tokens at $1 and 100 at $2 for a million. */
const slogan = 0.0011;
const mood = 0.001;

describe('a dry run', () => {
  it.each([
    ['one field of Query', '{ haiku(about: "rain") }', 0.0011],
    ['no AI field', '{ products { name } }', 0],
    ['a field of one entity', '{ product(id: "p1") { slogan } }', slogan],
    ['as many as the client wants', '{ products(first: 7) { slogan } }', 7 * slogan],
    ['as many as the argument’s default', '{ products { slogan } }', 100 * slogan],
    ['lists in lists', '{ products(first: 3) { reviews(first: 4) { mood } } }', 12 * mood],
    ['what a field requires of other AI fields', '{ product(id: "p1") { verdict } }', 5 * mood + 0.001],
    ['aliases that are one field', '{ product(id: "p1") { slogan again: slogan } }', slogan],
    ['what is included', '{ product(id: "p1") { slogan @include(if: true) } }', slogan],
    ['nothing of what is skipped', '{ product(id: "p1") { name slogan @skip(if: true) } }', 0],
  ])('prices %s, and sends nothing', async (_what, query, usd) => {
    expect(Number((await price(query)).estimatedUsd)).toBeCloseTo(usd, 9);
  });

  it('prices each request by its variables', async () => {
    const query = 'query($n: Int!, $with: Boolean!) { products(first: $n) { slogan @include(if: $with) } }';
    for (const [n, isIncluded, usd] of [
      [1, true, slogan],
      [9, true, 9 * slogan],
      [9, false, 0],
    ] as const)
      expect(Number((await price(query, { n, with: isIncluded })).estimatedUsd)).toBeCloseTo(usd, 9);
  });

  it('runs no mutation, and is not the answer of a query that runs', async () => {
    const query = '{ products(first: 2) { name } }';
    const [dry, real] = await Promise.all([
      graph.query(query, undefined, { 'isthmus-dry-run': 'true' }),
      graph.query(query),
    ]);
    expect(dry.data).toBeNull();
    expect(real.data).toMatchObject({ products: [{ name: 'Product 1' }, { name: 'Product 2' }] });
  });

  it('has no price where its operation is refused before it is priced', async () => {
    const query = 'query ($n: Int!) { products(first: $n) { slogan } }';
    const answer = await graph.query(query, { n: 'two' }, { 'isthmus-dry-run': 'true' });
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(answer.extensions).toBeUndefined();
  });

  it('is refused where its header says neither', async () => {
    const answer = await graph.query('{ products { name } }', undefined, { 'isthmus-dry-run': 'yes' });
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect(answer.data).toBeUndefined();
  });
});

describe('an operation with AI fields', () => {
  it('costs no more than estimated, and says both', async () => {
    const response = await fetch(graph.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'isthmus-explain': 'cost' },
      body: JSON.stringify({ query: '{ products(first: 4) { slogan } }' }),
    });
    const { extensions } = (await response.json()) as { extensions: { cost: { ai: Cost } } };
    expect(extensions.cost.ai).toEqual({ estimatedUsd: '0.0044', actualUsd: '0.000096', calls: 4, cached: 0 });
    expect(response.headers.get('isthmus-cost-usd-estimated')).toBe('0.0044');
    expect(response.headers.get('isthmus-cost-usd')).toBe('0.000096');
    const again = await graph.query('{ products(first: 5) { slogan } }', undefined, { 'isthmus-explain': 'cost' });
    expect(costOf(again)).toMatchObject({ estimatedUsd: '0.0055', actualUsd: '0.000024', calls: 1, cached: 4 });
  });

  it('shares the price of a batch among its items', async () => {
    graph.provider.respond(({ body }) => {
      const text = JSON.stringify((body as { messages: unknown }).messages);
      const items = [...text.matchAll(/Item (\d+) of \d+, id (\w+)/g)].map(([, index, id]) => ({
        index: Number(index),
        id,
        answer: 'fine',
      }));
      return { text: JSON.stringify({ items }), usage: { inputTokens: 300, outputTokens: 100 } };
    });
    const answer = await graph.query('{ products(first: 10) { caption } }', undefined, { 'isthmus-explain': 'cost' });
    expect(answer.errors).toBeUndefined();
    expect(costOf(answer)).toMatchObject({ calls: 2, actualUsd: '0.001' });
    expect(Number(costOf(answer).estimatedUsd)).toBeGreaterThanOrEqual(0.001);
    expect(Number(costOf(answer).estimatedUsd)).toBeLessThan(0.003);
  });

  it('that may cost more than its client wants does not run, and is told what would fit', async () => {
    const query = 'query($n: Int!) { products(first: $n) { name slogan reviews(first: 3) { mood } } }';
    const calls = await graph.calls(async () => {
      const answer = await graph.query(query, { n: 20 }, { 'isthmus-max-usd': '0.05' });
      expect(answer.data).toBeUndefined();
      expect(answer.errors).toMatchObject([
        {
          message:
            'The AI fields of the operation may cost $0.082; at most $0.05 are allowed (isthmus-max-usd). ' +
            'Dearest: products.reviews.mood ($0.06, 60 items), products.slogan ($0.022, 20 items); ' +
            'products(first: 12), or reviews(first: 1), or the model "cheap" for Review.mood would fit.',
          extensions: {
            code: 'AI_COST_ESTIMATED_TOO_EXPENSIVE',
            estimatedUsd: '0.082',
            limitUsd: '0.05',
            fields: [
              { path: 'products.reviews.mood', items: 60, usd: '0.06' },
              { path: 'products.slogan', items: 20, usd: '0.022' },
            ],
          },
        },
      ]);
    });
    expect(calls).toBe(0);
    const fitting = await graph.query(query, { n: 12 }, { 'isthmus-max-usd': '0.05' });
    expect(fitting.errors).toBeUndefined();
  });

  it('that may cost more than limits.ai_usd does not run either, dry or not', async () => {
    const query = '{ products(first: 1000) { slogan } }';
    for (const headers of [{}, { 'isthmus-dry-run': 'true' }]) {
      const answer = await graph.query(query, undefined, headers);
      expect(answer).toMatchObject({
        errors: [
          {
            message: expect.stringContaining('(limits.ai_usd)'),
            extensions: { code: 'AI_COST_ESTIMATED_TOO_EXPENSIVE' },
          },
        ],
      });
    }
  });
});
