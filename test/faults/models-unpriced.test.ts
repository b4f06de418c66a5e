/** A model without a price is never called: its cost could not be recorded. */
import { describe, expect, it } from 'vitest';
import { startV1Gateway, words } from '../integration/v1/v1-gateway.ts';
import { startAiGraph } from '../testkit/graphs/ai-graph.ts';

const chat = (model: string, stream = false) => ({ model, stream, messages: [{ role: 'user', content: words() }] });

describe('a model without a price', () => {
  it('is refused on each route in its wire’s form, and not called', async () => {
    await using gateway = await startV1Gateway({
      ai: ({ openAiBaseUrl }) => `  providers: { p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k } }
  models: { dear: [p/nobody-knows-this-model] }
`,
    });
    const asked: Readonly<Record<string, object>> = {
      '/chat/completions': chat('dear'),
      '/responses': { model: 'dear', input: words() },
      '/embeddings': { model: 'dear', input: words() },
      '/messages': { ...chat('dear'), max_tokens: 9 },
    };
    for (const [path, body] of Object.entries(asked)) {
      for (const stream of path === '/embeddings' ? [false] : [false, true]) {
        const response = await gateway.post(path, { ...body, ...(stream ? { stream } : {}) });
        expect(response.status).toBe(503);
        // A retry would not help.
        expect(response.headers.get('retry-after')).toBeNull();
        expect(response.headers.get('x-should-retry')).toBe('false');
        const sentence = 'No model with a known price can answer.';
        const refusal =
          path === '/messages'
            ? { type: 'error', error: { type: 'api_error', message: sentence }, request_id: expect.any(String) }
            : { error: { type: 'server_error', code: 'AI_PRICE_UNKNOWN', param: null, message: sentence } };
        const text = await response.text();
        expect(JSON.parse(text)).toEqual(refusal);
        expect(text).not.toContain('nobody-knows');
      }
    }
    expect(gateway.provider.requests).toHaveLength(0);
    const records = await gateway.records(7);
    for (const record of records)
      expect(record).toMatchObject({ finish: 'AI_PRICE_UNKNOWN', costUsd: '0', attempts: [] });
    expect(JSON.stringify(gateway.gateway.log)).toContain('no price is known for p/nobody-knows-this-model');
  });

  it('is skipped if another target of the alias has a price', async () => {
    await using gateway = await startV1Gateway({
      ai: ({ openAiBaseUrl }) => `  providers: { p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k } }
  models: { mixed: [p/nobody-knows-this-model, p/own] }
  prices: { p/own: { free: true } }
`,
    });
    const response = await gateway.post('/chat/completions', chat('mixed'));
    expect([response.status, response.headers.get('isthmus-model')]).toEqual([200, 'p/own']);
    expect(gateway.provider.requests.map(({ model }) => model)).toEqual(['own']);
  });

  it('refuses the composition, with the line and a suggested fix', async () => {
    const refused = await startAiGraph({ target: 'weight: 1 }, { model: test/nobody-knows-this-model' }).then(
      async (graph) => {
        await graph[Symbol.asyncDispose]();
        return undefined;
      },
      (error: unknown) => String((error as Error).message),
    );
    expect(refused).toMatch(/AI_PRICE_UNKNOWN/);
    expect(refused).toMatch(/ai\.prices\."test\/nobody-knows-this-model"/);
    expect(refused).toMatch(/schema\.graphql:\d+/);
  });

  it('makes its field null with an error if a call falls back to it, and does not affect the others', async () => {
    // The kit writes one alias; this ends it early and begins another.
    const target =
      'weight: 1 }], retries: 0, fallback: { context_window: dear } }, dear: { targets: [{ model: test/nobody-knows';
    await using graph = await startAiGraph({ target });
    graph.provider.respond((request) =>
      JSON.stringify(request.body).includes('Product 2.')
        ? { error: { status: 400, code: 'context_length_exceeded' } }
        : { text: 'Fine.' },
    );
    const { status, data, errors } = await graph.query('{ products { id summary } }');
    expect(status).toBe(200);
    expect(data.products).toEqual([
      { id: 'p1', summary: 'Fine.' },
      { id: 'p2', summary: null },
      { id: 'p3', summary: 'Fine.' },
    ]);
    expect(errors).toMatchObject([
      {
        path: ['products', 1, 'summary'],
        extensions: { code: 'AI_PRICE_UNKNOWN' },
        message: expect.not.stringContaining('nobody'),
      },
    ]);
    expect(graph.provider.requests.every(({ model }) => model === 'm')).toBe(true);
  });
});
