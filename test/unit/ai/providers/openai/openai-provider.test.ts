import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ModelRequest, textOf, userText } from '../../../../../src/ai/model-call/index.ts';
import { chatCompletion, type ReceivedCall, sendJson } from '../../models/chat-endpoint.ts';
import { apiKey, called, failureOf, type Reply, serve, text } from '../../models/openai-serve.ts';

const schema = {
  type: 'object',
  properties: { value: { enum: ['GOOD', 'BAD'], default: 'GOOD' }, note: { type: 'string', minLength: 3 } },
  required: ['value'],
};
const json: ModelRequest = { ...text, output: { kind: 'json', name: 'review_sentiment', schema } };

function answering(message: Readonly<Record<string, unknown>>, more?: Readonly<Record<string, unknown>>): Reply {
  return (_call, response) => sendJson(response, chatCompletion(message, more));
}

describe('a completion in text', () => {
  it('sends the conversation and the bound, and no response format', async () => {
    const { provider, calls } = await serve(answering({ content: 'Yes.' }));
    expect(await provider.complete('gpt-test', { ...text, temperature: 0 }, called())).toEqual({
      content: [{ type: 'text', text: 'Yes.' }],
      finishReason: 'stop',
      usage: { inputTokens: 12, outputTokens: 5, source: 'reported' },
      requestId: 'chatcmpl-1',
      respondedModel: 'gpt-test',
    });
    expect(calls[0]?.path).toBe('/v1/chat/completions');
    expect(calls[0]?.body).toEqual({
      model: 'gpt-test',
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Is it good?' },
      ],
      max_tokens: 50,
      temperature: 0,
    });
  });

  it('sends the key and nothing about the machine or the environment', async () => {
    process.env.OPENAI_ORG_ID = 'org-of-the-environment';
    process.env.OPENAI_CUSTOM_HEADERS = 'x-secret: of-the-environment';
    try {
      const { provider, calls } = await serve(answering({ content: 'Yes.' }));
      await provider.complete('gpt-test', text, called());
      // Embeddings go through the package.
      await failureOf(provider.embed('gpt-test', { texts: ['a'] }, called()));
      expect(calls).toHaveLength(2);
      for (const { headers } of calls) {
        expect(headers.authorization).toBe(`Bearer ${apiKey}`);
        expect(headers['user-agent']).toBe('isthmus');
        expect(inspect(headers)).not.toMatch(/stainless|environment/i);
      }
    } finally {
      delete process.env.OPENAI_ORG_ID;
      delete process.env.OPENAI_CUSTOM_HEADERS;
    }
  });

  it('sends no authorization to a server without a key, whatever the environment holds', async () => {
    process.env.OPENAI_API_KEY = 'sk-of-the-environment';
    try {
      const { provider, calls } = await serve(answering({ content: 'Yes.' }), { keys: [] });
      await provider.complete('llama', text, called());
      expect(provider.keys).toBe(1);
      expect(calls[0]?.headers).not.toHaveProperty('authorization');
    } finally {
      delete process.env.OPENAI_API_KEY;
    }
  });

  it('sends the key of the call, and Azure’s in its own header with the version and the deployment', async () => {
    const { provider, calls, baseUrl } = await serve(answering({ content: 'Yes.' }), {
      keys: ['first-key', 'second-key'],
    });
    await provider.complete('gpt-test', text, called({ key: 1 }));
    expect(provider.keys).toBe(2);
    expect(calls[0]?.headers.authorization).toBe('Bearer second-key');
    const azure = await serve(answering({ content: 'Yes.' }), {
      baseUrl: `${baseUrl.replace('/v1', '')}/openai/deployments/{model}/`,
      auth: 'api-key',
      apiVersion: '2026-01-01',
      keys: ['azure-key'],
    });
    await azure.provider.complete('my/own model', text, called());
    expect(calls[1]?.path).toBe('/openai/deployments/my%2Fown%20model/chat/completions?api-version=2026-01-01');
    expect(calls[1]?.headers['api-key']).toBe('azure-key');
    expect(calls[1]?.headers).not.toHaveProperty('authorization');
    expect((await failureOf(azure.provider.complete('..', text, called()))).kind).toBe('not_found');
    expect(calls).toHaveLength(2);
  });

  it('reports the finish reason, and refusals in the model’s words', async () => {
    const reasons = [
      ['length', 'length'],
      ['model_length', 'length'],
      ['content_filter', 'content_filter'],
      ['stop', 'stop'],
      ['something_new', 'stop'],
    ] as const;
    for (const [sent, read] of reasons) {
      const choices = [{ index: 0, message: { role: 'assistant', content: 'Ye' }, finish_reason: sent }];
      const { provider } = await serve(answering({}, { choices }));
      const answer = await provider.complete('gpt-test', text, called());
      expect([textOf(answer), answer.finishReason]).toEqual(['Ye', read]);
    }
    const { provider } = await serve(answering({ content: null, refusal: 'I cannot help with that.' }));
    expect(await provider.complete('gpt-test', json, called())).toMatchObject({
      content: [],
      finishReason: 'refusal',
      refusal: 'I cannot help with that.',
    });
  });

  it('reads content in parts and its thinking, and estimates the usage that is not reported', async () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
      { type: 'text', text: 'Ye' },
      { type: 'text', text: 's.' },
    ];
    const { provider } = await serve(answering({ content }, { usage: null }));
    const answer = await provider.complete('gpt-test', text, called());
    expect(answer.content).toEqual([
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'Yes.' },
    ]);
    expect(answer.usage).toMatchObject({ source: 'estimated', outputTokens: expect.any(Number) });
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
  });

  it('reads tool calls in every form, also if the provider reports stop', async () => {
    const tool_calls = [
      { id: 'null', function: { name: 'weather', arguments: { city: 'Rome' } } },
      { id: 'call_2', index: 0, function: { name: 'time', arguments: '' } },
    ];
    const { provider } = await serve(answering({ content: '', tool_calls }));
    const answer = await provider.complete('gpt-test', text, called());
    expect(answer.finishReason).toBe('tool_calls');
    expect(answer.content).toEqual([
      { type: 'tool_call', id: expect.stringMatching(/^call_\w{32}$/), name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'tool_call', id: 'call_2', name: 'time', arguments: '{}' },
    ]);
    const legacy = await serve(answering({ content: null, function_call: { name: 'time', arguments: '{}' } }));
    expect((await legacy.provider.complete('gpt-test', text, called())).content).toMatchObject([
      { type: 'tool_call', name: 'time', arguments: '{}' },
    ]);
  });

  it('returns the provider’s id of the call, from its header first', async () => {
    const { provider } = await serve((_call, response) => {
      response.setHeader('x-request-id', 'req_42');
      sendJson(response, chatCompletion({ content: 'Yes.' }));
    });
    expect((await provider.complete('gpt-test', text, called())).requestId).toBe('req_42');
  });
});

describe('a completion in JSON', () => {
  const complete = async (
    reply: Reply,
    structured: 'json_schema' | 'json_object' | 'tool' | 'prompt',
    request = json,
  ) => {
    const { provider, calls } = await serve(reply);
    const answer = await provider.complete('gpt-test', request, called({ structured }));
    return { answer, text: textOf(answer), body: calls[0]?.body };
  };

  it('is requested by a strict schema: closed objects, all properties required, no unsupported keyword', async () => {
    const { text: told, body } = await complete(
      answering({ content: '{"value":"GOOD","note":"fine"}' }),
      'json_schema',
    );
    expect(told).toBe('{"value":"GOOD","note":"fine"}');
    expect(body?.response_format).toEqual({
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

  it('is not requested strictly if that would change the meaning of the schema', async () => {
    const free = { type: 'object', additionalProperties: { type: 'number' } };
    const output = { kind: 'json', name: 'counts', schema: free } as const;
    const { body } = await complete(answering({ content: '{"a":1}' }), 'json_schema', { ...text, output });
    expect(body?.response_format).toMatchObject({ json_schema: { strict: false, schema: free } });
  });

  it('wraps a schema that is not an object, and unwraps the answer', async () => {
    const output = { kind: 'json', name: 'topics', schema: { type: 'array', items: { type: 'string' } } } as const;
    const { text: told, body } = await complete(answering({ content: '{"value":["a","b"]}' }), 'json_schema', {
      ...text,
      output,
    });
    expect(told).toBe('["a","b"]');
    expect(body?.response_format).toMatchObject({
      json_schema: { schema: { type: 'object', required: ['value'], properties: { value: output.schema } } },
    });
  });

  it('is requested by JSON mode with the schema in the system message', async () => {
    const { text: told, body } = await complete(answering({ content: '{"value":"BAD"}' }), 'json_object');
    expect(told).toBe('{"value":"BAD"}');
    expect(body?.response_format).toEqual({ type: 'json_object' });
    const [system, ...rest] = (body?.messages ?? []) as { role: string; content: string }[];
    expect(system?.content).toMatch(/^Be short\.\n\nAnswer with JSON only.*"enum":\["GOOD","BAD"\]/s);
    expect(rest).toEqual([{ role: 'user', content: 'Is it good?' }]);
  });

  it('is requested by a forced function call, whose arguments are the answer', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'review_sentiment', arguments: '{"value":"BAD"}' } };
    const { answer, body } = await complete(answering({ content: 'Here:', tool_calls: [call] }), 'tool');
    expect(answer).toMatchObject({ content: [{ type: 'text', text: '{"value":"BAD"}' }], finishReason: 'stop' });
    expect(body).toMatchObject({
      tools: [{ type: 'function', function: { name: 'review_sentiment', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'review_sentiment' } },
    });
    expect(body).not.toHaveProperty('response_format');
  });

  it('may be a function call in addition to those of the request', async () => {
    const tools = [{ name: 'weather', parameters: { type: 'object' } }];
    const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } };
    const { answer, body } = await complete(answering({ content: null, tool_calls: [call] }), 'tool', {
      ...json,
      tools,
    });
    expect(answer).toMatchObject({ content: [{ type: 'tool_call', name: 'weather' }], finishReason: 'tool_calls' });
    expect(body).toMatchObject({ tool_choice: 'required', tools: [{}, {}] });
  });

  it('is requested in the prompt, and extracted from its code fence, but not from a string', async () => {
    const request = { ...json, messages: [userText('Is it good?')] };
    const fenced = await complete(
      answering({ content: 'Here you are:\n```json\n{"value":"GOOD"}\n```' }),
      'prompt',
      request,
    );
    expect(fenced.text).toBe('{"value":"GOOD"}');
    expect(fenced.body).not.toHaveProperty('response_format');
    expect(fenced.body?.messages).toMatchObject([{ role: 'system' }, { role: 'user', content: 'Is it good?' }]);
    const quoted = JSON.stringify({ note: '```json\n{"value":"BAD"}\n```' });
    expect((await complete(answering({ content: quoted }), 'prompt')).text).toBe(quoted);
  });

  it('of any shape is JSON mode', async () => {
    const output = { kind: 'json', name: 'anything', schema: undefined } as const;
    const { body } = await complete(answering({ content: '{}' }), 'json_schema', { ...text, output });
    expect(body?.response_format).toEqual({ type: 'json_object' });
    expect(body?.messages).toMatchObject([{ content: expect.stringMatching(/one JSON object/) }, {}]);
  });

  it('is returned unchanged if it is not JSON: the caller validates it', async () => {
    expect((await complete(answering({ content: 'rather good' }), 'json_schema')).text).toBe('rather good');
  });
});

describe('an aborted call', () => {
  it('rejects with the signal’s reason and closes its connection', async () => {
    const { provider, nextCall } = await serve(() => {});
    const controller = new AbortController();
    const arrived = nextCall();
    const pending = provider.complete('gpt-test', text, called({ signal: controller.signal }));
    const call = await arrived;
    controller.abort(new Error('the client went away'));
    await expect(pending).rejects.toThrow('the client went away');
    await call.abandoned;
  });

  it('is not sent when the signal was aborted or the deadline passed before', async () => {
    const { provider, calls } = await serve(answering({ content: 'Yes.' }));
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(provider.complete('gpt-test', text, called({ signal }))).rejects.toThrow('too late');
    expect((await failureOf(provider.complete('gpt-test', text, called({ milliseconds: 0 })))).kind).toBe('timeout');
    expect(calls).toEqual([]);
  });

  it('does not affect the next one', async () => {
    const { provider, calls, nextCall } = await serve((call, response) => {
      if (call.body.model !== 'hangs') sendJson(response, chatCompletion({ content: 'Yes.' }));
    });
    for (let round = 0; round < 3; round += 1) {
      const controller = new AbortController();
      const arrived = nextCall();
      const pending = provider.complete('hangs', text, called({ signal: controller.signal }));
      await arrived;
      controller.abort(new Error('enough'));
      await expect(pending).rejects.toThrow('enough');
      expect(textOf(await provider.complete('gpt-test', text, called()))).toBe('Yes.');
    }
    expect(calls).toHaveLength(6);
  });
});

describe('embeddings', () => {
  const embedding = (reply: Reply) => serve(reply);

  it('come in the order of the texts, as 32-bit numbers', async () => {
    const data = [
      { object: 'embedding', index: 1, embedding: [0, 1] },
      { object: 'embedding', index: 0, embedding: [1, 0] },
    ];
    const { provider, calls } = await embedding((_call, response) =>
      sendJson(response, { object: 'list', data, usage: { prompt_tokens: 7, total_tokens: 7 } }),
    );
    expect(await provider.embed('embedder', { texts: ['a', 'b'], dimensions: 2, user: 'u1' }, called())).toEqual({
      vectors: [Float32Array.of(1, 0), Float32Array.of(0, 1)],
      usage: { inputTokens: 7, outputTokens: 0, source: 'reported' },
    });
    expect(calls[0]?.path).toBe('/v1/embeddings');
    expect(calls[0]?.body).toEqual({
      model: 'embedder',
      input: ['a', 'b'],
      encoding_format: 'float',
      dimensions: 2,
      user: 'u1',
    });
  });

  it('may come in base64', async () => {
    const base64 = Buffer.from(Float32Array.of(0.5, -2).buffer).toString('base64');
    const { provider } = await embedding((_call, response) =>
      sendJson(response, { data: [{ index: 0, embedding: base64 }] }),
    );
    expect((await provider.embed('embedder', { texts: ['a'] }, called())).vectors).toEqual([Float32Array.of(0.5, -2)]);
  });

  const numbered = ({ body }: ReceivedCall) => ({
    data: (body.input as string[]).map((input, index) => ({ index, embedding: [Number(input)] })),
  });

  it('of many texts are requested in parts', async () => {
    const { provider, calls } = await embedding((call, response) => sendJson(response, numbered(call)));
    const texts = Array.from({ length: 250 }, (_, index) => String(index));
    const { vectors, usage } = await provider.embed('embedder', { texts }, called());
    expect(vectors.map(([number]) => String(number))).toEqual(texts);
    expect(usage.source).toBe('estimated');
    expect(calls).toHaveLength(3);
  });

  it('of which a part failed are recorded as paid', async () => {
    const { provider, calls } = await embedding((call, response) => {
      if (calls.length === 2) sendJson(response, { error: { message: 'Slow down.' } }, 429);
      else sendJson(response, { ...numbered(call), usage: { prompt_tokens: 100, total_tokens: 100 } });
    });
    const texts = Array.from({ length: 150 }, (_, index) => String(index));
    const failure = await failureOf(provider.embed('embedder', { texts }, called()));
    expect(failure).toMatchObject({ kind: 'rate_limited', usage: { inputTokens: 100, source: 'reported' } });
  });

  it.each([
    [{ data: [] }],
    [{ data: [{ index: 0, embedding: ['1'] }] }],
    [{ data: [{ index: 4, embedding: [1] }] }],
    [{ data: [{ index: 0, embedding: [] }] }],
    [{ data: [{ index: 0, embedding: '%%%' }] }],
    [{}],
  ])('that are malformed are refused: %j', async (body) => {
    const { provider } = await embedding((_call, response) => sendJson(response, body));
    const failure = await failureOf(provider.embed('embedder', { texts: ['a'] }, called()));
    expect([failure.kind, failure.detail]).toEqual(['malformed', expect.stringMatching(/missing|malformed/)]);
  });
});
