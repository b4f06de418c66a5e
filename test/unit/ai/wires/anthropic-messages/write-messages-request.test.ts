/** Requests on Anthropic's wire are those that its AI SDK package writes for the same calls. */
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRequest, ProviderCall } from '../../../../../src/ai/model-call/index.ts';
import { loadAiSdkFactory } from '../../../../../src/ai/providers/ai-sdk/ai-sdk-package.ts';
import { bounds, closeAll, collect, serve } from '../../models/ai-sdk-endpoint.ts';

afterEach(closeAll);

interface Sent {
  readonly body: unknown;
  readonly beta: string | undefined;
}

/** A body without fields whose value is undefined, as they are sent; betas in order. */
function normalised(body: unknown, beta: string | null | undefined): Sent {
  return { body: JSON.parse(JSON.stringify(body)), beta: beta?.split(',').toSorted().join(',') };
}

async function sentByPackage(model: string, options: LanguageModelV4CallOptions, streams: boolean): Promise<Sent> {
  const create = await loadAiSdkFactory('@ai-sdk/anthropic', import.meta.dirname);
  const sent = Promise.withResolvers<Sent>();
  const fetch = async (_url: string, init: RequestInit) => {
    sent.resolve(normalised(JSON.parse(String(init.body)), new Headers(init.headers).get('anthropic-beta')));
    throw new Error('not sent');
  };
  const language = create({ apiKey: 'k', baseURL: 'http://127.0.0.1:9/v1', fetch }).languageModel(model);
  const call = streams ? language.doStream(options) : language.doGenerate(options);
  await Promise.race([sent.promise, Promise.resolve(call).catch(() => undefined)]);
  return sent.promise;
}

async function sentHere(model: string, request: ModelRequest, call: Partial<ProviderCall>, streams: boolean) {
  const { provider, calls } = await serve('anthropic', (_call, response) => response.writeHead(500).end('{}'), {
    unsupported: 'adapt',
  });
  const whole = { ...bounds(), ...call };
  if (streams) await collect(provider.stream(model, request, whole));
  else await provider.complete(model, request, whole).catch(() => undefined);
  return normalised(calls[0]?.body, calls[0]?.headers['anthropic-beta'] as string | undefined);
}

interface Case {
  readonly name: string;
  readonly model?: string;
  readonly structured?: ProviderCall['structured'];
  /** In the one form, beside a short conversation. */
  readonly request: Partial<ModelRequest>;
  /** In the words of the AI SDK. */
  readonly options: Partial<LanguageModelV4CallOptions>;
}

const haiku = 'claude-haiku-4-5';
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const jpeg = '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP8=';
const pdf = Buffer.from('%PDF-1.4').toString('base64');
const notes = Buffer.from('Grüße').toString('base64');

const messages: ModelRequest['messages'] = [
  { role: 'system', content: 'Be short.' },
  { role: 'user', content: [{ type: 'text', text: 'Is it good?' }] },
];
const prompt: LanguageModelV4CallOptions['prompt'] = [
  { role: 'system', content: 'Be short.' },
  { role: 'user', content: [{ type: 'text', text: 'Is it good?' }] },
];

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;
const weather = { name: 'weather', description: 'Tells the weather.', parameters };
const weatherTool = {
  type: 'function',
  name: 'weather',
  description: 'Tells the weather.',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} as const satisfies NonNullable<LanguageModelV4CallOptions['tools']>[number];
const now = { name: 'now', parameters: { type: 'object', properties: {} } };
const nowTool = { type: 'function', name: 'now', inputSchema: { type: 'object', properties: {} } } as const;

const marked = (ttl?: '1h') => ({ anthropic: { cacheControl: { type: 'ephemeral', ...(ttl && { ttl }) } } });
const schema = {
  type: 'object',
  properties: {
    good: { type: 'boolean' },
    score: { type: 'integer', minimum: 1, maximum: 5, description: 'How good.' },
    tags: { type: 'array', items: { type: 'string', pattern: '^a' }, maxItems: 3 },
    at: { type: 'string', format: 'date-time' },
    by: { type: 'string', format: 'x-name' },
    kind: { oneOf: [{ const: 'a' }, { $ref: '#/$defs/other' }] },
  },
  required: ['good', 'score', 'tags', 'at', 'by', 'kind'],
  $defs: { other: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } },
} as const;
const recursive = {
  type: 'object',
  properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
  required: ['next'],
  $defs: {
    node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['next'] },
  },
} as const;
const openMap = { type: 'object', additionalProperties: { type: 'number' } } as const;

/** The package's `json` tool, where it writes one. */
const output = (of: object) => ({ kind: 'json', name: 'review', schema: of as Record<string, unknown> }) as const;
const format = (of: object) => ({ type: 'json', schema: of, name: 'review' }) as never;

const cases: readonly Case[] = [
  { name: 'a plain question', request: {}, options: {} },
  {
    name: 'every setting',
    request: { maxOutputTokens: 50, temperature: 0.5, topK: 5, stop: ['END', 'STOP'], user: 'u1' },
    options: {
      maxOutputTokens: 50,
      temperature: 0.5,
      topK: 5,
      stopSequences: ['END', 'STOP'],
      providerOptions: { anthropic: { metadata: { userId: 'u1' } } },
    },
  },
  { name: 'top_p', request: { topP: 0.4 }, options: { topP: 0.4 } },
  { name: 'an unknown model', model: 'mini-max-1', request: {}, options: {} },
  { name: 'a Claude of tomorrow', model: 'claude-opus-9', request: {}, options: {} },
  ...['claude-3-haiku-20240307', 'claude-sonnet-4-20250514', 'claude-opus-4-1', 'claude-opus-4-6', 'claude-opus-5'].map(
    (model) => ({ name: `the bound of ${model}`, model, request: {}, options: {} }),
  ),
  ...(['auto', 'none', 'required'] as const).map((choice) => ({
    name: `tools, ${choice}`,
    request: { tools: [weather, now], toolChoice: choice },
    options: { tools: [weatherTool, nowTool], toolChoice: { type: choice } },
  })),
  {
    name: 'one tool, without parallel calls',
    request: { tools: [weather], toolChoice: { name: 'weather' }, parallelToolCalls: false },
    options: {
      tools: [weatherTool],
      toolChoice: { type: 'tool', toolName: 'weather' },
      providerOptions: { anthropic: { disableParallelToolUse: true } },
    },
  },
  {
    name: 'no parallel calls, and no choice',
    request: { tools: [weather], parallelToolCalls: false },
    options: { tools: [weatherTool], providerOptions: { anthropic: { disableParallelToolUse: true } } },
  },
  {
    name: 'strict tools',
    request: {
      tools: [
        { ...weather, strict: true },
        { ...now, strict: false },
      ],
    },
    options: {
      tools: [
        { ...weatherTool, strict: true },
        { ...nowTool, strict: false },
      ],
    },
  },
  {
    name: 'tools of an old model',
    model: 'claude-3-haiku-20240307',
    request: { tools: [now] },
    options: { tools: [nowTool] },
  },
  {
    name: 'marks of what is to be cached',
    request: {
      cache: { ttl: '1h' },
      tools: [{ ...weather, cache: { ttl: '5m' } }],
      messages: [
        { role: 'system', content: 'Be short.', cache: { ttl: '1h' } },
        { role: 'user', content: [{ type: 'text', text: 'Hm', cache: { ttl: '5m' } }] },
      ],
    },
    options: {
      providerOptions: marked('1h'),
      tools: [{ ...weatherTool, providerOptions: marked() as never }],
      prompt: [
        { role: 'system', content: 'Be short.', providerOptions: marked('1h') as never },
        { role: 'user', content: [{ type: 'text', text: 'Hm', providerOptions: marked() as never }] },
      ],
    },
  },
  {
    name: 'images and documents',
    request: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { kind: 'base64', data: png } },
            { type: 'image', source: { kind: 'base64', data: jpeg } },
            { type: 'image', mediaType: 'image/webp', source: { kind: 'base64', data: jpeg } },
            { type: 'image', source: { kind: 'url', url: 'https://pictures.example/a b.png' } },
            { type: 'file', mediaType: 'application/pdf', name: 'a.pdf', source: { kind: 'base64', data: pdf } },
            {
              type: 'file',
              mediaType: 'application/pdf',
              citations: true,
              context: 'Of 1999.',
              source: { kind: 'url', url: 'https://papers.example/b.pdf' },
            },
            { type: 'file', mediaType: 'text/plain', citations: true, source: { kind: 'base64', data: notes } },
          ],
        },
      ],
    },
    options: {
      prompt: [
        {
          role: 'user',
          content: [
            { type: 'file', mediaType: 'image/*', data: { type: 'data', data: png } },
            { type: 'file', mediaType: 'image/*', data: { type: 'data', data: jpeg } },
            { type: 'file', mediaType: 'image/webp', data: { type: 'data', data: jpeg } },
            {
              type: 'file',
              mediaType: 'image/*',
              data: { type: 'url', url: new URL('https://pictures.example/a b.png') },
            },
            { type: 'file', mediaType: 'application/pdf', filename: 'a.pdf', data: { type: 'data', data: pdf } },
            {
              type: 'file',
              mediaType: 'application/pdf',
              data: { type: 'url', url: new URL('https://papers.example/b.pdf') },
              providerOptions: { anthropic: { citations: { enabled: true }, context: 'Of 1999.' } },
            },
            {
              type: 'file',
              mediaType: 'text/plain',
              data: { type: 'data', data: notes },
              providerOptions: { anthropic: { citations: { enabled: true } } },
            },
          ],
        },
      ],
    },
  },
  {
    name: 'a conversation with thinking, calls, results and late words of the system',
    request: {
      tools: [weather],
      messages: [
        ...messages,
        {
          role: 'assistant',
          content: [
            { type: 'tool_call', id: 'call_0', name: 'weather', arguments: '' },
            { type: 'text', text: 'After its call.' },
            { type: 'reasoning', text: 'Hm', opaque: { anthropic: { signature: 'sig' } } },
            { type: 'reasoning', text: '', opaque: { anthropic: { redactedData: 'secret' } } },
            { type: 'text', text: '' },
            { type: 'text', text: 'Let me see. ' },
            { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{"city":"Bonn"}' },
            { type: 'tool_call', id: 'call_2', name: 'weather', arguments: '["odd"]' },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool_result', callId: 'call_0', content: [] },
            { type: 'tool_result', callId: 'call_1', content: [{ type: 'text', text: 'Rain' }] },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool_result', callId: 'call_2', isError: true, content: [{ type: 'text', text: 'No' }] },
            {
              type: 'tool_result',
              callId: 'call_1',
              content: [
                { type: 'text', text: 'See' },
                { type: 'image', mediaType: 'image/png', source: { kind: 'base64', data: png } },
                { type: 'file', mediaType: 'application/pdf', source: { kind: 'base64', data: pdf } },
              ],
            },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'So?' }] },
        { role: 'system', content: 'Be kind.' },
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'And?' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'It is ' }] },
      ],
    },
    options: {
      tools: [weatherTool],
      prompt: [
        ...prompt,
        {
          role: 'assistant',
          content: [
            { type: 'tool-call', toolCallId: 'call_0', toolName: 'weather', input: {} },
            { type: 'text', text: 'After its call.' },
            { type: 'reasoning', text: 'Hm', providerOptions: { anthropic: { signature: 'sig' } } },
            { type: 'reasoning', text: '', providerOptions: { anthropic: { redactedData: 'secret' } } },
            { type: 'text', text: '' },
            { type: 'text', text: 'Let me see. ' },
            { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', input: { city: 'Bonn' } },
            { type: 'tool-call', toolCallId: 'call_2', toolName: 'weather', input: ['odd'] },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'call_0', toolName: 'weather', output: { type: 'text', value: '' } },
            { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', output: { type: 'text', value: 'Rain' } },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'call_2',
              toolName: 'weather',
              output: { type: 'error-text', value: 'No' },
            },
            {
              type: 'tool-result',
              toolCallId: 'call_1',
              toolName: 'weather',
              output: {
                type: 'content',
                value: [
                  { type: 'text', text: 'See' },
                  { type: 'file', mediaType: 'image/png', data: { type: 'data', data: png } },
                  { type: 'file', mediaType: 'application/pdf', data: { type: 'data', data: pdf } },
                ],
              },
            },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'So?' }] },
        { role: 'system', content: 'Be kind.' },
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'And?' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'It is ' }] },
      ],
    },
  },
  ...([0, 2_000] as const).map((budgetTokens) => ({
    name: `a budget of ${budgetTokens}`,
    request: { maxOutputTokens: 5_000, reasoning: { budgetTokens } },
    options: {
      maxOutputTokens: 5_000 - budgetTokens,
      providerOptions: {
        anthropic: { thinking: budgetTokens === 0 ? { type: 'disabled' } : { type: 'enabled', budgetTokens } },
      },
    },
  })),
  {
    name: 'a budget without a bound',
    request: { reasoning: { budgetTokens: 2_000 } },
    options: { providerOptions: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2_000 } } } },
  },
  ...['minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'none'].map((effort) => ({
    name: `the effort ${effort} of a model that knows budgets`,
    request: { reasoning: { effort: effort as 'low' } },
    options: { reasoning: effort as 'low' },
  })),
  ...[
    'claude-opus-4-6',
    'claude-opus-4-8',
    'claude-opus-5',
    'claude-opus-5-5',
    'claude-sonnet-5-5',
    'claude-haiku-5-5',
  ].flatMap((model) =>
    ['minimal', 'low', 'high', 'xhigh', 'max', 'none'].map((effort) => ({
      name: `the effort ${effort} of ${model}`,
      model,
      request: { maxOutputTokens: 5_000, reasoning: { effort: effort as 'low' } },
      options: { maxOutputTokens: 5_000, reasoning: effort as 'low' },
    })),
  ),
  ...['claude-opus-4-6', 'claude-opus-5-5', 'claude-haiku-5-5'].map((model) => ({
    name: `a budget of ${model}`,
    model,
    request: { maxOutputTokens: 5_000, reasoning: { budgetTokens: 2_000 } },
    options: {
      maxOutputTokens: 3_000,
      providerOptions: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2_000 } } },
    },
  })),
  {
    name: 'an effort of the whole answer',
    model: 'claude-opus-4-6',
    request: { effort: 'low' },
    options: { providerOptions: { anthropic: { effort: 'low' } } },
  },
  ...['claude-opus-5', 'claude-opus-5-5', 'claude-sonnet-5-5'].map((model) => ({
    name: `an effort of the whole answer without thinking of ${model}`,
    model,
    request: { effort: 'max', reasoning: { effort: 'none' } } as const,
    options: { providerOptions: { anthropic: { effort: 'max', thinking: { type: 'disabled' } } } },
  })),
  { name: 'JSON by its schema', request: { output: output(schema) }, options: { responseFormat: format(schema) } },
  {
    name: 'JSON by its schema, with an effort',
    model: 'claude-opus-4-6',
    request: { output: output(schema), effort: 'low' },
    options: { responseFormat: format(schema), providerOptions: { anthropic: { effort: 'low' } } },
  },
  ...[recursive, openMap].map((odd, index) => ({
    name: `JSON by a tool, as the API does not take schema ${index}`,
    request: { output: output(odd), tools: [weather] },
    options: { responseFormat: format(odd), tools: [weatherTool] },
  })),
  {
    name: 'JSON of an old model, whose choice of tools is one',
    model: 'claude-3-haiku-20240307',
    request: { output: output(schema), tools: [weather, now], toolChoice: { name: 'now' } },
    options: {
      responseFormat: format(schema),
      tools: [weatherTool, nowTool],
      toolChoice: { type: 'tool', toolName: 'now' },
    },
  },
  {
    name: 'JSON of an old model without its tools',
    model: 'claude-3-haiku-20240307',
    request: { output: output(schema), tools: [weather, now], toolChoice: 'none' },
    options: { responseFormat: format(schema), tools: [weatherTool, nowTool], toolChoice: { type: 'none' } },
  },
  {
    name: 'JSON by a forced tool',
    structured: 'tool',
    request: { output: output(schema) },
    options: {
      tools: [{ type: 'function', name: 'review', description: 'Gives the answer.', inputSchema: schema as never }],
      toolChoice: { type: 'tool', toolName: 'review' },
    },
  },
];

describe('a request on Anthropic’s wire', () => {
  for (const streams of [false, true]) {
    it.each(cases)(`${streams ? 'for a stream' : 'for an answer'} is what the package writes: $name`, async (one) => {
      const { model = haiku, request, options, structured = 'json_schema' } = one;
      const whole: ModelRequest = { messages, output: { kind: 'text' }, ...request };
      const here = await sentHere(model, whole, { structured }, streams);
      expect(here).toEqual(await sentByPackage(model, { prompt, ...options }, streams));
    });
  }

  it('has the headers of the API, and those of the configuration', async () => {
    const headers = {
      'x-proxy': 'one',
      'anthropic-beta': 'context-1m-2025-08-07, Output-128k',
      'user-agent': 'not sent',
    };
    const { provider, calls } = await serve('anthropic', (_call, response) => response.writeHead(500).end('{}'), {
      settings: { headers },
    });
    const file = { type: 'file', mediaType: 'application/pdf', source: { kind: 'base64', data: pdf } } as const;
    const request: ModelRequest = { messages: [{ role: 'user', content: [file] }], output: { kind: 'text' } };
    await provider.complete(haiku, request, bounds()).catch(() => undefined);
    expect(calls[0]).toMatchObject({
      path: '/messages',
      headers: {
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
        'user-agent': 'isthmus',
        'x-proxy': 'one',
        'anthropic-beta': 'pdfs-2024-09-25,context-1m-2025-08-07,output-128k',
      },
    });
  });

  it('has a bearer token if the configuration has one, and then no key', async () => {
    const reply = (_call: unknown, response: import('node:http').ServerResponse) => response.writeHead(500).end('{}');
    const { provider, calls } = await serve('anthropic', reply, { keys: [], settings: { authToken: 'token-of-ours' } });
    const request: ModelRequest = { messages, output: { kind: 'text' } };
    await provider.complete(haiku, request, bounds()).catch(() => undefined);
    expect(calls[0]?.headers.authorization).toBe('Bearer token-of-ours');
    expect(calls[0]?.headers).not.toHaveProperty('x-api-key');
    const both = await serve('anthropic', reply, { settings: { authToken: 'token-of-ours' } });
    await expect(both.provider.complete(haiku, request, bounds())).rejects.toMatchObject({ kind: 'invalid_request' });
    expect(both.calls).toHaveLength(0);
  });
});
