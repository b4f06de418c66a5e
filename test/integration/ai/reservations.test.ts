/**
 * What an operation's AI fields hold in a budget: all of them or none run, nothing is held once the operation has ended,
 * and no number of clients, retries, corrections or unexpected items passes a budget.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

const bounds = 'maxOutputTokens: 100, maxInputTokens: 900';
const sdl = `${aiLink.replace('ai/v1.0', 'ai/v1.1')}
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  page(n: Int): String @requires(fields: "name") @generate(prompt: "page", ${bounds})
  other(n: Int): String @requires(fields: "name") @generate(prompt: "other", ${bounds})
  rated(n: Int): Int @requires(fields: "name") @generate(prompt: "rated", ${bounds})
  several(n: Int): Int @requires(fields: "name") @generate(prompt: "several", ${bounds})
  dear(n: Int): String @requires(fields: "name") @generate(prompt: "dear", ${bounds})
  counted(n: Int): String @requires(fields: "name") @generate(prompt: "counted", ${bounds})
  flooded(n: Int): String @requires(fields: "name") @generate(prompt: "flooded", ${bounds})
  ended(n: Int): String @requires(fields: "name") @generate(prompt: "ended", ${bounds})
}
`;
const prompt = (model: string, more = '') =>
  `---\nmodel: ${model}${more}\n---\n{{role "system"}}\nWork.\n{{role "user"}}\n{{name}} {{n}}`;

/** The most that one call costs: 900 tokens at $1 and 100 at $2 for a million. */
const call = 0.0011;
const budget = (name: string, match: string, limit: string, more = '') =>
  `    - { name: ${name}, match: { ${match} }, ${limit}, every: 1h${more} }`;

let graph: AiGraph;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-ending-'));
  await writeFile(
    join(folder, 'ending.ts'),
    `export const plugin = { name: 'ending', onRequest({ headers }) { if (headers['x-end'] === 'exit') process.exit(7); } };`,
  );
  graph = await startAiGraph({
    products: 30,
    workers: 2,
    subgraphs: {
      assistant: {
        sdl,
        prompts: {
          'page.prompt': prompt('fast'),
          'other.prompt': prompt('uncached'),
          'rated.prompt': prompt('uncached'),
          'several.prompt': prompt('uncached', '\nbatch: { max: 5 }'),
          'dear.prompt': prompt('dear'),
          'counted.prompt': prompt('retried'),
          'ended.prompt': prompt('retried'),
          'flooded.prompt': prompt('uncached'),
        },
      },
    },
    models: `uncached: { targets: [test/m], retries: 0 }, retried: { targets: [test/m], retries: 3 },
      dear: { targets: [test/m], retries: 0 }, cheap: { targets: [test/small], retries: 0 }`,
    fields: '{ cache: { enabled: true } }',
    ai: `  budgets:
${budget('page', 'prompt: page', `limit_usd: "${(10 * call).toFixed(4)}"`)}
${budget('other', 'prompt: other', 'limit_calls: 10')}
${budget('rated', 'prompt: rated', 'limit_calls: 3')}
${budget('several', 'prompt: several', 'limit_calls: 6')}
${budget('dear', 'model: dear', 'limit_calls: 2', ', cheaper_model: cheap')}
${budget('hundred', 'prompt: counted', 'limit_calls: 100')}
${budget('flooded', 'prompt: flooded', 'limit_calls: 7')}
${budget('another hundred', 'prompt: ended', 'limit_calls: 100')}`,
    yaml: `limits: { batch: 20 }
plugins: ["${folder}/ending.ts"]`,
  });
}, 120_000);
afterAll(async () => {
  await graph[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  graph.provider.reset();
  graph.provider.respond(() => ({ text: 'fine', usage: { inputTokens: 0, outputTokens: 0 } }));
});

const explained = { 'isthmus-explain': 'cost' };

describe('an operation whose AI fields a budget has no room for', () => {
  it('runs none of them, and serves the rest', async () => {
    const calls = await graph.calls(async () => {
      const answer = await graph.query('{ products(first: 11) { name page } }');
      expect(answer.data).toEqual({
        products: Array.from({ length: 11 }, (_, index) => ({ name: `Product ${index + 1}`, page: null })),
      });
      expect(answer.errors).toHaveLength(11);
      expect(answer.errors?.[7]).toMatchObject({
        path: ['products', 7, 'page'],
        message: expect.stringContaining('allows $0.011; $0.011 left, $0.0121 needed'),
        extensions: {
          code: 'AI_BUDGET_EXCEEDED',
          budget: { unit: 'usd', limit: '0.011', left: '0.011', needed: '0.0121', name: expect.any(String) },
        },
      });
    });
    expect(calls).toBe(0);
  });

  it('runs all of them where there is room, and what is cached needs none', async () => {
    expect((await graph.query('{ products(first: 10) { page } }')).errors).toBeUndefined();
    // Ten are cached: there is room for the others alone, and not for all.
    const calls = await graph.calls(async () => {
      const answer = await graph.query('{ products(first: 18) { page } }', undefined, explained);
      expect(answer.errors).toBeUndefined();
      expect(answer.extensions).toMatchObject({ cost: { ai: { estimatedUsd: '0.0198', calls: 8, cached: 10 } } });
    });
    expect(calls).toBe(8);
    graph.provider.respond(() => ({ text: 'fine', usage: { inputTokens: 850, outputTokens: 100 } }));
    await graph.query('{ products(first: 28) { page } }');
    const cached = await graph.query('{ products(first: 28) { page } }');
    expect(cached.errors).toBeUndefined();
    const refused = await graph.query('{ products(first: 30) { page } }');
    expect(refused.errors?.map(({ path }) => path)).toEqual([
      ['products', 28, 'page'],
      ['products', 29, 'page'],
    ]);
  });

  it('lets the cheaper model make all of them where the budget names one', async () => {
    const answer = await graph.query('{ products(first: 5) { dear } }');
    expect(answer.errors).toBeUndefined();
    expect(new Set(graph.provider.requests.map(({ model }) => model))).toEqual(new Set(['small']));
  });
});

describe('a budget', () => {
  it('counts a correction as a call of its own, which is not made where there is no room', async () => {
    graph.provider.respond(() => ({ text: '{"value":"many"}', usage: { inputTokens: 10, outputTokens: 2 } }));
    const calls = await graph.calls(async () => {
      const answer = await graph.query('{ products(first: 2) { rated } }');
      expect(answer.errors?.map(({ extensions }) => extensions?.code).sort()).toEqual([
        'AI_BUDGET_EXCEEDED',
        'AI_OUTPUT_INVALID',
      ]);
    });
    expect(calls).toBe(3);
  });

  it('has no room for the items of a batch that falls apart where it is used up', async () => {
    graph.provider.respond(() => ({ text: 'no JSON', usage: { inputTokens: 10, outputTokens: 2 } }));
    const calls = await graph.calls(async () => {
      const answer = await graph.query('{ products(first: 5) { several } }');
      const codes = answer.errors?.map(({ extensions }) => extensions?.code);
      expect(codes).toContain('AI_BUDGET_EXCEEDED');
      expect(codes).toHaveLength(5);
    });
    expect(calls).toBe(6);
  });

  it('is not passed by a list that is longer than it was estimated', async () => {
    const answer = await graph.query('{ labels { other } }', undefined, explained);
    const { labels } = answer.data as { labels: readonly { other: string | null }[] };
    // Estimated at ten items; the next ones need room of their own, which there is none of.
    expect(answer.extensions).toMatchObject({ cost: { ai: { estimatedUsd: '0.011', calls: 10 } } });
    expect(labels.filter(({ other }) => other !== null)).toHaveLength(10);
    expect(answer.errors).toHaveLength(20);
    expect(answer.errors?.[0]?.extensions?.code).toBe('AI_BUDGET_EXCEEDED');
  });

  it.each([
    ['counted', undefined],
    ['ended', 60],
  ])(
    'of exactly 100 calls is never passed by 1,000 clients over two workers: %s',
    async (field, ending) => {
      let requests = 0;
      graph.provider.respond(() => {
        // Some fail, some take a while.
        if (++requests % 9 === 0) return { error: { status: 500 } };
        return { text: 'fine', faults: { delayMs: requests % 7 === 0 ? 40 : 0 } };
      });
      const calls = await graph.calls(async () => {
        await Promise.all(
          Array.from({ length: 1_000 }, async (_, index) => {
            const headers = index === ending ? { 'x-end': 'exit' } : undefined;
            const signal = index % 11 === 0 ? AbortSignal.timeout(25) : undefined;
            const query = `{ product(id: "p${1 + (index % 30)}") { ${field}(n: ${index}) } }`;
            await fetch(graph.gateway.url, {
              method: 'POST',
              headers: { 'content-type': 'application/json', ...headers },
              body: JSON.stringify({ query }),
              ...(signal === undefined ? {} : { signal }),
            }).then(
              (response) => response.text(),
              () => 'its worker ended, or the client left',
            );
          }),
        );
        // Nothing is held: what is left can be used to the last call, and no further.
        for (let index = 0; index < 101; index++)
          await graph.query(`{ product(id: "p1") { ${field}(n: ${10_000 + index}) } }`);
      });
      // What was charged when a client left, or a worker ended, may have been sent or not.
      expect(calls).toBeLessThanOrEqual(100);
    },
    120_000,
  );
});

it('L5: a long list, a hundred aliases, a batch and nested lists reach a provider no more often than a budget allows', async () => {
  const aliases = (field: string) => Array.from({ length: 100 }, (_, n) => `a${n}: ${field}(n: ${n})`).join(' ');
  const ask = async (body: unknown): Promise<string> => {
    const headers = { 'content-type': 'application/json' };
    const url = new URL('/graphql', graph.gateway.server.url);
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).text();
  };
  // Clients that left by the thousand may have opened the breaker.
  const isWell = async () => !(await ask({ query: '{ products(first: 1) { id } }' })).includes('errors');
  await expect.poll(isWell, { timeout: 30_000 }).toBe(true);
  for (const query of [
    '{ products(first: 1000) { flooded } }',
    `{ product(id: "p1") { ${aliases('flooded')} } }`,
    '{ products(first: 30) { a: flooded(n: 1) reviews { id } b: flooded(n: 2) } }',
  ])
    expect(await ask({ query })).toContain('AI_BUDGET_EXCEEDED');
  // What a budget has no room for is refused before any of it is sent.
  expect(graph.provider.requests).toHaveLength(0);
  const batch = (first: number) =>
    Array.from({ length: 10 }, (_, at) => ({ query: `{ product(id: "p1") { flooded(n: ${first + at}) } }` }));
  const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => ask(batch(1_000 + at * 10))));
  expect(graph.provider.requests).toHaveLength(7);
  expect(answers.join('').match(/"flooded":"fine"/g)).toHaveLength(7);
}, 120_000);
