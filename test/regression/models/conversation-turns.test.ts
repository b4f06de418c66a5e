/** What a conversation carries from turn to turn and from provider to provider, through the vendors' own clients. */
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages';
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sse } from '../../faults/deviant-provider.ts';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

let gateway: V1Gateway;
const models = ['chat', 'responses', 'anthropic', 'gemini', 'bedrock', 'mistral', 'cohere'] as const;
beforeAll(async () => {
  gateway = await startV1Gateway({
    ai: ({ url, openAiBaseUrl, anthropicBaseUrl, geminiBaseUrl }) => `  providers:
    chat: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k }
    responses: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: k }
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: k }
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: k }
    bedrock: { kind: ai-sdk, package: "@ai-sdk/amazon-bedrock", base_url: "${url}", api_key: k, settings: { region: eu-central-1 } }
    mistral: { kind: ai-sdk, package: "@ai-sdk/mistral", base_url: "${openAiBaseUrl}", api_key: k }
    cohere: { kind: ai-sdk, package: "@ai-sdk/cohere", base_url: "${url}/v2", api_key: k }
  models:
${models.map((model) => `    ${model}: { targets: [${model}/${model === 'gemini' ? 'gemini-3-pro' : 'm'}], retries: 0 }`).join('\n')}
  prices: { ${models.map((model) => `${model}/${model === 'gemini' ? 'gemini-3-pro' : 'm'}: { free: true }`).join(', ')} }
  breaker: { min_requests: 100000 }
`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => gateway.provider.reset());

const stream = { 'content-type': 'text/event-stream' };
const sent = (at = -1): string => JSON.stringify(gateway.provider.requests.at(at)?.body);
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } } };
const chatTools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
const messagesTools = [{ name: 'weather', input_schema: parameters }];

describe('Gemini’s call signatures', () => {
  const signature = 'c2lnbmF0dXJlIG9mIGEgY2FsbA+/==';
  const part = { functionCall: { name: 'weather', args: { city: 'Rome' } }, thoughtSignature: signature };
  const body = {
    candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 2, totalTokenCount: 9 },
    modelVersion: 'gemini-3-pro',
  };
  const answers = (isStream: boolean) =>
    gateway.provider.script(isStream ? { body: sse(body), headers: stream } : { body: JSON.stringify(body) });

  it.each([false, true])('are returned through /v1/messages (stream: %s)', async (isStream) => {
    answers(isStream);
    const asked = { model: 'gemini', max_tokens: 100, tools: messagesTools };
    const first: MessageParam[] = [{ role: 'user', content: words() }];
    const { content } = isStream
      ? await gateway.anthropic.messages.stream({ ...asked, messages: first }).finalMessage()
      : await gateway.anthropic.messages.create({ ...asked, messages: first });
    const call = content.find((block) => block.type === 'tool_use');
    expect(call).toMatchObject({ name: 'weather', input: { city: 'Rome' }, id: expect.stringMatching(/^[\w-]+$/) });
    // Only what the wire knows of a block: not every client sends back more.
    const known = { type: 'tool_use' as const, id: call?.id ?? '', name: 'weather', input: { city: 'Rome' } };
    const messages: MessageParam[] = [
      ...first,
      { role: 'assistant', content: [known] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: known.id, content: 'Rain.' }] },
    ];
    await gateway.anthropic.messages.create({ ...asked, messages });
    expect(sent()).toContain(`"thoughtSignature":"${signature}"`);
    expect(sent()).not.toContain('isthmus');
  });

  it.each([false, true])('are returned through /v1/chat/completions (stream: %s)', async (isStream) => {
    answers(isStream);
    const asked = { model: 'gemini', tools: chatTools };
    const first: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: words() }];
    const { choices } = isStream
      ? await gateway.openai.chat.completions.stream({ ...asked, messages: first }).finalChatCompletion()
      : await gateway.openai.chat.completions.create({ ...asked, messages: first });
    const message = choices[0]?.message;
    const [call] = message?.tool_calls ?? [];
    expect(call).toMatchObject({ extra_content: { google: { thought_signature: signature } } });
    if (message === undefined) throw new Error('no message');
    const messages = [...first, message, { role: 'tool' as const, tool_call_id: call?.id ?? '', content: 'Rain.' }];
    await gateway.openai.chat.completions.create({ ...asked, messages });
    expect(sent()).toContain(`"thoughtSignature":"${signature}"`);
  });

  it.each([false, true])(
    'of its compatible endpoint are returned to it through /v1/messages (stream: %s)',
    async (isStream) => {
      const extra_content = { google: { thought_signature: signature } };
      const call = {
        index: 0,
        id: 'a',
        type: 'function',
        extra_content,
        function: { name: 'weather', arguments: '{}' },
      };
      const choice = { index: 0, finish_reason: 'tool_calls' };
      const head = { id: 'c', created: 1, model: 'm' };
      const told = { role: 'assistant', content: null, tool_calls: [call] };
      gateway.provider.script(
        isStream
          ? {
              body: sse(
                { ...head, object: 'chat.completion.chunk', choices: [{ ...choice, delta: told }] },
                'data: [DONE]\n\n',
              ),
              headers: stream,
            }
          : { body: JSON.stringify({ ...head, object: 'chat.completion', choices: [{ ...choice, message: told }] }) },
      );
      const asked = { model: 'chat', max_tokens: 100, tools: messagesTools };
      const first: MessageParam[] = [{ role: 'user', content: words() }];
      const { content } = isStream
        ? await gateway.anthropic.messages.stream({ ...asked, messages: first }).finalMessage()
        : await gateway.anthropic.messages.create({ ...asked, messages: first });
      const id = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))[0] ?? '';
      const result = { type: 'tool_result' as const, tool_use_id: id, content: 'Rain.' };
      const messages: MessageParam[] = [...first, { role: 'assistant', content }, { role: 'user', content: [result] }];
      await gateway.anthropic.messages.create({ ...asked, messages });
      expect(JSON.parse(sent())).toMatchObject({
        messages: [{}, { tool_calls: [{ id: 'a', extra_content }] }, { tool_call_id: 'a' }],
      });
      await gateway.anthropic.messages.create({ ...asked, model: 'anthropic', messages });
      expect(sent()).not.toContain(signature);
    },
  );

  it('reach no other provider', async () => {
    answers(false);
    const asked = { max_tokens: 100, tools: messagesTools };
    const first: MessageParam[] = [{ role: 'user', content: words() }];
    const { content } = await gateway.anthropic.messages.create({ ...asked, model: 'gemini', messages: first });
    const id = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))[0] ?? '';
    const messages: MessageParam[] = [
      ...first,
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'Rain.' }] },
    ];
    for (const model of ['anthropic', 'chat']) {
      await gateway.anthropic.messages.create({ ...asked, model, messages });
      expect(sent()).not.toMatch(/c2lnbmF0dXJl|isthmus/);
    }
  });
});

describe('ids of calls that a provider would refuse', () => {
  const long = `call_${'x'.repeat(200)}`;
  const ids = ['functions.weather:0', 'functions.weather:1', long, 'call with blanks', 'call_plain'];
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: 'user', content: 'Where does it rain?' },
    {
      role: 'assistant',
      tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'weather', arguments: '{}' } })),
    },
    ...ids.map((id) => ({ role: 'tool' as const, tool_call_id: id, content: `It answers ${id.slice(0, 20)}.` })),
  ];
  const found = (pattern: RegExp) => [...sent().matchAll(pattern)].map(([, id = '']) => id);

  it.each<readonly [string, RegExp, RegExp, RegExp]>([
    ['anthropic', /"type":"tool_use","id":"([^"]*)"/g, /"tool_use_id":"([^"]*)"/g, /^[\w-]{1,64}$/],
    ['bedrock', /"toolUse":\{"toolUseId":"([^"]*)"/g, /"toolResult":\{"toolUseId":"([^"]*)"/g, /^[\w-]{1,64}$/],
    ['mistral', /"id":"([^"]*)","type":"function"/g, /"tool_call_id":"([^"]*)"/g, /^[A-Za-z0-9]{9}$/],
    ['chat', /"id":"([^"]*)","type":"function"/g, /"tool_call_id":"([^"]*)"/g, /^.{1,64}$/],
    ['responses', /"function_call","call_id":"([^"]*)"/g, /"function_call_output","call_id":"([^"]*)"/g, /^.{1,64}$/],
  ])('are others for %s, the same in calls and results', async (model, calls, results, form) => {
    await gateway.openai.chat.completions.create({ model, messages, tools: chatTools });
    expect(found(calls)).toHaveLength(ids.length);
    expect(found(results)).toEqual(found(calls));
    expect(new Set(found(calls)).size).toBe(ids.length);
    for (const id of found(calls)) expect(id).toMatch(form);
    const before = sent();
    await gateway.openai.chat.completions.create({ model, messages, tools: chatTools });
    expect(sent()).toBe(before);
  });

  it.each(['anthropic', 'bedrock'])(
    'that are used again are different for %s, each with its own result',
    async (model) => {
      const turn = (city: string): OpenAI.ChatCompletionMessageParam[] => [
        {
          role: 'assistant',
          tool_calls: [0, 0].map(() => ({
            id: 'call_0',
            type: 'function',
            function: { name: 'weather', arguments: '{}' },
          })),
        },
        { role: 'tool', tool_call_id: 'call_0', content: `${city} one` },
        { role: 'tool', tool_call_id: 'call_0', content: `${city} two` },
      ];
      const again: OpenAI.ChatCompletionMessageParam[] = [
        { role: 'user', content: 'Where?' },
        ...turn('Rome'),
        ...turn('Bonn'),
        { role: 'user', content: 'Well?' },
      ];
      await gateway.openai.chat.completions.create({ model, messages: again, tools: chatTools });
      const calls = found(
        model === 'bedrock' ? /"toolUse":\{"toolUseId":"([^"]*)"/g : /"type":"tool_use","id":"([^"]*)"/g,
      );
      expect(calls).toHaveLength(4);
      expect(new Set(calls).size).toBe(4);
      expect(found(model === 'bedrock' ? /"toolResult":\{"toolUseId":"([^"]*)"/g : /"tool_use_id":"([^"]*)"/g)).toEqual(
        calls,
      );
    },
  );

  it('are unchanged if they are accepted', async () => {
    await gateway.openai.chat.completions.create({ model: 'chat', messages, tools: chatTools });
    expect(sent()).toContain('"functions.weather:0"');
    await gateway.openai.chat.completions.create({ model: 'anthropic', messages, tools: chatTools });
    expect(sent()).toContain('"call_plain"');
  });

  it.each([false, true])(
    'reach a client of Anthropic’s in an accepted form, and their model unchanged (stream: %s)',
    async (isStream) => {
      gateway.provider.script({ toolCalls: ids.slice(0, 4).map((id) => ({ name: 'weather', id })) });
      const asked = { model: 'chat', max_tokens: 100, tools: messagesTools };
      const first: MessageParam[] = [{ role: 'user', content: words() }];
      const { content } = isStream
        ? await gateway.anthropic.messages.stream({ ...asked, messages: first }).finalMessage()
        : await gateway.anthropic.messages.create({ ...asked, messages: first });
      const given = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
      for (const id of given) expect(id).toMatch(/^[\w-]+$/);
      const results = given.map((id) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'Rain.' }));
      await gateway.anthropic.messages.create({
        ...asked,
        messages: [...first, { role: 'assistant', content }, { role: 'user', content: results }],
      });
      expect(sent()).toContain('"id":"functions.weather:0"');
      expect(sent()).toContain('"tool_call_id":"functions.weather:1"');
    },
  );
});

describe('images in results of tools', () => {
  const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const image = { type: 'image' as const, source: { type: 'base64' as const, media_type: 'image/png' as const, data } };
  const conversation = (isError: boolean): MessageParam[] => [
    { role: 'user', content: 'What does it show?' },
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'a', name: 'weather', input: {} },
        { type: 'tool_use', id: 'b', name: 'weather', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'a',
          is_error: isError,
          content: [{ type: 'text', text: 'A chart:' }, image],
        },
        { type: 'tool_result', tool_use_id: 'b', content: 'Nothing.' },
        { type: 'text', text: 'Well?' },
      ],
    },
  ];

  it.each(['chat', 'responses', 'anthropic', 'gemini', 'bedrock', 'mistral'])('reach %s', async (model) => {
    for (const isError of [false, true]) {
      await gateway.anthropic.messages.create({
        model,
        max_tokens: 100,
        tools: messagesTools,
        messages: conversation(isError),
      });
      expect(sent()).toContain(data);
      expect(sent()).toContain('A chart:');
    }
  });

  it.each(['chat', 'anthropic', 'gemini'])('reach %s from the OpenAI wires too', async (model) => {
    const url = `data:image/png;base64,${data}`;
    const parts = [
      { type: 'text', text: 'A chart:' },
      { type: 'image_url', image_url: { url } },
    ];
    const call = { id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } };
    const chat = [
      { role: 'user', content: 'What?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'a', content: parts },
    ];
    expect((await gateway.post('/chat/completions', { model, messages: chat, tools: chatTools })).status).toBe(200);
    expect(sent()).toContain(data);
    const output = [
      { type: 'input_text', text: 'A chart:' },
      { type: 'input_image', image_url: url, detail: 'auto' },
    ];
    const input = [
      { role: 'user', content: 'What?' },
      { type: 'function_call', call_id: 'a', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output },
    ];
    expect((await gateway.post('/responses', { model, input })).status).toBe(200);
    expect(sent()).toContain(data);
  });

  it('follow all results of their turn on the chat wire, and name their owner', async () => {
    await gateway.anthropic.messages.create({
      model: 'chat',
      max_tokens: 100,
      tools: messagesTools,
      messages: conversation(false),
    });
    const { messages } = JSON.parse(sent()) as { messages: { role: string; content: unknown }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user', 'user']);
    expect(messages[2]?.content).toBe('A chart:');
    expect(messages[4]?.content).toMatchObject([
      { type: 'text' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    ]);
  });
});

describe('system messages in the middle of a conversation', () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } }] },
    { role: 'developer', content: 'Answer in French from now on.' },
    { role: 'tool', tool_call_id: 'a', content: 'Rain.' },
    { role: 'system', content: 'The user is a child.' },
    { role: 'user', content: 'And now?' },
  ];

  it.each(models)('reach %s', async (model) => {
    for (const isStream of [false, true]) {
      const response = await gateway.post('/chat/completions', { model, messages, tools: chatTools, stream: isStream });
      await response.text();
      expect(response.status).toBe(200);
      for (const said of ['Be short.', 'Answer in French from now on.', 'The user is a child.'])
        expect(sent()).toContain(said);
    }
  });

  it('do not part a call from its result', async () => {
    await gateway.openai.chat.completions.create({ model: 'gemini', messages, tools: chatTools });
    const { contents } = JSON.parse(sent()) as { contents: { parts: object[] }[] };
    const at = contents.findIndex(({ parts }) => parts.some((part) => 'functionCall' in part));
    expect(JSON.stringify(contents[at + 1])).toContain('functionResponse');
  });
});

describe('from Anthropic to a client of Anthropic’s', () => {
  const citation = {
    type: 'char_location',
    cited_text: 'It rains.',
    document_index: 0,
    document_title: 'Log',
    start_char_index: 0,
    end_char_index: 9,
  };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' };
  const usage = { input_tokens: 7, output_tokens: 2 };
  const whole = (content: object[], stop: object) => JSON.stringify({ ...message, content, usage, ...stop });
  const events = (content: { type: string; text: string; citations?: object[] }[], stop: object) =>
    sse(
      { type: 'message_start', message: { ...message, content: [], usage } },
      ...content.flatMap(({ type, text, citations = [] }, index) => [
        {
          type: 'content_block_start',
          index,
          content_block: { type, text: '', ...(citations.length > 0 ? { citations: [] } : {}) },
        },
        { type: 'content_block_delta', index, delta: { type: 'text_delta', text } },
        ...citations.map((one) => ({
          type: 'content_block_delta',
          index,
          delta: { type: 'citations_delta', citation: one },
        })),
        { type: 'content_block_stop', index },
      ]),
      { type: 'message_delta', delta: stop, usage },
      { type: 'message_stop' },
    );
  const read = async (
    isStream: boolean,
    content: { type: string; text: string; citations?: object[] }[],
    stop: object,
  ) => {
    gateway.provider.script(
      isStream ? { body: events(content, stop), headers: stream } : { body: whole(content, stop) },
    );
    const asked = { model: 'anthropic', max_tokens: 100, messages: [{ role: 'user' as const, content: words() }] };
    return isStream
      ? await gateway.anthropic.messages.stream(asked).finalMessage()
      : await gateway.anthropic.messages.create(asked);
  };
  const ended = { stop_reason: 'end_turn', stop_sequence: null };

  it.each([false, true])('citations survive, and texts without any have none (stream: %s)', async (isStream) => {
    const content = [
      { type: 'text', text: 'The log says: ' },
      { type: 'text', text: 'rain', citations: [citation, { ...citation, start_char_index: 3 }] },
      { type: 'text', text: '.' },
    ];
    expect((await read(isStream, content, ended)).content).toEqual(content);
  });

  it.each([false, true])('which stop sequence ended it survives (stream: %s)', async (isStream) => {
    const stopped = { stop_reason: 'stop_sequence', stop_sequence: '\n\nHuman:' };
    expect(await read(isStream, [{ type: 'text', text: 'Hello' }], stopped)).toMatchObject(stopped);
    expect(await read(isStream, [{ type: 'text', text: 'Hello' }], ended)).toMatchObject(ended);
  });

  it.each([false, true])('the reason of a refusal is preserved, once (stream: %s)', async (isStream) => {
    const refused = {
      stop_reason: 'refusal',
      stop_sequence: null,
      stop_details: { type: 'refusal', category: 'cyber', explanation: 'I will not.' },
    };
    const answer = await read(isStream, [{ type: 'text', text: 'Well' }], refused);
    expect(answer).toMatchObject({ ...refused, content: [{ type: 'text', text: 'Well' }] });
    expect(answer.content).toHaveLength(1);
  });

  it('no answer has null citations, from any provider', async () => {
    const asked = { max_tokens: 100, messages: [{ role: 'user', content: words() }] };
    for (const model of ['anthropic', 'chat', 'gemini'])
      for (const isStream of [false, true]) {
        const response = await gateway.post('/messages', { ...asked, model, stream: isStream });
        expect(await response.text()).not.toContain('citations');
      }
  });

  it('citations of a document are requested from Anthropic', async () => {
    const document = {
      type: 'document' as const,
      source: { type: 'text' as const, media_type: 'text/plain' as const, data: 'It rains.' },
      title: 'Log',
      context: 'Of today.',
      citations: { enabled: true },
    };
    await gateway.anthropic.messages.create({
      model: 'anthropic',
      max_tokens: 100,
      messages: [{ role: 'user', content: [document, { type: 'text', text: words() }] }],
    });
    expect(gateway.provider.requests.at(-1)?.body).toMatchObject({
      messages: [
        { content: [{ type: 'document', title: 'Log', context: 'Of today.', citations: { enabled: true } }, {}] },
      ],
    });
  });

  it.each([false, true])(
    'the only stop sequence is reported if another wire reports that one ended the answer (stream: %s)',
    async (isStream) => {
      const chunk = {
        id: 'c',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices: [
          { index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop', stop_reason: 'END' },
        ],
      };
      const completion = {
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop', stop_reason: 'END' },
        ],
      };
      gateway.provider.script(
        isStream ? { body: sse(chunk, 'data: [DONE]\n\n'), headers: stream } : { body: JSON.stringify(completion) },
      );
      const asked = {
        model: 'chat',
        max_tokens: 100,
        stop_sequences: ['END', 'STOP'],
        messages: [{ role: 'user' as const, content: words() }],
      };
      const answer = isStream
        ? await gateway.anthropic.messages.stream(asked).finalMessage()
        : await gateway.anthropic.messages.create(asked);
      expect(answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
    },
  );
});

describe('parallel calls whose parts alternate', () => {
  const chunk = (tool_calls: object[], finish_reason: string | null = null) => ({
    ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' },
    choices: [{ index: 0, delta: { role: 'assistant', tool_calls }, finish_reason }],
  });
  const call = (index: number, args: string, id?: string) =>
    id === undefined
      ? { index, function: { arguments: args } }
      : { index, id, type: 'function', function: { name: 'weather', arguments: args } };
  const body = sse(
    chunk([call(0, '{"city":', 'a')]),
    chunk([call(1, '{"ci', 'b'), call(2, '', 'c')]),
    chunk([call(0, ' "Ro')]),
    chunk([call(2, '{"city":"Bonn"}'), call(1, 'ty":"Paris"')]),
    chunk([call(0, 'me"}')]),
    chunk([call(1, '}')], 'tool_calls'),
    'data: [DONE]\n\n',
  );
  const cities = [{ city: 'Rome' }, { city: 'Paris' }, { city: 'Bonn' }];

  it('are whole, and no block of Anthropic’s wire ends twice or is written after its end', async () => {
    gateway.provider.respond({ body, headers: stream });
    const asked = { model: 'chat', max_tokens: 100, messages: [{ role: 'user' as const, content: words() }] };
    const { content } = await gateway.anthropic.messages.stream(asked).finalMessage();
    expect(content.map((block) => (block.type === 'tool_use' ? block.input : block))).toEqual(cities);
    const text = await (await gateway.post('/messages', { ...asked, stream: true })).text();
    const told = [...text.matchAll(/"type":"content_block_(start|delta|stop)","index":(\d)/g)].map(
      ([, what, index]) => [what, index],
    );
    let open: string | undefined;
    let next = 0;
    for (const [what, index] of told) {
      if (what === 'start') {
        expect([open, index]).toEqual([undefined, String(next++)]);
        open = index;
      } else expect(index).toBe(open);
      if (what === 'stop') open = undefined;
    }
    expect(next).toBe(3);
  });

  it('are whole for the other clients too', async () => {
    gateway.provider.respond({ body, headers: stream });
    const chat = await gateway.openai.chat.completions
      .stream({ model: 'chat', messages: [{ role: 'user', content: words() }] })
      .finalChatCompletion();
    const calls = chat.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((one) => (one.type === 'function' ? JSON.parse(one.function.arguments) : one))).toEqual(cities);
    const response = await gateway.openai.responses.stream({ model: 'chat', input: words() }).finalResponse();
    expect(response.output.map((item) => (item.type === 'function_call' ? JSON.parse(item.arguments) : item))).toEqual(
      cities,
    );
  });
});
