/** Unsupported fields: adapted, dropped or refused by the provider's policy, and every change is reported. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

const policies = ['adapt', 'drop', 'refuse'] as const;

let v1: V1Gateway;
beforeAll(async () => {
  v1 = await startV1Gateway({
    ai: ({ anthropicBaseUrl, openAiBaseUrl, geminiBaseUrl, url }) => {
      const kinds = {
        chat: `kind: openai, base_url: "${openAiBaseUrl}"`,
        responses: `kind: openai, wire: responses, base_url: "${openAiBaseUrl}"`,
        anthropic: `kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1"`,
        gemini: `kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}"`,
        mistral: `kind: ai-sdk, package: "@ai-sdk/mistral", base_url: "${openAiBaseUrl}"`,
        bedrock: `kind: ai-sdk, package: "@ai-sdk/amazon-bedrock", base_url: "${url}", settings: { region: us-east-1 }`,
      };
      const models = {
        anthropic: 'claude-sonnet-4-5',
        bedrock: 'meta.llama3-3-70b-instruct-v1:0',
        mistral: 'mistral-small-latest',
      };
      let providers = '';
      let aliases = '';
      let prices = '';
      for (const [kind, settings] of Object.entries(kinds)) {
        for (const policy of policies) {
          const provider = policy === 'adapt' ? kind : `${kind}-${policy}`;
          const model = Object.hasOwn(models, kind) ? models[kind as keyof typeof models] : 'm';
          providers += `    ${provider}: { ${settings}, api_key: sk-1${policy === 'adapt' ? '' : `, unsupported: ${policy}`} }\n`;
          aliases += `    ${provider}: { targets: ["${provider}/${model}"], retries: 0 }\n`;
          prices += `    "${provider}/${model}": { free: true }\n`;
        }
      }
      aliases += '    cached: { targets: [gemini/m], cache: { exact: true } }\n';
      aliases +=
        '    gpt4: { targets: [chat/gpt-4.1], retries: 0 }\n    gpt5: { targets: [chat/gpt-5-mini], retries: 0 }\n';
      aliases += '    o3: { targets: [responses/o3], retries: 0 }\n';
      prices +=
        '    chat/gpt-4.1: { free: true }\n    chat/gpt-5-mini: { free: true }\n    responses/o3: { free: true }\n';
      return `  providers:\n${providers}  models:\n${aliases}  prices:\n${prices}  breaker: { min_requests: 100000 }\n`;
    },
  });
});
afterAll(() => v1[Symbol.asyncDispose]());
beforeEach(() => v1.provider.reset());

const chat = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: words() }], ...more });
const messages = (model: string, more: object = {}) => ({ ...chat(model), max_tokens: 8_000, ...more });
const responses = (model: string, more: object = {}) => ({ model, input: words(), ...more });

async function asked(path: string, body: { readonly model: string }) {
  v1.provider.reset();
  const response = await v1.post(path, body);
  const text = await response.text();
  const [request] = v1.provider.requests;
  const adapted = response.headers.get('isthmus-adapted')?.split(', ') ?? [];
  return { status: response.status, text, sent: request?.body as Record<string, unknown> | undefined, adapted };
}

describe('fields without effect on the answer', () => {
  const always = {
    user: 'u-1',
    metadata: { run: '1' },
    store: false,
    service_tier: 'auto',
    prompt_cache_key: 'k',
    frequency_penalty: 0,
    presence_penalty: 0,
    top_p: 1,
    logit_bias: {},
    n: 1,
    logprobs: false,
  };

  it.each(['anthropic', 'gemini', 'mistral', 'bedrock', 'responses'])(
    'of a chat do not fail a call of %s, streamed or not',
    async (model) => {
      for (const stream of [false, true]) {
        const { status, text, sent, adapted } = await asked('/chat/completions', chat(model, { ...always, stream }));
        expect(status, text).toBe(200);
        expect(JSON.stringify(sent)).not.toMatch(/logit_bias|logprobs|prompt_cache_key/);
        expect(adapted).toEqual(expect.arrayContaining(['metadata', 'logit_bias']));
      }
    },
  );

  it('reach a provider of the client’s own wire unchanged, and nothing is reported', async () => {
    const { sent, adapted } = await asked('/chat/completions', chat('chat', always));
    expect(sent).toMatchObject(always);
    expect(adapted).toEqual([]);
  });

  it.each(['anthropic', 'chat', 'responses', 'gemini', 'mistral', 'bedrock'])(
    'of /v1/messages do not fail a call of %s',
    async (model) => {
      for (const stream of [false, true]) {
        const body = messages(model, {
          stream,
          metadata: { user_id: 'user_1' },
          temperature: 1,
          context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
          diagnostics: { previous_message_id: 'msg_1' },
          speed: 'fast',
          service_tier: 'auto',
        });
        const { status, text, sent, adapted } = await asked('/messages', body);
        expect(status, text).toBe(200);
        expect(JSON.stringify(sent)).not.toMatch(/context_management|diagnostics|speed/);
        expect(adapted).toEqual(expect.arrayContaining(['context_management', 'diagnostics', 'speed']));
      }
    },
  );

  it('are reported in the record as in the header, also with a cached answer', async () => {
    await using own = await startV1Gateway({
      ai: ({ geminiBaseUrl }) => `  providers:
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: sk-1 }
  models: { cached: { targets: [gemini/m], cache: { exact: true } } }
  prices: { gemini/m: { free: true } }
`,
    });
    const body = { model: 'cached', user: 'u', messages: [{ role: 'user', content: 'Twice.' }] };
    const told: (string | null)[] = [];
    for (const stream of [false, false, true]) {
      const response = await own.post('/chat/completions', { ...body, ...(stream ? { stream } : {}) });
      await response.text();
      told.push(response.headers.get('isthmus-adapted'));
    }
    expect(told).toEqual(['user', 'user', 'user']);
    const [record] = await own.records(1);
    expect(record?.adapted).toEqual(['user']);
  });

  it('are reported for the built-in models too, masked requests included', async () => {
    await using own = await startV1Gateway({
      ai: () => '  models: { fast: [local/extractive] }\n  guardrails: { pii: { mode: mask, kinds: [email] } }\n',
    });
    const content = 'Write to ada@example.com. The battery lasts two days. How long does the battery last?';
    const body = {
      model: 'fast',
      messages: [{ role: 'user', content }],
      user: 'u',
      metadata: { run: '1' },
      temperature: 1,
    };
    const response = await own.post('/chat/completions', body);
    expect([response.status, response.headers.get('isthmus-adapted')]).toEqual([200, 'user, metadata']);
  });

  it('of embeddings do not fail a call', async () => {
    const response = await v1.post('/embeddings', { model: 'gemini', input: words(), user: 'u' });
    expect([response.status, response.headers.get('isthmus-adapted')]).toEqual([200, 'user']);
  });

  it('are refused by name if the provider’s policy is refuse', async () => {
    for (const [path, body, name] of [
      ['/chat/completions', chat('gemini-refuse', { user: 'u' }), 'user'],
      ['/chat/completions', chat('anthropic-refuse', { frequency_penalty: 0 }), 'frequency'],
      ['/messages', messages('chat-refuse', { thinking: { type: 'enabled', budget_tokens: 2_000 } }), 'budget'],
      ['/messages', messages('anthropic-refuse', { speed: 'fast' }), 'speed'],
    ] as const) {
      const { status, text, sent } = await asked(path, body);
      expect([status, sent]).toEqual([400, undefined]);
      expect(text).toContain(name);
    }
  });
});

describe('fields that would change the meaning', () => {
  const refused: readonly (readonly [string, { readonly model: string }, string])[] = [
    ['/chat/completions', chat('anthropic', { n: 2 }), 'n'],
    ['/chat/completions', chat('anthropic', { logprobs: true }), 'logprobs'],
    ['/chat/completions', chat('anthropic', { seed: 7 }), 'seed'],
    ['/chat/completions', chat('anthropic', { frequency_penalty: 0.5 }), 'frequencyPenalty'],
    ['/chat/completions', chat('responses', { seed: 7 }), 'seed'],
    ['/chat/completions', chat('responses', { stop: ['END'] }), 'stop'],
    ['/chat/completions', chat('gemini', { logit_bias: { 1: 5 } }), 'logit_bias'],
    ['/messages', messages('responses', { top_k: 5 }), 'top_k'],
    ['/messages', messages('chat', { surprise: true }), 'surprise'],
    ['/chat/completions', chat('anthropic', { tool_choice: { type: 'allowed_tools' } }), 'allowed_tools'],
    ['/responses', responses('anthropic-refuse', { tools: [{ type: 'custom', name: 'p' }] }), 'tools[0] (custom)'],
    ['/responses', responses('anthropic', { tools: [{ type: 'code_interpreter' }] }), 'tools[0].type'],
    ['/responses', responses('chat', { tools: [{ type: 'web_search' }], tool_choice: 'required' }), 'tools[0].type'],
  ];
  it.each(refused)('is refused by name: %s %j', async (path, body, name) => {
    const { status, text, sent } = await asked(path, body);
    expect([status, sent]).toEqual([400, undefined]);
    expect(text).toContain(name);
  });

  it('of settings are removed and reported if the policy is drop, of contents never', async () => {
    const settings = { seed: 7, frequency_penalty: 0.5, top_p: 0.5, temperature: 0.7 };
    const { status, sent, adapted } = await asked('/chat/completions', chat('anthropic-drop', settings));
    expect(status).toBe(200);
    expect(sent).toMatchObject({ temperature: 0.7 });
    expect(sent).not.toHaveProperty('seed');
    expect(adapted).toEqual(expect.arrayContaining(['seed', 'frequency_penalty', 'top_p']));
    const dropped = await asked('/messages', messages('responses-drop', { top_k: 5 }));
    expect([dropped.status, dropped.adapted]).toEqual([200, ['top_k']]);
    const stopped = await asked('/chat/completions', chat('responses-drop', { stop: ['END'] }));
    expect([stopped.status, stopped.sent]).toEqual([400, undefined]);
  });
});

describe('neutral values in addition to others', () => {
  it('do not disable thinking, nor the other of two exclusive fields', async () => {
    const thinking = { type: 'enabled', budget_tokens: 2_000 };
    const { sent } = await asked('/messages', messages('anthropic', { thinking, temperature: 1, top_p: 1 }));
    expect(sent).toMatchObject({ thinking });
    expect(sent).not.toHaveProperty('temperature');
    const { sent: both, adapted } = await asked('/chat/completions', chat('anthropic', { temperature: 1, top_p: 0.9 }));
    expect(both).toMatchObject({ top_p: 0.9 });
    expect(both).not.toHaveProperty('temperature');
    expect(adapted).toEqual(['temperature']);
  });
});

describe('thinking', () => {
  const budget = (budget_tokens: number) => ({ max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens } });

  it('by a budget is the nearest effort on OpenAI’s wires, and reported', async () => {
    for (const [tokens, effort] of [
      [1_024, 'low'],
      [8_000, 'medium'],
      [31_999, 'high'],
    ] as const) {
      const onChat = await asked('/messages', messages('chat', budget(tokens)));
      expect(onChat.sent).toMatchObject({ reasoning_effort: effort });
      expect(onChat.adapted).toEqual([`thinking.budget_tokens=${effort}`]);
      const onResponses = await asked('/messages', messages('responses', budget(tokens)));
      expect(onResponses.sent).toMatchObject({ reasoning: { effort } });
    }
  });

  it('is removed for a model that does not reason, and reported', async () => {
    for (const [path, body] of [
      ['/messages', messages('gpt4', budget(8_000))],
      ['/messages', messages('bedrock', budget(8_000))],
      ['/chat/completions', chat('gpt4', { reasoning_effort: 'high' })],
      ['/chat/completions', chat('bedrock', { reasoning_effort: 'high' })],
    ] as const) {
      const { status, text, sent, adapted } = await asked(path, body);
      expect(status, text).toBe(200);
      expect(JSON.stringify(sent)).not.toMatch(/reasoning|thinking/);
      expect(adapted.join()).toMatch(/thinking\.budget_tokens|reasoning_effort/);
    }
  });

  it('that is switched off is removed for a model that does not reason, and minimal for one that always does', async () => {
    const off = { thinking: { type: 'disabled' } };
    expect(await asked('/messages', messages('gpt4', off))).toMatchObject({ status: 200, adapted: [] });
    expect(await asked('/messages', messages('gpt5', off))).toMatchObject({ sent: { reasoning_effort: 'minimal' } });
    expect((await asked('/messages', messages('anthropic', off))).sent).toMatchObject({
      thinking: { type: 'disabled' },
    });
  });

  it('of a chat, as LiteLLM’s client writes it for Anthropic’s models, has the same meaning', async () => {
    const body = chat('anthropic', { max_tokens: 5_000, thinking: { type: 'enabled', budget_tokens: 2_000 } });
    expect((await asked('/chat/completions', body)).sent).toMatchObject({
      max_tokens: 5_000,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
    });
    const { sent } = await asked('/chat/completions', { ...body, model: 'responses' });
    expect(sent).toMatchObject({ reasoning: { effort: 'low' } });
  });

  it('is requested by an effort that the model supports', async () => {
    expect((await asked('/chat/completions', chat('gpt5', { reasoning_effort: 'xhigh' }))).sent).toMatchObject({
      reasoning_effort: 'high',
    });
    const { sent, adapted } = await asked(
      '/responses',
      responses('o3', { reasoning: { effort: 'minimal', summary: 'auto' } }),
    );
    expect(sent).toMatchObject({ reasoning: { effort: 'low', summary: 'auto' } });
    expect(adapted).toEqual(['reasoning.effort=low']);
  });
});

describe('controls of tools and images', () => {
  it('that a provider does not support are removed and reported', async () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }];
    const one = await asked('/chat/completions', chat('gemini', { tools, parallel_tool_calls: false }));
    expect(one).toMatchObject({ status: 200, adapted: ['parallel_tool_calls'] });
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'high' } };
    const seen = await asked('/chat/completions', chat('gemini', { messages: [{ role: 'user', content: [image] }] }));
    expect(seen).toMatchObject({ status: 200, adapted: ['detail'] });
    // Without tools there is nothing to call in parallel.
    const none = await asked(
      '/messages',
      messages('chat', { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
    );
    expect(none.sent).not.toHaveProperty('parallel_tool_calls');
  });
});
