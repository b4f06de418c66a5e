import Anthropic from '@anthropic-ai/sdk';
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
let client: Anthropic;
beforeAll(async () => {
  server = await startV1Server();
  client = new Anthropic({ baseURL: server.url.replace(/\/v1$/, ''), apiKey: 'sk-ant-client', maxRetries: 0 });
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
const asked = { model: 'fast', max_tokens: 100, messages };

describe('messages through the official client', () => {
  it('answers whole, its input without what was cached', async () => {
    const { data, response } = await client.messages.create(asked).withResponse();
    expect(data).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn', model: 'fast' });
    expect(data.content).toMatchObject([{ type: 'text', text: 'Hello there.' }]);
    expect(data.usage).toMatchObject({ input_tokens: 7, cache_read_input_tokens: 3, output_tokens: 4 });
    expect(response.headers.get('isthmus-cost-usd')).toBe('0.00014');
    expect(server.models.calls[0]?.request).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      output: { kind: 'text' },
      maxOutputTokens: 100,
    });
  });

  it('hands every field of the form on', async () => {
    await client.messages.create({
      ...asked,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
            { type: 'document', title: 'A', source: { type: 'url', url: 'https://files.example/a.pdf' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
            { type: 'redacted_thinking', data: 'xyz' },
            { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Paris' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: 'cold', is_error: true },
            { type: 'text', text: 'Go on.' },
          ],
        },
      ],
      temperature: 0.5,
      top_k: 5,
      top_p: 0.9,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      tools: [{ name: 'weather', input_schema: { type: 'object' as const } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    } as Anthropic.MessageCreateParamsNonStreaming);
    expect(server.models.calls[0]?.request).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.', cache: { ttl: '5m' } },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source: { kind: 'base64', data: 'aGk=' }, mediaType: 'image/png' },
            {
              type: 'file',
              source: { kind: 'url', url: 'https://files.example/a.pdf' },
              mediaType: 'application/pdf',
              name: 'A',
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'Hm.', opaque: { anthropic: { signature: 'sig' } } },
            { type: 'reasoning', text: '', opaque: { anthropic: { redactedData: 'xyz' } } },
            { type: 'tool_call', id: 't1', name: 'weather', arguments: '{"city":"Paris"}' },
          ],
        },
        {
          role: 'tool',
          content: [{ type: 'tool_result', callId: 't1', content: [{ type: 'text', text: 'cold' }], isError: true }],
        },
        { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
      ],
      output: { kind: 'json', name: 'answer', schema: { type: 'object' } },
      maxOutputTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      topK: 5,
      stop: ['END'],
      user: 'u1',
      names: { user: 'metadata.user_id' },
      tools: [{ name: 'weather', parameters: { type: 'object' } }],
      toolChoice: 'required',
      parallelToolCalls: false,
      reasoning: { budgetTokens: 2_000 },
    });
  });

  it('streams text that the client puts together, with the usage of the whole', async () => {
    const final = await client.messages.stream(asked).finalMessage();
    expect(final.content).toMatchObject([{ type: 'text', text: 'Hello there.' }]);
    expect(final).toMatchObject({
      stop_reason: 'end_turn',
      usage: { input_tokens: 7, output_tokens: 4, cache_read_input_tokens: 3 },
    });
  });

  it('streams thinking with its signature, and tool calls, block after block', async () => {
    server.models.parts = streamOf(
      [
        { type: 'reasoning_delta', index: 9, text: 'Hm' },
        { type: 'reasoning_delta', index: 9, text: '.', opaque: { anthropic: { signature: 'sig' } } },
        ...toolCallDeltas,
      ],
      toolCallAnswer,
    );
    const events: Anthropic.MessageStreamEvent[] = [];
    const stream = client.messages.stream(asked).on('streamEvent', (event) => events.push(event));
    const final = await stream.finalMessage();
    expect(final.stop_reason).toBe('tool_use');
    expect(final.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Paris' } },
      { type: 'tool_use', id: 'call_2', name: 'time', input: {} },
    ]);
    const order = events.flatMap((event) =>
      'index' in event ? [`${event.type.replace('content_block_', '')} ${event.index}`] : [],
    );
    expect(order).toEqual([
      ...['start 0', 'delta 0', 'delta 0', 'delta 0', 'stop 0', 'start 1', 'delta 1', 'stop 1'],
      ...['start 2', 'delta 2', 'delta 2', 'stop 2', 'start 3', 'delta 3', 'stop 3'],
    ]);
    expect(events.at(0)?.type).toBe('message_start');
    expect(events.at(-1)?.type).toBe('message_stop');
  });

  it('gives another provider’s reasoning a signature that reads back as it was', async () => {
    const opaque = { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'abc' } };
    server.models.answer = completion({ content: [{ type: 'reasoning', text: 'Hm.', opaque }] });
    const { content } = await client.messages.create(asked);
    await client.messages.create({ ...asked, messages: [...messages, { role: 'assistant', content }, ...messages] });
    expect(server.models.calls[1]?.request).toMatchObject({
      messages: [{}, { content: [{ type: 'reasoning', text: 'Hm.', opaque }] }, {}],
    });
  });

  it('gives structured output', async () => {
    server.models.answer = completion({ content: [{ type: 'text', text: '{"city":"Paris"}' }] });
    const parsed = await client.messages.parse({
      ...asked,
      output_config: {
        format: { type: 'json_schema', schema: { type: 'object' }, parse: (text: string) => JSON.parse(text) } as never,
      },
    });
    expect(parsed.parsed_output).toEqual({ city: 'Paris' });
  });

  it('counts tokens without asking a model', async () => {
    const { input_tokens } = await client.messages.countTokens({
      model: 'fast',
      messages,
      system: 'Be very brief. '.repeat(30),
    });
    expect(input_tokens).toBeGreaterThan(90);
    expect(input_tokens).toBeLessThan(200);
    expect(server.models.calls).toEqual([]);
    await expect(client.messages.countTokens({ model: 'none', messages })).rejects.toBeInstanceOf(
      Anthropic.NotFoundError,
    );
  });

  it('lists models to this client too', async () => {
    const page = await client.models.list();
    expect(page.data).toMatchObject([{ id: 'fast', type: 'model', display_name: 'fast' }]);
    expect(page.hasNextPage()).toBe(false);
  });

  it.each([
    ['AI_MODEL_NOT_FOUND', 404, 'not_found_error'],
    ['RATE_LIMITED', 429, 'rate_limit_error'],
    ['AI_MODEL_UNAVAILABLE', 503, 'overloaded_error'],
    ['AI_REQUEST_UNSUPPORTED', 400, 'invalid_request_error'],
    ['GATEWAY_TIMEOUT', 504, 'timeout_error'],
    ['AI_STREAM_INCOMPLETE', 502, 'api_error'],
  ] as const)('answers %s as Anthropic’s %i %s', async (code, status, type) => {
    const error = new GatewayError(code);
    server.models.answer = () => Promise.reject(error);
    server.models.parts = [start, { type: 'failed', error }];
    for (const stream of [false, true]) {
      await expect(client.messages.create({ ...asked, stream })).rejects.toMatchObject({
        status,
        error: { type: 'error', error: { type }, request_id: expect.stringMatching(/^[\w-]{36}$/) },
      });
    }
  });

  it('tells a failure in a stream as an error event, and never stops the message', async () => {
    server.models.parts = [
      start,
      { type: 'text_delta', index: 0, text: 'Hel' },
      { type: 'failed', error: new GatewayError('AI_STREAM_INCOMPLETE') },
    ];
    await expect(client.messages.stream(asked).finalMessage()).rejects.toThrow('api_error');
    const raw = await (await server.post('/messages', { ...asked, stream: true })).text();
    expect(raw).toMatch(/event: error\ndata: .*"api_error".*\n\n$/);
    expect(raw).not.toContain('message_stop');
    expect(raw).not.toContain('message_delta');
  });
});
