/** `isthmus-explain: ai`: the origin of each field's value, by its path in the client's answer. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, canary, echo, startAiGraph, userTextOf } from '../../testkit/graphs/ai-graph.ts';
import { testWorkers } from '../../testkit/test-workers.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph();
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  graph.provider.reset();
  graph.provider.respond(echo);
  for (const one of graph.products) one.name += '+';
});

describe('an explanation', () => {
  it('has the client’s path, aliases and list indexes included, with model, prompt, price and usage', async () => {
    graph.provider.respond({ text: 'Fine.', usage: { inputTokens: 120, outputTokens: 7 } });
    const { extensions } = await graph.explain('{ all: products(first: 2) { text: summary id } }');
    expect(Object.keys(extensions?.ai ?? {})).toEqual(['all.0.text', 'all.1.text']);
    expect(extensions?.ai?.['all.1.text']).toEqual({
      model: 'test/m',
      prompt: 'summary',
      cached: false,
      costUsd: '0.000134',
      usage: { inputTokens: 120, outputTokens: 7 },
      usageSource: 'reported',
      attempts: 1,
      durationMs: expect.any(Number),
    });
  });

  it('covers nested lists, an entity at two positions, and shared questions', async () => {
    const { extensions } = await graph.explain(
      '{ a: product(id: "p1") { reviews(first: 2) { t: reply } } b: product(id: "p1") { reviews(first: 1) { reply } } }',
    );
    expect(Object.keys(extensions?.ai ?? {}).sort()).toEqual(['a.reviews.0.t', 'a.reviews.1.t', 'b.reviews.0.reply']);
    expect(graph.provider.requests).toHaveLength(2);
    const costs = Object.values(extensions?.ai ?? {}).filter(({ costUsd }) => costUsd !== '0');
    expect(costs).toHaveLength(2);
  });

  it('reports a repair, with the price of both calls', async () => {
    graph.provider.script([
      { json: { value: 'SPLENDID' }, usage: { inputTokens: 10, outputTokens: 1 } },
      { json: { value: 'GOOD' }, usage: { inputTokens: 30, outputTokens: 2 } },
    ]);
    if (graph.products[0]?.reviews[0]) graph.products[0].reviews[0].body += 'x';
    const { data, extensions } = await graph.explain('{ product(id: "p1") { reviews(first: 1) { sentiment } } }');
    expect(data.product.reviews).toEqual([{ sentiment: 'GOOD' }]);
    expect(extensions?.ai?.['product.reviews.0.sentiment']).toMatchObject({
      repaired: true,
      attempts: 2,
      costUsd: '0.000046',
      usage: { inputTokens: 40, outputTokens: 3 },
    });
  });

  it('covers the answered fields if others failed', async () => {
    graph.provider.respond((request) =>
      JSON.stringify(request.body).includes('Product 2') ? { error: { status: 500 } } : { text: 'Fine.' },
    );
    const { data, extensions } = await graph.explain('{ products { summary } }');
    expect(data.products[1]).toEqual({ summary: null });
    expect(Object.keys(extensions?.ai ?? {})).toEqual(['products.0.summary', 'products.2.summary']);
  });

  it('contains no texts, and is absent without the header or with another value', async () => {
    const { extensions } = await graph.explain('{ products { summary } }');
    expect(JSON.stringify(extensions)).not.toContain('Said of');
    expect(JSON.stringify(extensions)).not.toContain(canary);
    expect((await graph.query('{ products { summary } }')).extensions).toBeUndefined();
    for (const word of ['costs', 'AI', '__proto__', ''])
      expect(
        (await graph.query('{ products { summary } }', {}, { 'isthmus-explain': word })).extensions,
      ).toBeUndefined();
  });

  it('is not returned to a client without the header that shares an operation', async () => {
    graph.provider.respond({ text: 'Fine.', faults: { delayMs: 40 } });
    const query = '{ products { summary } }';
    const [asked, plain, again] = await Promise.all([graph.explain(query), graph.query(query), graph.explain(query)]);
    expect(plain.extensions).toBeUndefined();
    expect(plain.data).toEqual(asked.data);
    expect(Object.keys(asked.extensions?.ai ?? {})).toHaveLength(3);
    expect(Object.keys(again.extensions?.ai ?? {})).toHaveLength(3);
    // What is in flight is shared by the clients of a thread.
    expect(graph.provider.requests.length).toBeLessThanOrEqual(3 * testWorkers);
  });

  it('of a field that another field required is listed beside it, marked as required', async () => {
    const product = 'type Product @key(fields: "id") { id: ID!';
    const subgraphs = {
      writers: {
        sdl: `${aiLink}${product}  name: String! @external
          slogan(tone: String = "dry"): String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 20)
          words: String @requires(fields: "name") @generate(prompt: "words", maxOutputTokens: 20) }`,
        prompts: {
          'slogan.prompt': '---\nmodel: fast\n---\n{{tone}} {{name}}',
          'words.prompt': '---\nmodel: fast\n---\n{{name}}',
        },
      },
      critics: {
        sdl: `${aiLink}${product}  slogan(tone: String = "dry"): String @external  words: String @external
          verdict: String @requires(fields: "slogan(tone: \\"loud\\") words") @generate(prompt: "verdict", maxOutputTokens: 20) }`,
        prompts: { 'verdict.prompt': '---\nmodel: fast\n---\n{{slogan}} {{words}}' },
      },
    };
    await using two = await startAiGraph({ products: 1, subgraphs });
    two.provider.respond(echo);
    const alone = await two.explain('{ products { v: verdict } }');
    expect(Object.keys(alone.extensions?.ai ?? {}).sort()).toEqual([
      'products.0.slogan (required)',
      'products.0.v',
      'products.0.words (required)',
    ]);
    const beside = await two.explain('{ products { verdict w: words slogan } }');
    expect(Object.keys(beside.extensions?.ai ?? {}).sort()).toEqual([
      'products.0.slogan',
      'products.0.slogan (required)',
      'products.0.verdict',
      'products.0.w',
    ]);
  });
});

describe('the configuration', () => {
  it('allows texts', async () => {
    await using told = await startAiGraph({ products: 1, fields: '{ explain: { texts: true } }' });
    told.provider.respond(echo);
    const { extensions } = await told.explain('{ products { pitch } }');
    const explained = extensions?.ai?.['products.0.pitch'];
    expect(explained?.answer).toBe('Said of: Description Description 1.');
    expect(JSON.stringify(explained?.messages)).toContain('Description Description 1.');
  });

  it('can include texts: of a batch the item’s own, of a repair the last ones, of a cached answer none', async () => {
    const sdl = `${aiLink}
      type Product @key(fields: "id") { id: ID!  name: String! @external  reviews(first: Int = 10): [Review!]! @external
        slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 20)
        stars: Int @requires(fields: "name reviews(first: 1) { author { email } }") @generate(prompt: "stars", maxOutputTokens: 20) }
      type Review @key(fields: "id") { id: ID!  author: User! @external }
      type User @key(fields: "id") { id: ID!  email: String @external }`;
    const prompts = {
      'slogan.prompt':
        '---\nmodel: fast\nbatch: { max: 5 }\n---\n{{role "system"}}\nBe brief.\n{{role "user"}}\nFor {{name}}.',
      'stars.prompt': '---\nmodel: fast\n---\n{{name}} by {{#each reviews}}{{author.email}}{{/each}}',
    };
    await using told = await startAiGraph({
      products: 2,
      subgraphs: { assistant: { sdl, prompts } },
      fields: '{ explain: { texts: true } }',
    });
    told.provider.respond((request) => {
      const ids = [...userTextOf(request).matchAll(/^Item \d of 2, id (\S+):$/gm)];
      return { json: { items: ids.map(([, id], at) => ({ index: at + 1, id, answer: `Slogan ${at + 1}` })) } };
    });
    const batched = (await told.explain('{ products { slogan } }')).extensions?.ai ?? {};
    expect(batched['products.1.slogan']).toMatchObject({ batch: 2, answer: '"Slogan 2"' });
    const said = JSON.stringify(batched['products.1.slogan']?.messages);
    expect(said).toContain('Be brief.');
    expect(said).toContain('For Product 2.');
    expect(said).not.toContain('For Product 1.');
    const kept = (await told.explain('{ products { slogan } }')).extensions?.ai?.['products.0.slogan'];
    expect(kept).toMatchObject({ cached: 'field' });
    expect(kept).not.toHaveProperty('messages');
    expect(kept).not.toHaveProperty('answer');

    told.provider.script([{ json: { value: 'five' } }, { json: { value: 5 } }]);
    const repaired = (await told.explain('{ product(id: "p1") { stars } }')).extensions?.ai?.['product.stars'];
    expect(repaired).toMatchObject({ repaired: true, answer: '{"value":5}' });
    expect(JSON.stringify(repaired?.messages)).toContain('must be a whole number');
    expect(JSON.stringify(repaired?.messages)).toMatch(/\[PERSONAL_1_\w{6}\]/);
    expect(JSON.stringify(repaired)).not.toContain('mail.example');
  });

  it('turns it off', async () => {
    await using silent = await startAiGraph({ products: 1, fields: '{ explain: { enabled: false } }' });
    const { data, extensions } = await silent.explain('{ products { pitch } }');
    expect(data.products[0].pitch).toEqual(expect.any(String));
    expect(extensions).toBeUndefined();
  });
});
