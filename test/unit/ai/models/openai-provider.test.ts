import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createOpenAiProvider,
  type ModelRequest,
  type OpenAiProviderOptions,
} from '../../../../src/ai/models/index.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import { chatCompletion, type ReceivedCall, sendJson, startChatEndpoint } from './chat-endpoint.ts';

const apiKey = 'sk-test-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const schema = {
  type: 'object',
  properties: { value: { enum: ['GOOD', 'BAD'], default: 'GOOD' }, note: { type: 'string', minLength: 3 } },
  required: ['value'],
};
const text: ModelRequest = {
  messages: [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Is it good?' },
  ],
  output: { kind: 'text' },
  maxOutputTokens: 50,
};
const json: ModelRequest = { ...text, output: { kind: 'json', name: 'review_sentiment', schema } };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(
  reply: (call: ReceivedCall, response: ServerResponse) => void,
  options: Partial<OpenAiProviderOptions> = {},
) {
  const endpoint = await startChatEndpoint(reply);
  const provider = createOpenAiProvider({ name: 'openai', baseUrl: endpoint.baseUrl, apiKey, ...options });
  closing.push(() => provider.close(), endpoint.close);
  return { ...endpoint, provider };
}

function answering(message: Readonly<Record<string, unknown>>, more?: Readonly<Record<string, unknown>>) {
  return (_call: ReceivedCall, response: ServerResponse) => sendJson(response, chatCompletion(message, more));
}

function bounds(milliseconds = 5_000, signal = new AbortController().signal) {
  return { signal, deadline: Deadline.in(milliseconds) };
}

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GatewayError)) throw new Error(`expected a GatewayError, not ${inspect(error)}`);
  expect(error.code).toBe('AI_MODEL_UNAVAILABLE');
  return error;
}

describe('a completion in text', () => {
  it('sends the conversation and the bound, and no response format', async () => {
    const { provider, calls } = await serve(answering({ content: 'Yes.' }));
    expect(await provider.complete('gpt-test', { ...text, temperature: 0 }, bounds())).toEqual({
      text: 'Yes.',
      finishReason: 'stop',
      usage: { inputTokens: 12, outputTokens: 5, source: 'reported' },
    });
    expect(calls[0]?.path).toBe('/v1/chat/completions');
    expect(calls[0]?.body).toEqual({ model: 'gpt-test', messages: text.messages, max_tokens: 50, temperature: 0 });
  });

  it('sends the key and nothing about the machine or the environment', async () => {
    process.env.OPENAI_ORG_ID = 'org-of-the-environment';
    process.env.OPENAI_CUSTOM_HEADERS = 'x-secret: of-the-environment';
    try {
      const { provider, calls } = await serve(answering({ content: 'Yes.' }));
      await provider.complete('gpt-test', text, bounds());
      expect(calls[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
      expect(calls[0]?.headers['user-agent']).toBe('isthmus');
      expect(inspect(calls[0]?.headers)).not.toMatch(/stainless|environment/i);
    } finally {
      delete process.env.OPENAI_ORG_ID;
      delete process.env.OPENAI_CUSTOM_HEADERS;
    }
  });

  it('sends no authorization to a server without a key, whatever the environment holds', async () => {
    process.env.OPENAI_API_KEY = 'sk-of-the-environment';
    try {
      const { provider, calls } = await serve(answering({ content: 'Yes.' }), { apiKey: undefined });
      await provider.complete('llama', text, bounds());
      expect(calls[0]?.headers).not.toHaveProperty('authorization');
    } finally {
      delete process.env.OPENAI_API_KEY;
    }
  });

  it('tells an answer that was cut short, and one that was filtered', async () => {
    for (const reason of ['length', 'content_filter'] as const) {
      const choices = [{ index: 0, message: { role: 'assistant', content: 'Ye' }, finish_reason: reason }];
      const { provider } = await serve(answering({}, { choices }));
      expect(await provider.complete('gpt-test', text, bounds())).toMatchObject({ text: 'Ye', finishReason: reason });
    }
  });

  it('gives a refusal in the model’s words', async () => {
    const { provider } = await serve(answering({ content: null, refusal: 'I cannot help with that.' }));
    expect(await provider.complete('gpt-test', json, bounds())).toMatchObject({
      text: '',
      refusal: 'I cannot help with that.',
    });
  });

  it('reads content in parts, and estimates the usage that is not reported', async () => {
    const content = [{ type: 'text', text: 'Ye' }, { type: 'thinking' }, { type: 'text', text: 's.' }];
    const { provider } = await serve(answering({ content }, { usage: null }));
    expect(await provider.complete('gpt-test', text, bounds())).toMatchObject({
      text: 'Yes.',
      usage: { inputTokens: 6, outputTokens: 1, source: 'estimated' },
    });
  });
});

describe('a completion in JSON', () => {
  it('is asked for by a strict schema: closed objects, every property required, no keyword it refuses', async () => {
    const { provider, calls } = await serve(answering({ content: '{"value":"GOOD","note":"fine"}' }));
    expect(await provider.complete('gpt-test', json, bounds())).toMatchObject({
      text: '{"value":"GOOD","note":"fine"}',
    });
    expect(calls[0]?.body.response_format).toEqual({
      type: 'json_schema',
      json_schema: {
        name: 'review_sentiment',
        strict: true,
        schema: {
          type: 'object',
          properties: { value: { enum: ['GOOD', 'BAD'] }, note: { type: 'string' } },
          required: ['value', 'note'],
          additionalProperties: false,
        },
      },
    });
  });

  it('wraps a schema that is no object, and takes the answer out again', async () => {
    const list = { kind: 'json', name: 'topics', schema: { type: 'array', items: { type: 'string' } } } as const;
    const { provider, calls } = await serve(answering({ content: '{"value":["a","b"]}' }));
    expect((await provider.complete('gpt-test', { ...text, output: list }, bounds())).text).toBe('["a","b"]');
    expect(calls[0]?.body.response_format).toMatchObject({
      json_schema: { schema: { type: 'object', required: ['value'], properties: { value: list.schema } } },
    });
  });

  it('is asked for by JSON mode with the schema in the system message', async () => {
    const { provider, calls } = await serve(answering({ content: '{"value":"BAD"}' }), { structured: 'json_object' });
    expect((await provider.complete('gpt-test', json, bounds())).text).toBe('{"value":"BAD"}');
    expect(calls[0]?.body.response_format).toEqual({ type: 'json_object' });
    const [system, ...rest] = (calls[0]?.body.messages ?? []) as { role: string; content: string }[];
    expect(system?.content).toMatch(/^Be short\.\n\nAnswer with JSON only.*"enum":\["GOOD","BAD"\]/s);
    expect(rest).toEqual([text.messages[1]]);
  });

  it('is asked for by a forced function call, whose arguments are the answer', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'review_sentiment', arguments: '{"value":"BAD"}' } };
    const { provider, calls } = await serve(answering({ content: null, tool_calls: [call] }), { structured: 'tool' });
    expect((await provider.complete('gpt-test', json, bounds())).text).toBe('{"value":"BAD"}');
    expect(calls[0]?.body).toMatchObject({
      tools: [{ type: 'function', function: { name: 'review_sentiment', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'review_sentiment' } },
    });
    expect(calls[0]?.body).not.toHaveProperty('response_format');
  });

  it('is asked for in words, and taken out of its code fence', async () => {
    const content = 'Here you are:\n```json\n{"value":"GOOD"}\n```';
    const structuredByModel = new Map([['small', 'prompt' as const]]);
    const { provider, calls } = await serve(answering({ content }), { structuredByModel });
    const { text: answer } = await provider.complete('small', { ...json, messages: json.messages.slice(1) }, bounds());
    expect(answer).toBe('{"value":"GOOD"}');
    expect(calls[0]?.body).not.toHaveProperty('response_format');
    expect(calls[0]?.body.messages).toMatchObject([{ role: 'system' }, { role: 'user', content: 'Is it good?' }]);
  });

  it('is handed on as it is when it is no JSON: judging it is the caller’s', async () => {
    const { provider } = await serve(answering({ content: 'rather good' }));
    expect((await provider.complete('gpt-test', json, bounds())).text).toBe('rather good');
  });
});

describe('a failing endpoint', () => {
  it('never gets the key into an error, whatever it echoes', async () => {
    const message = `Incorrect API key provided: ${apiKey.slice(0, 12)}*****${apiKey.slice(-4)}. You sent ${apiKey} (Bearer ${apiKey}), ending ${apiKey.slice(-10)}.`;
    const error = { message, type: 'invalid_request_error', param: null, code: 'invalid_api_key' };
    const { provider } = await serve((_call, response) => sendJson(response, { error }, 401));
    const failed = await failure(provider.complete('gpt-test', text, bounds()));
    expect(failed.detail).toMatch(/^openai: 401 invalid_api_key Incorrect API key provided/);
    const everything = inspect(failed, { depth: 20, showHidden: true });
    expect(everything).not.toContain(apiKey);
    expect(everything).not.toContain(apiKey.slice(0, 12));
    expect(everything).not.toContain(apiKey.slice(-10));
    expect(everything).not.toContain(apiKey.slice(-4));
  });

  it.each([
    [
      429,
      { error: { message: 'Slow down.', type: 'requests', code: 'rate_limit_exceeded' } },
      'openai: 429 rate_limit_exceeded Slow down.',
    ],
    [
      429,
      { error: { message: 'You exceeded your quota.', type: 'insufficient_quota', code: 'insufficient_quota' } },
      'openai: 429 insufficient_quota You exceeded your quota.',
    ],
    [
      500,
      { error: { message: 'Server error', type: 'server_error', code: null } },
      'openai: 500 server_error Server error',
    ],
    [404, { error: 'model "llama" not found' }, 'openai: 404 "model \\"llama\\" not found"'],
  ])('is named by its status and code: %i %j', async (status, body, detail) => {
    const { provider, calls } = await serve((_call, response) => sendJson(response, body, status));
    expect((await failure(provider.complete('gpt-test', text, bounds()))).detail).toBe(detail);
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['malformed JSON', 'application/json', '{"choices": [', /JSON/],
    ['a page', 'text/html', '<html></html>', /holds no choice/],
    ['no choice', 'application/json', '{"choices":[]}', /holds no choice/],
    ['another shape', 'application/json', '{"choices":"x"}', /holds no choice/],
    ['null', 'application/json', 'null', /holds no choice/],
    ['nothing', 'application/json', '', /holds no choice/],
  ])('is unavailable when it answers %s', async (_what, type, body, detail) => {
    const { provider } = await serve((_call, response) => response.writeHead(200, { 'content-type': type }).end(body));
    expect((await failure(provider.complete('gpt-test', text, bounds()))).detail).toMatch(detail);
  });

  it('is not followed when it redirects: the key stays with its host', async () => {
    const elsewhere = await serve(answering({ content: 'mine now' }));
    const { provider } = await serve((_call, response) =>
      response.writeHead(307, { location: `${elsewhere.baseUrl}/chat/completions` }).end(),
    );
    expect((await failure(provider.complete('gpt-test', text, bounds()))).detail).toMatch(/redirect/);
    expect(elsewhere.calls).toEqual([]);
  });

  it('cannot fill the memory: a larger answer than allowed is not read', async () => {
    const { provider } = await serve(answering({ content: 'x'.repeat(5_000) }), { maxBytes: 2_000 });
    expect((await failure(provider.complete('gpt-test', text, bounds()))).detail).toMatch(/larger than 2000 bytes/);
  });

  it('is given up at the deadline, and its connection closed', async () => {
    const { provider, nextCall } = await serve(() => {});
    const arrived = nextCall();
    expect((await failure(provider.complete('gpt-test', text, bounds(50)))).detail).toBe('openai: the deadline passed');
    await (await arrived).abandoned;
  });

  it('is given up at the deadline in the middle of its answer', async () => {
    const { provider } = await serve((_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":');
    });
    expect((await failure(provider.complete('gpt-test', text, bounds(50)))).detail).toBe('openai: the deadline passed');
  });

  it('is named when nobody listens there', async () => {
    const { provider, close } = await serve(() => {});
    await close();
    closing.pop();
    expect((await failure(provider.complete('gpt-test', text, bounds()))).detail).toMatch(/ECONNREFUSED/);
  });
});

describe('an aborted call', () => {
  it('rejects with the signal’s reason and closes its connection', async () => {
    const { provider, nextCall } = await serve(() => {});
    const controller = new AbortController();
    const arrived = nextCall();
    const pending = provider.complete('gpt-test', text, bounds(5_000, controller.signal));
    const call = await arrived;
    controller.abort(new Error('the client went away'));
    await expect(pending).rejects.toThrow('the client went away');
    await call.abandoned;
  });

  it('is not sent when the signal was aborted before', async () => {
    const { provider, calls } = await serve(answering({ content: 'Yes.' }));
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(provider.complete('gpt-test', text, bounds(5_000, signal))).rejects.toThrow('too late');
    expect(calls).toEqual([]);
  });
});

describe('embeddings', () => {
  it('come in the order of the texts, as 32-bit numbers', async () => {
    const data = [
      { object: 'embedding', index: 1, embedding: [0, 1] },
      { object: 'embedding', index: 0, embedding: [1, 0] },
    ];
    const { provider, calls } = await serve((_call, response) =>
      sendJson(response, { object: 'list', data, usage: { prompt_tokens: 7, total_tokens: 7 } }),
    );
    expect(await provider.embed('embedder', ['a', 'b'], bounds())).toEqual({
      vectors: [Float32Array.of(1, 0), Float32Array.of(0, 1)],
      usage: { inputTokens: 7, outputTokens: 0, source: 'reported' },
    });
    expect(calls[0]?.path).toBe('/v1/embeddings');
    expect(calls[0]?.body).toEqual({ model: 'embedder', input: ['a', 'b'], encoding_format: 'float' });
  });

  it('of many texts are asked for in parts', async () => {
    const { provider, calls } = await serve(({ body }, response) => {
      const data = (body.input as string[]).map((input, index) => ({ index, embedding: [Number(input)] }));
      sendJson(response, { data });
    });
    const texts = Array.from({ length: 250 }, (_, index) => String(index));
    const { vectors, usage } = await provider.embed('embedder', texts, bounds());
    expect(vectors.map(([number]) => String(number))).toEqual(texts);
    expect(usage.source).toBe('estimated');
    expect(calls).toHaveLength(3);
  });

  it.each([
    [{ data: [] }],
    [{ data: [{ index: 0, embedding: ['1'] }] }],
    [{ data: [{ index: 4, embedding: [1] }] }],
    [{ data: [{ index: 0, embedding: [] }] }],
    [{}],
  ])('that are malformed are refused: %j', async (body) => {
    const { provider } = await serve((_call, response) => sendJson(response, body));
    expect((await failure(provider.embed('embedder', ['a'], bounds()))).detail).toMatch(
      /^openai: .*(missing|malformed)/,
    );
  });
});

describe('the bound of an answer', () => {
  it('has the name OpenAI’s and Azure’s own hosts want, and the older one elsewhere', async () => {
    const sent: Record<string, unknown>[] = [];
    const real = globalThis.fetch;
    globalThis.fetch = async (_input, init) => {
      sent.push(JSON.parse(String(init?.body)) as Record<string, unknown>);
      return Response.json(chatCompletion({ content: 'Yes.' }));
    };
    try {
      for (const baseUrl of [
        'https://api.openai.com/v1',
        'https://shop.openai.azure.com/openai/v1',
        'http://127.0.0.1:1/v1',
      ]) {
        await createOpenAiProvider({ name: 'openai', baseUrl, apiKey }).complete('gpt-test', text, bounds());
      }
    } finally {
      globalThis.fetch = real;
    }
    expect(sent.map((body) => [body.max_completion_tokens, body.max_tokens])).toEqual([
      [50, undefined],
      [50, undefined],
      [undefined, 50],
    ]);
  });
});
