/** /v1 besides chats: legacy completions, moderations, prompts, models, large bodies, lasting failures. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';
import { startV1Server } from '../../integration/v1/v1-server.ts';

let gateway: V1Gateway;
beforeAll(async () => {
  gateway = await startV1Gateway({
    ai: ({ openAiBaseUrl, anthropicBaseUrl }) => `  expose_references: true
  guardrails: { moderation: { model: judge, check: [output], mode: flag } }
  providers:
    p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k }
    claude: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: k }
    keyless: { kind: openai, base_url: "${openAiBaseUrl}", api_key: "" }
    built-in: { kind: local }
  models:
    chat: { targets: [p/m], retries: 0 }
    claude: { targets: [claude/m], retries: 0 }
    judge: { targets: [p/judge], retries: 0 }
    omni: { targets: [p/omni-moderation-latest], retries: 0 }
    vectors: { targets: [p/text-embedding-3-small], retries: 0 }
    extractive: { targets: [built-in/extractive] }
    lite: { targets: [built-in/use-lite] }
    keyless: { targets: [keyless/m] }
    pictures: { targets: [{ model: p/m, capabilities: [images, tools] }] }
    unpriced: { targets: [p/nobody-knows-this-one] }
  prices: { p/m: { input_per_mtok: "1", output_per_mtok: "2" }, p/judge: { free: true }, p/omni-moderation-latest: { free: true }, claude/m: { free: true }, keyless/m: { free: true } }
  breaker: { min_requests: 100000 }
`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  gateway.provider.reset();
  gateway.provider.respond({ json: { flagged: false, categories: [] } }, { model: 'judge' });
});

describe('legacy completions', () => {
  it('answer the official client', async () => {
    gateway.provider.respond({ text: 'in Rome.', usage: { inputTokens: 7, outputTokens: 3 } }, { model: 'm' });
    const prompt = `It rains ${words()}`;
    const { data, response } = await gateway.openai.completions
      .create({ model: 'chat', prompt, max_tokens: 9, stop: ['\n'] })
      .withResponse();
    expect(data).toMatchObject({
      object: 'text_completion',
      model: 'chat',
      choices: [{ index: 0, text: 'in Rome.', finish_reason: 'stop', logprobs: null }],
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    });
    expect(Number(response.headers.get('isthmus-cost-usd'))).toBeCloseTo(0.000013, 9);
    expect(gateway.provider.requests[0]?.body).toMatchObject({
      messages: [{ role: 'user', content: prompt }],
      max_tokens: 9,
      stop: ['\n'],
    });
  });

  it.each(['chat', 'claude'])('are streamed to it: %s', async (model) => {
    gateway.provider.respond({ text: 'in the city of Rome.', finishReason: 'length' }, { model: 'm' });
    const stream = await gateway.openai.completions.create({
      model,
      prompt: words(),
      max_tokens: 20,
      stream: true,
      echo: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let last: OpenAI.Completion | undefined;
    const reasons: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? '';
      if (chunk.choices[0] !== undefined) reasons.push(chunk.choices[0].finish_reason);
      last = chunk;
    }
    expect(text).toMatch(/^Question \d+in the city of Rome\.$/);
    expect(reasons.at(-1)).toBe('length');
    expect(last?.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('answer each of several prompts, in order, at the sum of their costs', async () => {
    gateway.provider.respond(({ body }) => ({ text: JSON.stringify(body).includes('first') ? 'one' : 'two' }), {
      model: 'm',
    });
    const answer = await gateway.openai.completions.create({ model: 'chat', prompt: ['first', 'second'], n: 2 });
    expect(answer.choices.map(({ text, index }) => [index, text])).toEqual([
      [0, 'one'],
      [1, 'one'],
      [2, 'two'],
      [3, 'two'],
    ]);
    expect(gateway.provider.requests.filter(({ model }) => model === 'm')).toHaveLength(4);
  });

  it.each<readonly [string, object]>([
    ['suffix', { suffix: 'end' }],
    ['logprobs', { logprobs: 3 }],
    ['best_of', { best_of: 4 }],
    ['prompt', { prompt: [1, 2, 3] }],
    ['n', { n: 2, stream: true }],
    ['prompt', { prompt: '' }],
    ['max_tokens', { max_tokens: 0 }],
  ])('refuse what they cannot do by name: %s', async (param, more) => {
    const response = await gateway.post('/completions', { model: 'chat', prompt: words(), ...more });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
  });

  it('fail as the model fails', async () => {
    gateway.provider.respond({ error: { status: 429 } }, { model: 'm' });
    await expect(gateway.openai.completions.create({ model: 'chat', prompt: words() })).rejects.toThrow(
      OpenAI.RateLimitError,
    );
    await expect(gateway.openai.completions.create({ model: 'nope', prompt: words() })).rejects.toThrow(
      OpenAI.NotFoundError,
    );
  });
});

describe('moderations', () => {
  it.each([undefined, 'omni-moderation-2024-09-26'])(
    'are judged by the guardrails’ model where none of ours is named: %s',
    async (model) => {
      gateway.provider.respond(
        ({ body }) => ({
          json: {
            flagged: JSON.stringify(body).includes('kill'),
            categories: JSON.stringify(body).includes('kill') ? ['Violence', 'self harm'] : [],
          },
        }),
        { model: 'judge' },
      );
      const { results, id } = await gateway.openai.moderations.create({
        input: ['I will kill you.', 'Good morning.'],
        ...(model === undefined ? {} : { model }),
      });
      expect(id).toMatch(/^modr-/);
      expect(results).toMatchObject([
        {
          flagged: true,
          categories: { violence: true, 'self-harm': true, hate: false },
          category_scores: { violence: 1, hate: 0 },
        },
        { flagged: false, categories: { violence: false } },
      ]);
    },
  );

  it('are a provider’s own where the alias is its moderation model', async () => {
    const result = {
      flagged: true,
      categories: { hate: true, violence: false },
      category_scores: { hate: 0.9, violence: 0.1 },
    };
    gateway.provider.respond({
      body: JSON.stringify({ id: 'modr-1', model: 'omni-moderation-latest', results: [result] }),
    });
    const answer = await gateway.openai.moderations.create({
      model: 'omni',
      input: [
        { type: 'text', text: 'I hate ' },
        { type: 'text', text: 'you.' },
      ],
    });
    expect(answer).toMatchObject({
      model: 'omni',
      results: [{ flagged: true, categories: { hate: true }, category_scores: { hate: 0.9 } }],
    });
    const [sent] = gateway.provider.requests;
    expect([sent?.path, sent?.body]).toEqual([
      '/v1/moderations',
      { model: 'omni-moderation-latest', input: ['I hate \nyou.'] },
    ]);
  });

  it('refuse images, unknown models and empty inputs', async () => {
    const image = [{ type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } }];
    await expect(gateway.openai.moderations.create({ input: image })).rejects.toMatchObject({ status: 400 });
    await expect(gateway.openai.moderations.create({ input: 'x', model: 'nope' })).rejects.toMatchObject({
      status: 404,
    });
    await expect(gateway.openai.moderations.create({ input: [] })).rejects.toMatchObject({ status: 400 });
  });
});

describe('a failure that a retry cannot fix', () => {
  const chat = (model: string) =>
    gateway.openai.chat.completions.create({ model, messages: [{ role: 'user', content: words() }] });
  const embed = (model: string) => gateway.openai.embeddings.create({ model, input: words() });
  const message = (model: string) =>
    gateway.anthropic.messages.create({ model, max_tokens: 9, messages: [{ role: 'user', content: words() }] });
  const failed = async (asked: Promise<unknown>): Promise<{ status?: number; headers?: Headers; message: string }> => {
    const error = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof OpenAI.APIError || error instanceof Anthropic.APIError) return error;
    throw new Error('it did not fail');
  };

  const isPermanent = async (asked: Promise<unknown>): Promise<void> => {
    const { status, headers, message: said } = await failed(asked);
    expect(status, said).toBeGreaterThanOrEqual(400);
    expect(status, said).toBeLessThan(500);
    expect(headers?.get('retry-after') ?? null, said).toBeNull();
  };

  it('is 4xx, without retry-after', async () => {
    for (const endpoint of [404, 405, 501]) {
      gateway.provider.respond(({ path }) =>
        path.endsWith('/embeddings') ? { error: { status: endpoint } } : undefined,
      );
      expect((await failed(embed('chat'))).status, String(endpoint)).toBe(400);
    }
    for (const model of ['claude', 'extractive', 'keyless', 'built-in/extract']) await isPermanent(embed(model));
    for (const model of ['lite', 'keyless', 'built-in/extract']) await isPermanent(chat(model));
    await isPermanent(message('keyless'));
    expect((await failed(chat('keyless'))).message).toMatch(/key/);
    expect((await failed(chat('built-in/extract'))).status).toBe(404);
  });

  it('includes a model that its provider does not know', async () => {
    gateway.provider.respond({ error: { status: 404, code: 'model_not_found' } }, { model: 'm' });
    expect((await failed(chat('chat'))).status).toBe(424);
    expect((await failed(chat('p/m'))).status).toBe(404);
    const streamed = await gateway.post('/chat/completions', {
      model: 'chat',
      stream: true,
      messages: [{ role: 'user', content: words() }],
    });
    expect(streamed.status).toBe(424);
  });

  it('is not a transient failure', async () => {
    gateway.provider.respond({ error: { status: 500 } }, { model: 'm' });
    expect((await failed(chat('chat'))).status).toBe(503);
    gateway.provider.respond({ error: { status: 500 } }, { model: 'text-embedding-3-small' });
    expect((await failed(embed('vectors'))).status).toBe(503);
  });
});

describe('GET /v1/models', () => {
  it('reports the capabilities of each alias and whether it is available', async () => {
    const { data } = await gateway.openai.models.list();
    const models = new Map(data.map((model) => [model.id, model as unknown as Record<string, unknown>]));
    expect(models.get('chat')).toMatchObject({ operations: ['chat'], available: true });
    expect(models.get('vectors')).toMatchObject({ operations: ['embeddings'], available: true });
    expect(models.get('lite')).toMatchObject({ operations: ['embeddings'], available: true });
    expect(models.get('pictures')).toMatchObject({ capabilities: ['images', 'tools'], available: true });
    expect(models.get('keyless')).toMatchObject({ available: false, unavailable_because: ['no_key'] });
    expect(models.get('unpriced')).toMatchObject({ available: false, unavailable_because: ['no_price'] });
    expect(models.get('p/m')).toMatchObject({ available: true });
    expect(await gateway.openai.models.retrieve('keyless')).toMatchObject({ available: false });
  });
});

describe('the body of /v1', () => {
  const sized = (bytes: number) => ({ model: 'chat', messages: [{ role: 'user', content: 'x'.repeat(bytes) }] });

  it('may be 15 MB, and 17 MB is 413 in the wire’s form', async () => {
    expect((await gateway.post('/chat/completions', sized(15 * 1_048_576))).status).toBe(200);
    const response = await gateway.post('/chat/completions', sized(17 * 1_048_576)).catch(() => undefined);
    if (response !== undefined) expect(response.status).toBe(413);
  });

  it('does not change the bound of GraphQL', async () => {
    const response = await fetch(gateway.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ a } #${'x'.repeat(2_000_000)}` }),
    }).catch(() => undefined);
    if (response !== undefined) expect(response.status).toBe(413);
  });
});

describe('GET /v1/prompts', () => {
  it('lists the inputs, outputs and URL of each', async () => {
    const inputSchema = { type: 'object', properties: { body: { type: 'string' } }, required: ['body'] };
    const prompt = { subgraph: 'assistant', name: 'sentiment', alias: 'fast', inputSchema, maxOutputTokens: 20 };
    const render = async () => ({ messages: [], output: { kind: 'text' as const } });
    const prompts = [
      { ...prompt, render },
      { ...prompt, render, version: 2, outputSchema: { type: 'string' } },
      { ...prompt, render, subgraph: 'other' },
    ];
    const server = await startV1Server({ prompts });
    try {
      const listed = (await (await fetch(`${server.url}/prompts`)).json()) as { data: Record<string, unknown>[] };
      expect(listed.data).toMatchObject([
        {
          id: 'sentiment',
          object: 'prompt',
          version: null,
          model: 'fast',
          input_schema: inputSchema,
          output_schema: null,
        },
        { id: 'sentiment@2', version: 2, output_schema: { type: 'string' } },
        { id: 'other/sentiment', subgraph: 'other', url: '/v1/prompts/other/sentiment' },
      ]);
      const one = await fetch(`${server.url}/prompts/other/sentiment`);
      expect(await one.json()).toEqual(listed.data[2]);
      expect((await server.post('/prompts/sentiment', { input: { body: 'x' } })).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  it('is empty without prompts, and 404 for an unknown one', async () => {
    expect(await (await fetch(`${gateway.url}/prompts`)).json()).toEqual({ object: 'list', data: [], has_more: false });
    expect((await fetch(`${gateway.url}/prompts/nope`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/prompts/nope`, { method: 'DELETE' })).headers.get('allow')).toBe('GET, POST');
  });
});

it('the OpenAPI document describes every route', async () => {
  const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  for (const path of ['/v1/completions', '/v1/moderations', '/v1/prompts', '/v1/models'])
    expect(document.paths).toHaveProperty([path]);
});
