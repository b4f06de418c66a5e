import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../../../src/ai/model-call/index.ts';
import { ask, bounds, closeAll, models, type Package, sendJson, serve } from '../../models/ai-sdk-endpoint.ts';

afterEach(closeAll);

const bodies: Readonly<Record<Package, unknown>> = {
  anthropic: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-haiku-4-5',
    content: [{ type: 'text', text: 'Yes.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 12, output_tokens: 5 },
  },
  google: {
    candidates: [{ content: { role: 'model', parts: [{ text: 'Yes.' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 5 },
  },
  'amazon-bedrock': {
    output: { message: { role: 'assistant', content: [{ text: 'Yes.' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 12, outputTokens: 5, totalTokens: 17 },
  },
  cohere: {
    message: { role: 'assistant', content: [{ type: 'text', text: 'Yes.' }] },
    finish_reason: 'COMPLETE',
    usage: { billed_units: { input_tokens: 12, output_tokens: 5 }, tokens: { input_tokens: 12, output_tokens: 5 } },
  },
  mistral: {
    id: '1',
    object: 'chat.completion',
    model: 'mistral-small',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
  },
};

/** What the provider is sent for a request. */
async function sent(
  name: Package,
  request: Partial<ModelRequest>,
  model = models[name],
  structured = bounds().structured,
) {
  const { provider, calls } = await serve(name, (_call, response) => sendJson(response, bodies[name]));
  const answer = await provider.complete(model, { ...ask, ...request }, { ...bounds(), structured });
  expect(answer.content).toEqual([{ type: 'text', text: 'Yes.' }]);
  expect(calls).toHaveLength(1);
  return calls[0]?.body;
}

/** How a request is refused, before anything is sent. */
async function refusal(name: Package, request: Partial<ModelRequest>, model = models[name]): Promise<unknown> {
  const { provider, calls } = await serve(name, (_call, response) => sendJson(response, bodies[name]));
  const error = await provider.complete(model, { ...ask, ...request }, bounds()).catch((thrown: unknown) => thrown);
  const parts: unknown[] = [];
  for await (const part of provider.stream(model, { ...ask, ...request }, bounds())) parts.push(part);
  expect(parts).toMatchObject([{ type: 'failed', failure: error }]);
  expect(calls).toHaveLength(0);
  return error;
}

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const weather = {
  name: 'weather',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const conversation: ModelRequest['messages'] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is here?' },
      { type: 'image', source: { kind: 'base64', data: png } },
    ],
  },
  { role: 'assistant', content: [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{"city":"Bonn"}' }] },
  { role: 'tool', content: [{ type: 'tool_result', callId: 'call_1', content: [{ type: 'text', text: 'Rain' }] }] },
];

describe('a conversation', () => {
  it('reaches Anthropic with its image, tool call, result and tools', async () => {
    const body = await sent('anthropic', { messages: conversation, tools: [weather], toolChoice: 'required' });
    expect(body).toMatchObject({
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      tools: [{ name: 'weather', input_schema: weather.parameters }],
      tool_choice: { type: 'any' },
      messages: [
        {
          role: 'user',
          content: [{ type: 'text' }, { type: 'image', source: { media_type: 'image/png', data: png } }],
        },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', input: { city: 'Bonn' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'Rain' }] },
      ],
    });
  });

  it('reaches Gemini, which identifies a result by its tool’s name', async () => {
    const body = await sent('google', { messages: conversation, tools: [weather] });
    expect(body.contents).toMatchObject([
      { parts: [{ text: 'What is here?' }, { inlineData: { mimeType: 'image/png', data: png } }] },
      { parts: [{ functionCall: { name: 'weather', args: { city: 'Bonn' } } }] },
      { parts: [{ functionResponse: { name: 'weather' } }] },
    ]);
    expect(body.generationConfig.maxOutputTokens).toBe(50);
  });

  it.each(['amazon-bedrock', 'cohere', 'mistral'] as const)('reaches %s', async (name) => {
    const messages = name === 'cohere' ? conversation.slice(1) : conversation;
    const body = JSON.stringify(await sent(name, { messages, tools: [weather] }));
    // Mistral takes ids of nine letters and digits only.
    for (const word of [name === 'mistral' ? /"tool_call_id":"[a-z0-9]{9}"/ : /call_1/]) expect(body).toMatch(word);
    for (const word of ['Bonn', 'Rain', 'Tells the weather.']) expect(body).toContain(word);
    if (name !== 'cohere') expect(body).toContain(png);
  });

  it('tells Anthropic that a tool has failed', async () => {
    const result = {
      type: 'tool_result',
      callId: 'call_1',
      content: [{ type: 'text', text: 'No' }],
      isError: true,
    } as const;
    const messages = [...conversation.slice(0, 2), { role: 'tool' as const, content: [result] }];
    const body = await sent('anthropic', { messages, tools: [weather] });
    expect(body.messages[2].content[0]).toMatchObject({ is_error: true });
  });

  it('returns signatures, and nothing else besides them', async () => {
    const opaque = { anthropic: { signature: 'sig', cacheControl: { type: 'ephemeral' } } };
    const messages: ModelRequest['messages'] = [
      { role: 'user', content: [{ type: 'text', text: 'Hm?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Well', opaque },
          { type: 'reasoning', text: 'of another provider', opaque: { google: { thoughtSignature: 'other' } } },
          { type: 'text', text: 'So.' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'And?' }] },
    ];
    const body = await sent('anthropic', { messages });
    expect(body.messages[1].content).toEqual([
      { type: 'thinking', thinking: 'Well', signature: 'sig' },
      { type: 'text', text: 'So.' },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/ephemeral|another provider/);
    const call = {
      type: 'tool_call',
      id: 'c',
      name: 'weather',
      arguments: '',
      opaque: { google: { thoughtSignature: 'sig' } },
    } as const;
    const tool = { role: 'tool' as const, content: [{ type: 'tool_result' as const, callId: 'c', content: [] }] };
    const gemini = await sent('google', {
      messages: [...ask.messages, { role: 'assistant', content: [call] }, tool],
      tools: [weather],
    });
    expect(gemini.contents[1].parts[0]).toMatchObject({ functionCall: { args: {} }, thoughtSignature: 'sig' });
  });

  it('passes URLs on if the provider reads them, and fetches none itself', async () => {
    const image = (url: string) => ({ type: 'image', mediaType: 'image/png', source: { kind: 'url', url } }) as const;
    const user = (url: string): Partial<ModelRequest> => ({ messages: [{ role: 'user', content: [image(url)] }] });
    const body = await sent('anthropic', user('https://pictures.example/one.png'));
    expect(body.messages[0].content[0].source).toEqual({ type: 'url', url: 'https://pictures.example/one.png' });
    const inline = await sent('mistral', user(`data:image/png;base64,${png}`));
    expect(JSON.stringify(inline)).toContain(png);
    expect(await refusal('mistral', user('https://pictures.example/one.png'))).toMatchObject({
      kind: 'unsupported',
      detail: expect.stringContaining('image/png by URL'),
    });
    expect(await refusal('amazon-bedrock', user('http://169.254.169.254/x.png'))).toMatchObject({
      kind: 'unsupported',
    });
    expect(await refusal('anthropic', user('not a url'))).toMatchObject({ kind: 'invalid_request' });
  });

  it('is refused where its tool calls are broken', async () => {
    const broken = { type: 'tool_call', id: 'c', name: 'weather', arguments: '{"city":' } as const;
    expect(await refusal('anthropic', { messages: [{ role: 'assistant', content: [broken] }] })).toMatchObject({
      kind: 'invalid_request',
    });
    const orphan = { type: 'tool_result', callId: 'nowhere', content: [] } as const;
    expect(await refusal('google', { messages: [{ role: 'tool', content: [orphan] }] })).toMatchObject({
      kind: 'invalid_request',
      detail: expect.stringContaining('nowhere'),
    });
  });

  it('sends files to Cohere as text, not as base64', async () => {
    const file = (mediaType: string) =>
      ({
        type: 'file',
        mediaType,
        name: 'notes',
        source: { kind: 'base64', data: Buffer.from('Grüße').toString('base64') },
      }) as const;
    const text = { type: 'text', text: 'Read it.' } as const;
    const body = await sent('cohere', { messages: [{ role: 'user', content: [text, file('text/plain')] }] });
    expect(body.documents).toEqual([{ data: { text: 'Grüße', title: 'notes' } }]);
    expect(await refusal('cohere', { messages: [{ role: 'user', content: [file('application/pdf')] }] })).toMatchObject(
      {
        kind: 'unsupported',
        detail: expect.stringContaining('application/pdf'),
      },
    );
  });
});

describe('settings', () => {
  it('are sent by each package in its provider’s words', async () => {
    const all = { temperature: 0.5, stop: ['END'] };
    expect(await sent('anthropic', { ...all, topK: 5, user: 'u1' })).toMatchObject({
      temperature: 0.5,
      top_k: 5,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
    });
    expect((await sent('google', { ...all, topK: 5, seed: 7, topP: 0.9 })).generationConfig).toMatchObject({
      temperature: 0.5,
      topK: 5,
      topP: 0.9,
      seed: 7,
      stopSequences: ['END'],
    });
    expect(await sent('cohere', { ...all, seed: 7, frequencyPenalty: 0.1 })).toMatchObject({
      seed: 7,
      frequency_penalty: 0.1,
      stop_sequences: ['END'],
    });
    expect(await sent('mistral', { ...all, seed: 7, tools: [weather], parallelToolCalls: false })).toMatchObject({
      random_seed: 7,
      stop: ['END'],
      parallel_tool_calls: false,
    });
    expect((await sent('amazon-bedrock', all)).inferenceConfig).toMatchObject({ maxTokens: 50, temperature: 0.5 });
  });

  const refusals: readonly [Package, Partial<ModelRequest>, string][] = [
    ['anthropic', { seed: 1 }, 'seed'],
    ['anthropic', { frequencyPenalty: 0.1 }, 'frequencyPenalty'],
    ['anthropic', { temperature: 1.5 }, 'temperature'],
    ['anthropic', { maxOutputTokens: 10_000_000 }, 'maxOutputTokens'],
    ['google', { user: 'u1' }, 'user'],
    ['google', { tools: [weather], parallelToolCalls: false }, 'parallelToolCalls'],
    ['mistral', { topK: 5 }, 'topK'],
    ['mistral', { reasoning: { budgetTokens: 2_000 } }, 'reasoning.budgetTokens'],
    ['cohere', { reasoning: { effort: 'max' } }, 'reasoning'],
    ['cohere', { tools: [{ ...weather, strict: true }] }, 'strict'],
    ['cohere', { user: 'u1' }, 'user'],
    ['amazon-bedrock', { seed: 1, presencePenalty: 1 }, 'presencePenalty'],
    ['anthropic', { wire: { wire: 'openai-chat', body: {}, unmapped: ['logprobs', 'n'] } }, 'logprobs, n'],
  ];
  it.each(refusals.map(([name, request, what]) => ({ name, request, what })))(
    '$name does not have are refused by name before anything is sent: $what',
    async ({ name, request, what }) => {
      expect(await refusal(name, request)).toMatchObject({
        kind: 'unsupported',
        detail: expect.stringContaining(what),
      });
      expect((await refusal(name, request)) as Error).toHaveProperty('usage', undefined);
    },
  );

  it('are refused each time they are requested', async () => {
    const { provider, calls } = await serve('mistral', (_call, response) => sendJson(response, bodies.mistral));
    for (let time = 0; time < 3; time += 1) {
      await expect(provider.complete(models.mistral, { ...ask, topK: 5 }, bounds())).rejects.toMatchObject({
        kind: 'unsupported',
      });
      await provider.complete(models.mistral, ask, bounds());
    }
    expect(calls).toHaveLength(3);
  });

  it('of a wire that has a place for them all are mapped, and its body is not sent', async () => {
    const body = { model: 'evil', base_url: 'http://elsewhere.example', messages: [] };
    const received = await sent('anthropic', { wire: { wire: 'openai-chat', body, unmapped: [] } });
    expect(JSON.stringify(received)).not.toMatch(/evil|elsewhere/);
  });
});

describe('thinking', () => {
  it('stays within the priced bound, whatever a package adds to it', async () => {
    const explicit = await sent('anthropic', { maxOutputTokens: 5_000, reasoning: { budgetTokens: 2_000 } });
    expect(explicit).toMatchObject({ max_tokens: 5_000, thinking: { type: 'enabled', budget_tokens: 2_000 } });
    const effort = await sent('anthropic', { maxOutputTokens: 5_000, reasoning: { effort: 'medium' } });
    expect(effort.max_tokens).toBe(5_000);
    expect(effort.thinking.budget_tokens).toBeGreaterThanOrEqual(1_024);
    expect(effort.thinking.budget_tokens).toBeLessThan(5_000);
    const bedrock = await sent('amazon-bedrock', { maxOutputTokens: 5_000, reasoning: { effort: 'medium' } });
    expect(bedrock.inferenceConfig.maxTokens).toBe(5_000);
    expect(bedrock.additionalModelRequestFields.thinking.budget_tokens).toBeLessThan(5_000);
    // The second time the verdict is remembered.
    const { provider, calls } = await serve('anthropic', (_call, response) => sendJson(response, bodies.anthropic));
    for (let time = 0; time < 2; time += 1) {
      await provider.complete(
        models.anthropic,
        { ...ask, maxOutputTokens: 5_000, reasoning: { effort: 'low' } },
        bounds(),
      );
    }
    expect(calls.map(({ body }) => body.max_tokens)).toEqual([5_000, 5_000]);
    expect(calls[0]?.body).toEqual(calls[1]?.body);
  });

  it('is refused where the bound leaves no room for it', async () => {
    expect(await refusal('anthropic', { reasoning: { effort: 'high' } })).toMatchObject({
      kind: 'unsupported',
      detail: expect.stringContaining('reasoning.effort'),
    });
    expect(await refusal('anthropic', { reasoning: { budgetTokens: 2_000 } })).toMatchObject({ kind: 'unsupported' });
  });

  it('is requested in the form of each provider', async () => {
    const thinking = { maxOutputTokens: 5_000, reasoning: { budgetTokens: 2_000 } };
    expect((await sent('google', thinking)).generationConfig.thinkingConfig).toEqual({ thinkingBudget: 2_000 });
    expect((await sent('cohere', thinking)).thinking).toEqual({ type: 'enabled', token_budget: 2_000 });
    expect((await sent('anthropic', { reasoning: { effort: 'none' } })).thinking).toEqual({ type: 'disabled' });
    const adaptive = await sent(
      'anthropic',
      { maxOutputTokens: 5_000, reasoning: { effort: 'low' } },
      'claude-opus-4-6',
    );
    expect(adaptive).toMatchObject({
      max_tokens: 5_000,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    });
  });
});

describe('JSON', () => {
  const schema = { type: 'object', properties: { good: { type: 'boolean' } }, required: ['good'] };
  const output = { kind: 'json', name: 'review', schema } as const;

  it('is requested by the best means of each model', async () => {
    const reply = { good: true };
    const answers: Readonly<Record<Package, unknown>> = {
      ...bodies,
      anthropic: { ...(bodies.anthropic as object), content: [{ type: 'text', text: JSON.stringify(reply) }] },
    };
    const { provider, calls } = await serve('anthropic', (_call, response) => sendJson(response, answers.anthropic));
    await provider.complete(models.anthropic, { ...ask, output }, bounds());
    expect(calls[0]?.body.output_config.format).toMatchObject({ type: 'json_schema', schema: { type: 'object' } });
    expect((await sent('google', { output })).generationConfig).toMatchObject({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    });
    expect((await sent('mistral', { output })).response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'review', schema },
    });
    expect((await sent('cohere', { output })).response_format).toEqual({ type: 'json_object', json_schema: schema });
  });

  it('is requested in the prompt if the target says so', async () => {
    const body = await sent('anthropic', { output }, models.anthropic, 'prompt');
    expect(body.system[0].text).toMatch(/^Be short\.\n\nAnswer with JSON only.*"good"/s);
    expect(body).not.toHaveProperty('output_config');
    const object = await sent('mistral', { output }, models.mistral, 'json_object');
    expect(object.response_format).toEqual({ type: 'json_object' });
    expect(JSON.stringify(object.messages)).toContain('good');
    // Anthropic has no such mode: words are its best means.
    expect(
      (await sent('anthropic', { output: { kind: 'json', name: 'any', schema: undefined } })).system[0].text,
    ).toContain('JSON object');
  });

  it('is read from a forced tool’s arguments, in addition to the client’s tools', async () => {
    const content = [{ type: 'tool_use', id: 't', name: 'review', input: { good: true } }];
    const { provider, calls } = await serve('anthropic', (_call, response) =>
      sendJson(response, { ...(bodies.anthropic as object), content, stop_reason: 'tool_use' }),
    );
    const call = { ...bounds(), structured: 'tool' as const };
    const answer = await provider.complete(models.anthropic, { ...ask, output }, call);
    expect(answer).toMatchObject({ content: [{ type: 'text', text: '{"good":true}' }], finishReason: 'stop' });
    expect(calls[0]?.body.tool_choice).toMatchObject({ type: 'tool', name: 'review' });
    await provider.complete(
      models.anthropic,
      { ...ask, output, tools: [weather, { ...weather, name: 'review' }] },
      call,
    );
    expect(calls[1]?.body.tools.map(({ name }: { name: string }) => name)).toEqual([
      'weather',
      'review',
      'review_answer',
    ]);
    expect(calls[1]?.body.tool_choice).toMatchObject({ type: 'any' });
  });

  it('is extracted from fences and from the object that wraps a list', async () => {
    const list = { kind: 'json', name: 'topics', schema: { type: 'array', items: { type: 'string' } } } as const;
    const answering = (text: string) => ({ ...(bodies.anthropic as object), content: [{ type: 'text', text }] });
    const replies = ['```json\n{"good":true}\n```', '{"value":["a","b"]}', 'Here:\n```\n{"good":true}\n```'];
    const expected = ['{"good":true}', '["a","b"]', '{"good":true}'];
    for (const [index, reply] of replies.entries()) {
      const { provider } = await serve('anthropic', (_call, response) => sendJson(response, answering(reply)));
      const request = { ...ask, output: index === 1 ? list : output };
      const { content } = await provider.complete(models.anthropic, request, bounds());
      expect(content).toEqual([{ type: 'text', text: expected[index] }]);
    }
  });
});
