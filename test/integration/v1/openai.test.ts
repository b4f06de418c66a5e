import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors/index.ts';
import {
  completion,
  start,
  startV1Server,
  streamOf,
  toolCallAnswer,
  toolCallDeltas,
  type V1Server,
} from './v1-server.ts';

let server: V1Server;
let client: OpenAI;
beforeAll(async () => {
  server = await startV1Server();
  client = new OpenAI({ baseURL: server.url, apiKey: 'sk-client-secret', maxRetries: 0 });
});
afterAll(() => server.close());
beforeEach(() => {
  server.models.calls.length = 0;
  server.models.answer = completion({});
  server.models.parts = streamOf([
    { type: 'text_delta', index: 0, text: 'Hello ' },
    { type: 'text_delta', index: 0, text: 'there.' },
  ]);
});

const messages = [{ role: 'user' as const, content: 'Hi' }];
const weather = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

describe('chat completions through the official client', () => {
  it('answers whole, with usage, price and model', async () => {
    const { data, response } = await client.chat.completions.create({ model: 'fast', messages }).withResponse();
    expect(data.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'Hello there.' },
    });
    expect(data.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 });
    expect(data.usage?.prompt_tokens_details?.cached_tokens).toBe(3);
    expect(response.headers.get('isthmus-model')).toBe('test/model-1');
    expect(response.headers.get('isthmus-cost-usd')).toBe('0.00014');
    expect(response.headers.get('isthmus-cache')).toBe('miss');
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    expect(server.leases()).toBe(0);
  });

  it('hands every field of the form on, and names those beyond it', async () => {
    await client.chat.completions.create({
      model: 'fast',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'low' } },
            { type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
      ],
      max_completion_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 1,
      presence_penalty: -1,
      seed: 7,
      stop: 'END',
      reasoning_effort: 'low',
      tools: [weather],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'shape', schema: { type: 'object' } } },
      user: 'u1',
      logit_bias: { '1': 1 },
      n: 2,
      metadata: { run: '1' },
    });
    const call = server.models.calls[0];
    if (call === undefined || !('messages' in call.request)) throw new Error('no call');
    const { wire, ...request } = call.request;
    expect(request).toEqual({
      optional: ['metadata'],
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source: { kind: 'base64', data: 'aGk=' }, mediaType: 'image/png', detail: 'low' },
            { type: 'file', source: { kind: 'base64', data: 'aGk=' }, mediaType: 'audio/wav' },
            { type: 'file', source: { kind: 'base64', data: 'aGk=' }, mediaType: 'application/pdf', name: 'a.pdf' },
          ],
        },
        { role: 'assistant', content: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: '{}' }] },
        { role: 'tool', content: [{ type: 'tool_result', callId: 'c1', content: [{ type: 'text', text: 'sunny' }] }] },
      ],
      output: { kind: 'json', name: 'shape', schema: { type: 'object' } },
      maxOutputTokens: 50,
      temperature: 0.5,
      topP: 0.9,
      frequencyPenalty: 1,
      presencePenalty: -1,
      seed: 7,
      stop: ['END'],
      reasoning: { effort: 'low' },
      tools: [{ name: 'weather', parameters: weather.function.parameters }],
      toolChoice: { name: 'weather' },
      parallelToolCalls: false,
      user: 'u1',
    });
    expect(wire?.wire).toBe('openai-chat');
    expect([...(wire?.unmapped ?? [])].sort()).toEqual(['logit_bias', 'n']);
    expect(wire?.body.metadata).toEqual({ run: '1' });
    expect(call.caller).toMatchObject({ id: 'anonymous', tenant: 'public' });
    expect(JSON.stringify(call.request)).not.toContain('sk-client-secret');
  });

  it('streams, with the usage only where it was asked for', async () => {
    const chunks = await collect(await client.chat.completions.create({ model: 'fast', messages, stream: true }));
    expect(chunks[0]?.choices[0]?.delta).toMatchObject({ role: 'assistant' });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello there.');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true);
    const asked = await collect(
      await client.chat.completions.create({
        model: 'fast',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 14 } });
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  });

  it('streams tool calls that the client puts together again', async () => {
    server.models.parts = streamOf(toolCallDeltas, toolCallAnswer);
    const final = await client.chat.completions
      .stream({ model: 'fast', messages, tools: [weather] })
      .finalChatCompletion();
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
    expect(final.choices[0]?.message.content).toBe('Let me look.');
    expect(final.choices[0]?.message.tool_calls).toMatchObject([
      { id: 'call_1', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
      { id: 'call_2', function: { name: 'time', arguments: '{}' } },
    ]);
  });

  it('gives what a provider wants back with a tool call to the client, and takes it back', async () => {
    const opaque = { google: { thoughtSignature: 'sig' } };
    const content = [{ type: 'tool_call' as const, id: 'call_1', name: 'weather', arguments: '{}', opaque }];
    server.models.parts = streamOf(
      [
        { type: 'tool_call_start', index: 0, id: 'call_1', name: 'weather' },
        { type: 'tool_call_delta', index: 0, arguments: '{}' },
      ],
      { content, finishReason: 'tool_calls' },
    );
    server.models.answer = completion({ content, finishReason: 'tool_calls' });
    const streamed = await client.chat.completions.stream({ model: 'fast', messages }).finalChatCompletion();
    const whole = await client.chat.completions.create({ model: 'fast', messages });
    for (const { choices } of [streamed, whole]) {
      const [choice] = choices;
      if (choice === undefined) throw new Error('no choice');
      server.models.calls.length = 0;
      await client.chat.completions.create({ model: 'fast', messages: [...messages, choice.message] });
      expect(server.models.calls[0]?.request).toMatchObject({ messages: [{}, { role: 'assistant', content }] });
    }
    const events = await collect(await client.responses.create({ model: 'fast', input: 'Hi', stream: true }));
    const told = { google: { thought_signature: 'sig' } };
    expect(events.at(-1)).toMatchObject({ response: { output: [{ type: 'function_call', extra_content: told }] } });
  });

  it('streams an answer that came without deltas', async () => {
    server.models.parts = streamOf([], toolCallAnswer);
    const final = await client.chat.completions
      .stream({ model: 'fast', messages, tools: [weather] })
      .finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls).toHaveLength(2);
  });

  it('gives structured output that the client parses, whole and streamed', async () => {
    const text = '{"city":"Paris"}';
    const format = {
      type: 'json_schema' as const,
      json_schema: {
        name: 'place',
        strict: true,
        schema: { type: 'object', properties: { city: { type: 'string' } } },
      },
      $brand: 'auto-parseable-response-format' as const,
      $parseRaw: (content: string) => JSON.parse(content) as { city: string },
    };
    server.models.answer = completion({ content: [{ type: 'text', text }] });
    const parsed = await client.chat.completions.parse({ model: 'fast', messages, response_format: format as never });
    expect(parsed.choices[0]?.message.parsed).toEqual({ city: 'Paris' });
    server.models.parts = streamOf([{ type: 'text_delta', index: 0, text }], { content: [{ type: 'text', text }] });
    const streamed = await client.chat.completions
      .stream({ model: 'fast', messages, response_format: format as never })
      .finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual({ city: 'Paris' });
  });

  it('tells a refusal in its own field', async () => {
    server.models.answer = completion({ content: [], finishReason: 'refusal', refusal: 'I will not.' });
    const whole = await client.chat.completions.create({ model: 'fast', messages });
    expect(whole.choices[0]?.message).toMatchObject({ content: null, refusal: 'I will not.' });
    server.models.parts = streamOf([{ type: 'refusal_delta', text: 'I will not.' }], {
      content: [],
      finishReason: 'refusal',
      refusal: 'I will not.',
    });
    const chunks = await collect(await client.chat.completions.create({ model: 'fast', messages, stream: true }));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.refusal ?? '').join('')).toBe('I will not.');
  });

  it('passes a provider’s own answer on, byte for byte', async () => {
    const wire = '{ "id":"chatcmpl-9", "model":"gpt-x", "choices":[], "odd":  1 }';
    server.models.answer = completion({ wire });
    const response = await server.post('/chat/completions', { model: 'fast', messages });
    expect(await response.text()).toBe(wire);
  });

  it('passes a provider’s own events on, and keeps the usage from who did not ask for it', async () => {
    const role =
      '{"id":"c","object":"chat.completion.chunk","model":"gpt-x","choices":[{"index":0,"delta":{"role":"assistant"}}]}';
    const text =
      '{"id":"c","object":"chat.completion.chunk","model":"gpt-x","choices":[{"index":0,"delta":{"content":"Hi"}}],"x":1}';
    const finish = '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
    const usage = '{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}';
    server.models.parts = streamOf([
      { type: 'other', wire: role },
      { type: 'text_delta', index: 0, text: 'Hi', wire: text },
      { type: 'other', wire: finish },
      { type: 'other', wire: usage },
    ]);
    const events = (body: string) =>
      body
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6));
    const without = await server.post('/chat/completions', { model: 'fast', messages, stream: true });
    expect(events(await without.text())).toEqual([role, text, finish, '[DONE]']);
    const asked = { model: 'fast', messages, stream: true, stream_options: { include_usage: true } };
    expect(events(await (await server.post('/chat/completions', asked)).text())).toEqual([
      role,
      text,
      finish,
      usage,
      '[DONE]',
    ]);
  });

  it.each([
    ['AI_MODEL_NOT_FOUND', 404, OpenAI.NotFoundError, 'invalid_request_error'],
    ['RATE_LIMITED', 429, OpenAI.RateLimitError, 'rate_limit_error'],
    ['AI_MODEL_UNAVAILABLE', 503, OpenAI.InternalServerError, 'server_error'],
    ['AI_CONTEXT_WINDOW_EXCEEDED', 400, OpenAI.BadRequestError, 'invalid_request_error'],
    ['AI_INPUT_BLOCKED', 400, OpenAI.BadRequestError, 'invalid_request_error'],
  ] as const)('answers %s as the client’s own error class', async (code, status, Class, type) => {
    const failure = new GatewayError(code, { retryAfterMs: 1_200, detail: 'https://provider.example/secret' });
    server.models.answer = () => Promise.reject(failure);
    server.models.parts = [{ type: 'failed', error: failure }];
    for (const stream of [false, true]) {
      const error: unknown = await client.chat.completions.create({ model: 'fast', messages, stream }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(Class);
      const coded = error as InstanceType<typeof OpenAI.APIError>;
      expect(coded).toMatchObject({ status, code, type });
      expect(coded.headers?.get('retry-after')).toBe(status === 429 || status === 503 ? '2' : null);
      expect(JSON.stringify(coded.error)).not.toMatch(/provider|secret|http/);
    }
    expect(server.leases()).toBe(0);
  });

  it('never answers a broken stream as a whole one', async () => {
    server.models.parts = [
      start,
      { type: 'text_delta', index: 0, text: 'Hel' },
      { type: 'failed', error: new GatewayError('AI_STREAM_INCOMPLETE') },
    ];
    const stream = await client.chat.completions.create({ model: 'fast', messages, stream: true });
    await expect(collect(stream)).rejects.toMatchObject({ code: 'AI_STREAM_INCOMPLETE' });
    const raw = await (await server.post('/chat/completions', { model: 'fast', messages, stream: true })).text();
    expect(raw).toContain('"AI_STREAM_INCOMPLETE"');
    expect(raw).not.toContain('[DONE]');
    expect(raw).not.toContain('"finish_reason":"');
  });

  it('reads a client’s stream that ends without an end as incomplete', async () => {
    server.models.parts = [start, { type: 'text_delta', index: 0, text: 'Hel' }];
    const stream = await client.chat.completions.create({ model: 'fast', messages, stream: true });
    await expect(collect(stream)).rejects.toMatchObject({ code: 'AI_STREAM_INCOMPLETE' });
  });
});

describe('responses through the official client', () => {
  it('answers whole, and repeats what was asked', async () => {
    server.models.answer = completion(toolCallAnswer);
    const response = await client.responses.create({
      model: 'fast',
      instructions: 'Be brief.',
      input: 'Hi',
      tools: [{ type: 'function', name: 'weather', parameters: {}, strict: false }],
    });
    expect(response.output_text).toBe('Let me look.');
    expect(response).toMatchObject({ status: 'completed', instructions: 'Be brief.', store: false, error: null });
    expect(response.output.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call']);
    expect(response.usage).toMatchObject({ input_tokens: 10, output_tokens: 4, total_tokens: 14 });
    const [call] = server.models.calls;
    expect(call?.request).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      ],
      wire: { wire: 'openai-responses', body: { store: false }, unmapped: [] },
    });
  });

  it('streams every event in order, numbered, and the client puts the response together', async () => {
    server.models.parts = streamOf(
      [{ type: 'reasoning_delta', index: 5, text: 'Hm.', opaque: { test: { key: 'k' } } }, ...toolCallDeltas],
      toolCallAnswer,
    );
    const stream = client.responses.stream({ model: 'fast', input: 'Hi' });
    const events = await collect(stream);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.delta',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const final = await stream.finalResponse();
    expect(final.output_text).toBe('Let me look.');
    expect(final.output.map((item) => (item.type === 'function_call' ? item.arguments : item.type))).toEqual([
      'reasoning',
      'message',
      '{"city":"Paris"}',
      '{}',
    ]);
  });

  it('reads its own reasoning and tool calls back in the next turn', async () => {
    const opaque = { test: { key: 'k' } };
    server.models.answer = completion({
      content: [
        { type: 'reasoning', text: 'Hm.', opaque },
        { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{}' },
      ],
    });
    const first = await client.responses.create({ model: 'fast', input: 'Hi' });
    await client.responses.create({
      model: 'fast',
      input: [
        { role: 'user', content: 'Hi' },
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
      ],
    });
    expect(server.models.calls[1]?.request).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'Hm.', opaque },
            { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{}' },
          ],
        },
        { role: 'tool', content: [{ type: 'tool_result', callId: 'call_1' }] },
      ],
    });
  });

  it('says incomplete of an answer cut at its bound, whole and streamed', async () => {
    server.models.answer = completion({ finishReason: 'length' });
    const whole = await client.responses.create({ model: 'fast', input: 'Hi' });
    expect(whole).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    server.models.parts = streamOf([{ type: 'text_delta', index: 0, text: 'Hel' }], { finishReason: 'length' });
    const events = await collect(await client.responses.create({ model: 'fast', input: 'Hi', stream: true }));
    expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: { usage: { total_tokens: 14 } } });
  });

  it('gives structured output that the client parses', async () => {
    const text = { format: { type: 'json_schema' as const, name: 'place', strict: true, schema: { type: 'object' } } };
    server.models.answer = completion({ content: [{ type: 'text', text: '{"city":"Paris"}' }] });
    const parsed = await client.responses.parse({ model: 'fast', input: 'Hi', text });
    expect(JSON.parse(parsed.output_text)).toEqual({ city: 'Paris' });
    expect(server.models.calls[0]?.request).toMatchObject({
      output: { kind: 'json', name: 'place', schema: { type: 'object' } },
    });
  });

  it('ends a failed stream with response.failed, never completed', async () => {
    server.models.parts = [
      start,
      { type: 'text_delta', index: 0, text: 'Hel' },
      { type: 'failed', error: new GatewayError('AI_STREAM_INCOMPLETE') },
    ];
    const events = await collect(await client.responses.create({ model: 'fast', input: 'Hi', stream: true }));
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error' } },
    });
    expect(events.some(({ type }) => type === 'response.completed')).toBe(false);
  });

  it('passes a provider’s own events on under their names, without what it says of its failures', async () => {
    const created = '{"type":"response.created","sequence_number":0,"response":{"id":"resp_p","output":[]}}';
    const delta =
      '{"type":"response.output_text.delta","sequence_number":1,"item_id":"m","output_index":0,"content_index":0,"delta":"Hi"}';
    const failed = '{"type":"response.failed","sequence_number":2,"response":{"error":{"message":"at host-7"}}}';
    server.models.parts = [
      start,
      { type: 'other', wire: created },
      { type: 'text_delta', index: 0, text: 'Hi', wire: delta },
      { type: 'other', wire: failed },
      { type: 'failed', error: new GatewayError('AI_MODEL_UNAVAILABLE') },
    ];
    const raw = await (await server.post('/responses', { model: 'fast', input: 'Hi', stream: true })).text();
    expect(raw).toContain(
      `event: response.created\ndata: ${created}\n\nevent: response.output_text.delta\ndata: ${delta}\n\n`,
    );
    expect(raw).not.toContain('host-7');
    expect(raw).toMatch(/event: error\ndata: .*AI_MODEL_UNAVAILABLE.*\n\n$/);
  });
});

describe('embeddings and models through the official client', () => {
  it('gives the same vectors as base64, the client’s default, and as numbers', async () => {
    const vectors = [new Float32Array([0.25, -1.5, 3.140625]), new Float32Array([1, 2, 3])];
    server.models.vectors = vectors;
    const input = ['one', 'two'];
    const packed = await client.embeddings.create({ model: 'fast', input, dimensions: 3 });
    expect(packed.data.map(({ embedding }) => [...embedding])).toEqual(vectors.map((vector) => [...vector]));
    const plain = await client.embeddings.create({ model: 'fast', input, encoding_format: 'float' });
    expect(plain.data.map(({ embedding }) => embedding)).toEqual(vectors.map((vector) => [...vector]));
    expect(plain.usage).toEqual({ prompt_tokens: 7, total_tokens: 7 });
    expect(server.models.calls[0]?.request).toEqual({ texts: input, dimensions: 3 });
  });

  it('lists aliases, and references only where they are exposed', async () => {
    expect((await collect(client.models.list())).map(({ id }) => id)).toEqual(['fast']);
    expect(await client.models.retrieve('fast')).toMatchObject({ id: 'fast', object: 'model' });
    await expect(client.models.retrieve('test/model-1')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const open = await startV1Server({ exposeReferences: true });
    try {
      const exposed = new OpenAI({ baseURL: open.url, apiKey: 'x', maxRetries: 0 });
      expect((await collect(exposed.models.list())).map(({ id }) => id)).toEqual(['fast', 'test/model-1']);
      expect((await exposed.models.retrieve('test/model-1')).id).toBe('test/model-1');
    } finally {
      await open.close();
    }
  });
});
