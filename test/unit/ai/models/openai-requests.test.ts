import { describe, expect, it } from 'vitest';
import { type Message, type ModelRequest, ProviderFailure, userText } from '../../../../src/ai/model-call/index.ts';
import { writeChatRequest } from '../../../../src/ai/wires/openai-chat/write-chat-request.ts';
import { writeResponsesRequest } from '../../../../src/ai/wires/openai-responses/write-responses-request.ts';
import { dialectOf } from '../../../../src/ai/wires/shared/openai/openai-dialect.ts';
import { passedRequest } from '../../../../src/ai/wires/shared/passed-request.ts';
import { chatChunk, chatCompletion, eventStream, sendEvents } from './chat-endpoint.ts';
import { called, endOf, failureIn, partsOf, serve, text } from './openai-serve.ts';

const chat = (request: Partial<ModelRequest>, host = 'localhost', streams = false) =>
  writeChatRequest('m', { ...text, ...request }, 'json_schema', dialectOf(host), streams).body;
const responses = (request: Partial<ModelRequest>, streams = false) =>
  writeResponsesRequest(
    'mine',
    'm',
    { messages: text.messages, output: text.output, ...request },
    'json_schema',
    streams,
  ).body;

function refusal(write: () => unknown): string {
  try {
    write();
  } catch (error) {
    if (error instanceof ProviderFailure && error.kind === 'unsupported') return error.detail;
  }
  throw new Error('expected it to be unsupported');
}

const conversation: readonly Message[] = [
  { role: 'system', content: 'Be short.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image', source: { kind: 'url', url: 'https://pictures.example/cat.png' }, detail: 'low' },
      { type: 'image', source: { kind: 'base64', data: 'iVBORw0KGgo=' } },
      { type: 'file', source: { kind: 'base64', data: 'JVBERi0=' }, mediaType: 'application/pdf', name: 'a.pdf' },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'reasoning', text: 'Hm.', opaque: { provider: 'mine', id: 'rs_1', encrypted_content: 'gAAA' } },
      { type: 'reasoning', text: 'Other.', opaque: { provider: 'another', id: 'rs_2', encrypted_content: 'gBBB' } },
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_call', id: 'call_1', name: 'look', arguments: '{"at":"cat"}' },
    ],
  },
  {
    role: 'tool',
    content: [
      { type: 'tool_result', callId: 'call_1', content: [{ type: 'text', text: 'a cat' }] },
      { type: 'tool_result', callId: 'call_2', content: [{ type: 'text', text: 'no such file' }], isError: true },
    ],
  },
];

describe('a request on the chat wire', () => {
  it('carries text, images, files, tool calls and their results', () => {
    expect(chat({ messages: conversation }).messages).toEqual([
      { role: 'system', content: 'Be short.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'https://pictures.example/cat.png', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        ],
      },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"cat"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'a cat' },
      { role: 'tool', tool_call_id: 'call_2', content: 'Error: no such file' },
    ]);
  });

  it('carries every setting', () => {
    const tools = [{ name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true }];
    expect(
      chat({
        temperature: 0.5,
        topP: 0.9,
        topK: 4,
        frequencyPenalty: 1,
        presencePenalty: -1,
        seed: 7,
        stop: ['END'],
        reasoning: { effort: 'low' },
        tools,
        toolChoice: { name: 'look' },
        parallelToolCalls: false,
        user: 'u1',
      }),
    ).toMatchObject({
      model: 'm',
      max_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      frequency_penalty: 1,
      presence_penalty: -1,
      seed: 7,
      stop: ['END'],
      reasoning_effort: 'low',
      tools: [{ type: 'function', function: tools[0] }],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      user: 'u1',
    });
  });

  it('sends audio as audio', () => {
    const sound = { type: 'file', source: { kind: 'base64', data: 'UklGRg==' }, mediaType: 'audio/mpeg' } as const;
    expect(chat({ messages: [{ role: 'user', content: [sound] }] }).messages).toEqual([
      { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'mp3' } }] },
    ]);
  });

  it('uses the words of its host', () => {
    for (const host of ['api.openai.com', 'eu.api.openai.com', 'shop.openai.azure.com']) {
      expect(chat({}, host)).toMatchObject({ max_completion_tokens: 50 });
      expect(chat({}, host)).not.toHaveProperty('max_tokens');
    }
    const mistral = chat({ seed: 7, toolChoice: 'required' }, 'api.mistral.ai', true);
    expect(mistral).toMatchObject({ max_tokens: 50, random_seed: 7, tool_choice: 'any', stream: true });
    expect(mistral).not.toHaveProperty('stream_options');
    expect(chat({}, 'localhost', true)).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(chat({ messages: conversation }, 'api.deepseek.com').messages).toMatchObject([
      {},
      {},
      { reasoning_content: 'Hm.Other.' },
      {},
      {},
    ]);
  });

  it('refuses unsupported fields by name', () => {
    const url = { kind: 'url', url: 'https://files.example/a.pdf' } as const;
    const file = { type: 'file', source: url, mediaType: 'application/pdf' } as const;
    expect(refusal(() => chat({ topK: 3 }, 'api.openai.com'))).toMatch(/topK/);
    expect(refusal(() => chat({ reasoning: { budgetTokens: 9 } }))).toMatch(/reasoning\.budgetTokens/);
    expect(refusal(() => chat({ messages: [{ role: 'user', content: [file] }] }))).toMatch(/file by its URL/);
    const shown = { type: 'tool_result', callId: 'c', content: [{ type: 'image', source: url }] } as const;
    expect(refusal(() => chat({ messages: [{ role: 'tool', content: [shown] }] }))).toMatch(/image/);
  });
});

describe('a request on the responses wire', () => {
  it('sends the conversation as items, with this provider’s reasoning only', () => {
    const { input, include, store } = responses({ messages: conversation });
    expect(input).toEqual([
      { role: 'system', content: 'Be short.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: 'https://pictures.example/cat.png', detail: 'low' },
          { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'auto' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
        ],
      },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'Hm.' }],
        encrypted_content: 'gAAA',
      },
      { role: 'assistant', content: 'Let me see.' },
      { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"at":"cat"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'a cat' },
      { type: 'function_call_output', call_id: 'call_2', output: 'Error: no such file' },
    ]);
    expect([include, store]).toEqual([['reasoning.encrypted_content'], false]);
    expect(responses({})).not.toHaveProperty('include');
  });

  it('sends every setting it knows, and tools that are not strict unless declared', () => {
    const tools = [{ name: 'look', parameters: { type: 'object' } }];
    const output = { kind: 'json', name: 'answer', schema: { type: 'object', properties: {} } } as const;
    expect(
      responses({
        output,
        maxOutputTokens: 100,
        temperature: 0.5,
        topP: 0.9,
        reasoning: { effort: 'high' },
        tools,
        toolChoice: { name: 'look' },
        parallelToolCalls: true,
        user: 'u1',
      }),
    ).toMatchObject({
      max_output_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      reasoning: { effort: 'high' },
      include: ['reasoning.encrypted_content'],
      tools: [{ type: 'function', name: 'look', parameters: { type: 'object' }, strict: false }],
      tool_choice: { type: 'function', name: 'look' },
      parallel_tool_calls: true,
      user: 'u1',
      text: { format: { type: 'json_schema', name: 'answer', strict: true } },
    });
  });

  it('refuses unsupported fields by name', () => {
    const asked = { topK: 1, seed: 1, stop: ['x'], frequencyPenalty: 1, presencePenalty: 1 } as const;
    for (const [field, value] of Object.entries(asked)) {
      expect(refusal(() => responses({ [field]: value }))).toContain(field);
    }
    expect(refusal(() => responses({ reasoning: { budgetTokens: 9 } }))).toMatch(/budgetTokens/);
    const sound = { type: 'file', source: { kind: 'base64', data: '' }, mediaType: 'audio/wav' } as const;
    expect(refusal(() => responses({ messages: [{ role: 'user', content: [sound] }] }))).toMatch(/sound/);
  });
});

describe('a request in the client’s own wire', () => {
  const body = { model: 'alias', messages: [{ role: 'user', content: 'Hi' }], logprobs: true, n: 2 };
  const wired = (more = {}): ModelRequest => ({
    messages: [userText('Hi')],
    output: { kind: 'text' },
    wire: { wire: 'openai-chat', body: { ...body, ...more }, unmapped: ['logprobs', 'n'] },
  });

  it('is sent unchanged except for the model’s name, and the answer is returned unchanged', async () => {
    const sent = `${JSON.stringify(chatCompletion({ content: 'Yes.' }, { service_tier: 'default' }))}\n`;
    const { provider, calls } = await serve((_call, response) => response.end(sent));
    const answer = await provider.complete('gpt-test', wired(), called());
    expect(calls[0]?.body).toEqual({ ...body, model: 'gpt-test', stream: false });
    expect(answer.wire).toBe(sent);
    expect(answer).toMatchObject({ content: [{ type: 'text', text: 'Yes.' }], usage: { inputTokens: 12 } });
  });

  it('streams each event once and in order, without usage that only the gateway requested', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const events = [
      chatChunk({ role: 'assistant', content: '' }),
      chatChunk({
        tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'look', arguments: '{"a":' } }],
      }),
      chatChunk(
        {},
        { choices: [{ index: 1, delta: { role: 'assistant', content: 'other choice' }, finish_reason: null }] },
      ),
      chatChunk({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }),
      chatChunk({}, {}, 'tool_calls'),
    ];
    const last = chatChunk({}, { choices: [], usage });
    const { provider, calls } = await serve((_call, response) => sendEvents(response, [...events, last, '[DONE]']));
    const wireOf = async (request: ModelRequest) => {
      const parts = await partsOf(provider.stream('gpt-test', request, called()));
      expect(endOf(parts)).toMatchObject({
        content: [{ type: 'tool_call', arguments: '{"a":1}' }],
        usage: { inputTokens: 3, outputTokens: 2, source: 'reported' },
      });
      return parts.flatMap((part) => ('wire' in part && part.wire !== undefined ? [part.wire] : []));
    };
    expect(await wireOf(wired())).toEqual(events);
    expect(calls[0]?.body).toEqual({
      ...body,
      model: 'gpt-test',
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(await wireOf(wired({ stream_options: { include_usage: true, include_obfuscation: false } }))).toEqual([
      ...events,
      last,
    ]);
    expect(calls[1]?.body.stream_options).toEqual({ include_usage: true, include_obfuscation: false });
  });

  it('on another wire is translated, or refused if something would be lost', async () => {
    const { provider, calls } = await serve((_call, response) => response.end(), { wire: 'responses' });
    const failure = failureIn(await partsOf(provider.stream('gpt-test', wired(), called())));
    expect([failure.kind, failure.detail]).toEqual(['unsupported', expect.stringContaining('logprobs, n')]);
    await expect(provider.complete('gpt-test', wired(), called())).rejects.toThrow(/logprobs, n/);
    expect(calls).toEqual([]);
    const plain = { ...wired(), wire: { wire: 'openai-chat', body, unmapped: [] } } as const;
    expect(passedRequest(plain, 'openai-responses', 'm', false)).toBeUndefined();
  });

  it('on the responses wire gets the terminal event too', async () => {
    const response = { id: 'r', object: 'response', model: 'm' };
    const place = { item_id: 'msg', output_index: 0, content_index: 0 };
    const item = (status: string, ...content: object[]) => ({
      id: 'msg',
      type: 'message',
      role: 'assistant',
      status,
      content,
    });
    const said = { type: 'output_text', text: 'Hi', annotations: [] };
    const output = [item('completed', said)];
    const events = [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: item('in_progress') },
      { type: 'response.content_part.added', ...place, part: { ...said, text: '' } },
      { type: 'response.output_text.delta', ...place, delta: 'Hi' },
      { type: 'response.output_text.done', ...place, text: 'Hi' },
      { type: 'response.content_part.done', ...place, part: said },
      { type: 'response.output_item.done', output_index: 0, item: output[0] },
      { type: 'response.completed', response: { ...response, status: 'completed', output } },
    ].map((event) => JSON.stringify(event));
    const { provider, calls } = await serve(
      (_call, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(eventStream(events)),
      { wire: 'responses' },
    );
    const own = { model: 'alias', input: 'Hi', previous_response_id: 'r0' };
    const request = {
      ...wired(),
      wire: { wire: 'openai-responses', body: own, unmapped: ['previous_response_id'] },
    } as const;
    const parts = await partsOf(provider.stream('gpt-test', request, called()));
    expect(parts.flatMap((part) => ('wire' in part ? [part.wire] : []))).toEqual(events);
    expect(calls[0]?.path).toBe('/v1/responses');
    expect(calls[0]?.body).toEqual({ ...own, model: 'gpt-test', stream: true });
  });
});
