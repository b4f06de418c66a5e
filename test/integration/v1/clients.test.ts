/**
 * The vendors' own clients against a whole gateway, over each of the four wires behind it: structured output, tools that
 * run, embeddings, aborts, timeouts, their own retries, and what they must not be able to choose.
 */
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startV1Gateway, type V1Gateway, wires, words } from './v1-gateway.ts';

let gateway: V1Gateway;
beforeAll(async () => {
  gateway = await startV1Gateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => gateway.provider.reset());

const messages = () => [{ role: 'user' as const, content: words() }];
const review = z.object({
  verdict: z.enum(['good', 'bad']),
  score: z.number(),
  tags: z.array(z.object({ name: z.string() })),
  note: z.string().nullable(),
});
const given = { verdict: 'good', score: 4.5, tags: [{ name: 'cheap' }], note: null } as const;

describe.each(wires)('over the %s wire', (model) => {
  it('structured output is asked for by the wire’s own means, and parsed by every client', async () => {
    gateway.provider.respond({ json: given });
    const format = zodResponseFormat(review, 'review');
    const chat = { model, messages: messages(), response_format: format };
    expect((await gateway.openai.chat.completions.parse(chat)).choices[0]?.message.parsed).toEqual(given);
    const streamed = await gateway.openai.chat.completions
      .stream({ ...chat, messages: messages() })
      .finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual(given);

    const text = { format: zodTextFormat(review, 'review') };
    expect((await gateway.openai.responses.parse({ model, input: words(), text })).output_parsed).toEqual(given);
    const response = await gateway.openai.responses.stream({ model, input: words(), text }).finalResponse();
    expect(response.output_parsed).toEqual(given);

    const output_config = { format: zodOutputFormat(review) };
    const asked = { model, max_tokens: 500, output_config };
    expect((await gateway.anthropic.messages.parse({ ...asked, messages: messages() })).parsed_output).toEqual(given);

    // No wire drops the schema.
    expect(gateway.provider.requests).toHaveLength(5);
    for (const { body } of gateway.provider.requests)
      expect(JSON.stringify(body)).toMatch(/"verdict"[\s\S]*"score"[\s\S]*"note"/);
  });

  it('any JSON object is asked for too, or refused by name: never dropped', async () => {
    gateway.provider.respond({ json: { any: 1 } });
    const response = await gateway.post('/chat/completions', {
      model,
      messages: messages(),
      response_format: { type: 'json_object' },
    });
    const body = JSON.stringify(gateway.provider.requests[0]?.body ?? '');
    if (response.status === 200) expect(body).toMatch(/json_object|json_schema|application\/json|JSON/);
    else expect(await response.json()).toMatchObject({ error: { code: 'AI_REQUEST_UNSUPPORTED' } });
  });

  it('tools run by the client’s own runner lead to an answer', async () => {
    gateway.provider.script([
      {
        toolCalls: [
          { name: 'weather', arguments: { city: 'Paris' } },
          { name: 'weather', arguments: { city: 'Rome' }, id: 'second' },
        ],
      },
      { text: 'Warm in both.' },
    ]);
    const cities: string[] = [];
    const runner = gateway.openai.chat.completions.runTools({
      model,
      messages: messages(),
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'The weather of a city.',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: JSON.parse as (text: string) => { city: string },
            function: ({ city }: { city: string }) => {
              cities.push(city);
              return `Warm in ${city}`;
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('Warm in both.');
    expect(cities).toEqual(['Paris', 'Rome']);
    const [, second] = gateway.provider.requests;
    expect(JSON.stringify(second?.body)).toMatch(/Warm in Paris[\s\S]*Warm in Rome/);
  });

  it('a call the client aborts ends the provider’s work, whole and streamed', async () => {
    gateway.provider.respond(({ isStream }) => ({
      text: 'One two three.',
      faults: { stop: { at: isStream ? { afterChunks: 4 } : 'before-headers', how: 'stall' } },
    }));
    const { openai, anthropic, provider } = gateway;
    const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => openai.chat.completions.create({ model, messages: messages() }, { signal }),
      (signal) => openai.chat.completions.stream({ model, messages: messages() }, { signal }).finalContent(),
      (signal) => openai.responses.create({ model, input: words() }, { signal }),
      (signal) => openai.responses.stream({ model, input: words() }, { signal }).finalResponse(),
      (signal) => anthropic.messages.create({ model, max_tokens: 9, messages: messages() }, { signal }),
      (signal) => anthropic.messages.stream({ model, max_tokens: 9, messages: messages() }, { signal }).finalText(),
    ];
    for (const [index, call] of calls.entries()) {
      const leaving = new AbortController();
      const running = call(leaving.signal).then(
        () => 'answered',
        (error: unknown) => (error as Error).constructor.name,
      );
      const request = (await provider.waitForRequests(index + 1))[index];
      leaving.abort();
      expect(await running).toMatch(/Abort/);
      expect(await request?.ended).toBe('aborted');
    }
  });
});

describe('the client’s own patience', () => {
  it('ends the provider’s work where its timeout passes', async () => {
    gateway.provider.respond({ faults: { stop: { at: 'before-headers', how: 'stall' } } });
    const openai = new OpenAI({ baseURL: gateway.url, apiKey: 'x', maxRetries: 0, timeout: 1_000 });
    await expect(openai.chat.completions.create({ model: 'chat', messages: messages() })).rejects.toBeInstanceOf(
      OpenAI.APIConnectionTimeoutError,
    );
    expect(await gateway.provider.requests[0]?.ended).toBe('aborted');
  });

  it('asks again where that may help, and waits as long as it is told', async () => {
    const openai = new OpenAI({ baseURL: gateway.url, apiKey: 'x', maxRetries: 2 });
    gateway.provider.script([{ error: { status: 429, retryAfter: 1 } }]);
    const startedAt = performance.now();
    const answer = await openai.chat.completions.create({ model: 'chat', messages: messages() });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    expect(gateway.provider.requests).toHaveLength(2);
  });

  it.each([400, 401, 403, 404])('is not tried by a provider’s %i more often than the gateway says', async (status) => {
    const anthropic = new Anthropic({ baseURL: gateway.url.replace(/\/v1$/, ''), apiKey: 'x', maxRetries: 0 });
    gateway.provider.respond({ error: { status } });
    const failed: unknown = await anthropic.messages
      .create({ model: 'anthropic', max_tokens: 9, messages: messages() })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Anthropic.APIError);
    // A rejected key of the operator cannot be fixed by the client or by waiting.
    expect((failed as InstanceType<typeof Anthropic.APIError>).status).toBe(status === 400 ? 400 : 424);
    expect(gateway.provider.requests).toHaveLength(1);
  });
});

describe('embeddings', () => {
  const input = ['one', 'two', 'three'];
  it('are the same as base64, which the client asks for, and as numbers', async () => {
    const asBase64 = await gateway.openai.embeddings.create({ model: 'chat', input });
    const asNumbers = await gateway.openai.embeddings.create({ model: 'chat', input, encoding_format: 'float' });
    expect(asBase64.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const [index, { embedding }] of asNumbers.data.entries()) {
      expect(embedding).toHaveLength(16);
      expect(Array.from(asBase64.data[index]?.embedding ?? [])).toEqual(Array.from(Float32Array.from(embedding)));
    }
    expect(asNumbers.usage).toEqual(asBase64.usage);
    expect(asNumbers.usage.prompt_tokens).toBeGreaterThan(0);
    const raw = await gateway.post('/embeddings', { model: 'chat', input, encoding_format: 'base64' });
    const [first] = ((await raw.json()) as { data: { embedding: unknown }[] }).data;
    expect(Buffer.from(String(first?.embedding), 'base64')).toHaveLength(16 * 4);
    expect(Number(raw.headers.get('isthmus-cost-usd'))).toBeGreaterThan(0);
  });

  it('are as long as asked, in the order asked, also where there are many', async () => {
    const many = Array.from({ length: 250 }, (_, index) => `text ${index}`);
    const { data } = await gateway.openai.embeddings.create({ model: 'chat', input: many, dimensions: 8 });
    expect(data).toHaveLength(250);
    const single = await gateway.openai.embeddings.create({ model: 'chat', input: 'text 249', dimensions: 8 });
    expect(data[249]?.embedding).toEqual(single.data[0]?.embedding);
    expect(data[0]?.embedding).toHaveLength(8);
  });

  it('that the provider gives too few of are a failure, not a shorter list', async () => {
    gateway.provider.respond({
      body: JSON.stringify({ object: 'list', data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 1 } }),
    });
    await expect(gateway.openai.embeddings.create({ model: 'chat', input })).rejects.toMatchObject({ status: 503 });
  });
});

it('no header and no query of a client’s chooses model, host, key or price', async () => {
  const evil = {
    'x-model': 'evil',
    'isthmus-model': 'evil',
    authorization: 'Bearer evil',
    'x-api-key': 'evil',
    'api-key': 'evil',
    'openai-organization': 'evil',
    'openai-project': 'evil',
    'openai-beta': 'evil',
    'anthropic-version': 'evil',
    'anthropic-beta': 'evil',
    'x-goog-api-key': 'evil',
    'x-portkey-config': '{"provider":"evil"}',
    'x-portkey-custom-host': 'http://evil.example',
    'helicone-target-url': 'http://evil.example',
    'x-litellm-api-base': 'http://evil.example',
    'x-stainless-retry-count': 'evil',
    cookie: 'evil',
    'user-agent': 'evil',
    'x-forwarded-host': 'evil.example',
  };
  const asked = {
    '/chat/completions': (model: string) => ({ model, messages: messages() }),
    '/responses': (model: string) => ({ model, input: words() }),
    '/messages': (model: string) => ({ model, max_tokens: 9, messages: messages() }),
    '/embeddings': (model: string) => ({ model, input: words() }),
  } as const;
  for (const [path, body] of Object.entries(asked)) {
    for (const model of path === '/embeddings' ? ['chat'] : wires) {
      const query = '?model=evil&api_key=evil&base_url=http://evil.example&key=evil';
      const response = await gateway.post(`${path}${query}`, body(model), { headers: evil });
      expect(response.status).toBe(200);
      expect(response.headers.get('isthmus-model')).toBe(`${model}/m`);
      expect(Number(response.headers.get('isthmus-cost-usd'))).toBeGreaterThan(0);
    }
  }
  for (const { key, model, headers, query, body } of gateway.provider.requests) {
    expect([key, model]).toEqual(['sk-operator', 'm']);
    expect(JSON.stringify([headers, query, body])).not.toContain('evil');
  }
});
