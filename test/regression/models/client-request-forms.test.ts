/**
 * Real requests of clients, in the forms of their public sources, to every kind of target: none fails, the request
 * arrives completely, and removed fields are reported.
 */
import { createAnthropic } from '@ai-sdk/anthropic';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

const targets = ['chat', 'responses', 'claude', 'opus', 'gemini', 'bedrock', 'mistral'] as const;

let v1: V1Gateway;
beforeAll(async () => {
  v1 = await startV1Gateway({
    ai: ({ anthropicBaseUrl, openAiBaseUrl, geminiBaseUrl, url }) => `  providers:
    chat: { kind: openai, base_url: "${openAiBaseUrl}", api_key: sk-1 }
    responses: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: sk-1 }
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: sk-1 }
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: sk-1 }
    bedrock: { kind: ai-sdk, package: "@ai-sdk/amazon-bedrock", base_url: "${url}", api_key: sk-1, settings: { region: us-east-1 } }
    mistral: { kind: ai-sdk, package: "@ai-sdk/mistral", base_url: "${openAiBaseUrl}", api_key: sk-1 }
  models:
    chat: { targets: [chat/m], retries: 0 }
    responses: { targets: [responses/m], retries: 0 }
    claude: { targets: [anthropic/claude-sonnet-4-5], retries: 0 }
    opus: { targets: [anthropic/claude-opus-5], retries: 0 }
    gemini: { targets: [gemini/m], retries: 0 }
    bedrock: { targets: ["bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"], retries: 0 }
    mistral: { targets: [mistral/mistral-medium-latest], retries: 0 }
  prices:
    chat/m: { free: true }
    responses/m: { free: true }
    anthropic/claude-sonnet-4-5: { free: true }
    anthropic/claude-opus-5: { free: true }
    gemini/m: { free: true }
    "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0": { free: true }
    mistral/mistral-medium-latest: { free: true }
`,
  });
});
afterAll(() => v1[Symbol.asyncDispose]());
beforeEach(() => v1.provider.reset());

async function asked(path: string, body: object, headers: Record<string, string> = {}) {
  const response = await v1.post(path, body, { headers });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const sent = JSON.stringify(v1.provider.requests.at(-1)?.body);
  return { sent, text, adapted: response.headers.get('isthmus-adapted') ?? '' };
}

const schema = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
};

describe.each(targets)('to %s', (model) => {
  describe.each([false, true])('streamed: %s', (stream) => {
    it('Claude Code’s turn', async () => {
      const cache_control = { type: 'ephemeral', ttl: '1h', scope: 'global' };
      const body = {
        model,
        max_tokens: 32_000,
        stream,
        system: [
          { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1' },
          { type: 'text', text: 'You are Claude Code.', cache_control },
          { type: 'text', text: `Rules. ${words()}`, cache_control },
        ],
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: '<system-reminder>…</system-reminder>' },
              { type: 'text', text: 'Read a.ts' },
            ],
          },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'a.ts' } }] },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'toolu_1', content: 'let a', cache_control: { type: 'ephemeral' } },
            ],
          },
        ],
        tools: [
          {
            name: 'Read',
            description: 'Reads.',
            input_schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema },
            eager_input_streaming: true,
          },
        ],
        metadata: { user_id: '{"device_id":"d","session_id":"s"}' },
        thinking: { type: 'enabled', budget_tokens: 31_999 },
        output_config: { effort: 'high' },
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        diagnostics: { previous_message_id: null },
        speed: 'fast',
        temperature: 1,
      };
      const { sent, adapted } = await asked('/messages?beta=true', body, {
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
      });
      expect(sent).toMatch(/Read a\.ts/);
      expect(sent).toMatch(/You are Claude Code\./);
      expect(sent).not.toMatch(/context_management|diagnostics|"speed"/);
      expect(adapted).toMatch(/context_management.*diagnostics.*speed/);
    });

    it('Codex’s turn, whose custom tool and namespace are returned as it described them', async () => {
      const toolCalls = [
        { name: 'apply_patch', arguments: { input: '*** Begin Patch\n*** End Patch' }, id: 'call_1' },
        { name: 'mcp__docs__find', arguments: { path: 'a' }, id: 'call_2' },
      ];
      if (model !== 'responses') v1.provider.respond({ toolCalls });
      const body = {
        model,
        stream,
        instructions: 'You are Codex.',
        input: [
          { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Sandbox.' }] },
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: `Patch a.ts ${words()}` }] },
          {
            type: 'custom_tool_call',
            status: 'completed',
            call_id: 'c0',
            name: 'apply_patch',
            input: '*** Begin Patch',
          },
          { type: 'custom_tool_call_output', call_id: 'c0', output: 'Done' },
          { type: 'function_call', namespace: 'mcp__docs', name: 'find', arguments: '{"path":"b"}', call_id: 'c9' },
          { type: 'function_call_output', call_id: 'c9', output: 'Found' },
        ],
        tools: [
          { type: 'function', name: 'shell', description: 'Runs.', strict: false, parameters: schema },
          {
            type: 'custom',
            name: 'apply_patch',
            description: 'Patches.',
            format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/s' },
          },
          {
            type: 'namespace',
            name: 'mcp__docs',
            description: 'Docs.',
            tools: [{ type: 'function', name: 'find', strict: false, parameters: schema }],
          },
          { type: 'web_search', external_web_access: false },
        ],
        tool_choice: 'auto',
        parallel_tool_calls: false,
        reasoning: { effort: 'medium', summary: 'auto' },
        store: false,
        include: ['reasoning.encrypted_content'],
        prompt_cache_key: 'conversation-1',
        text: { verbosity: 'low' },
        client_metadata: { 'x-codex-installation-id': 'i' },
      };
      const { sent, text, adapted } = await asked('/responses', body);
      expect(sent).toMatch(/Patch a\.ts/);
      expect(sent).not.toContain('web_search');
      expect(adapted).toContain('tools (web_search)');
      if (model === 'responses') {
        // As Codex wrote it, without fields that have no effect here.
        expect(sent).toContain('"type":"custom"');
        return;
      }
      expect(sent).toMatch(/start: \/\.\+\/s/);
      expect(adapted).toMatch(/tools\[1\] \(custom\)=function, tools\[2\] \(namespace\)=function/);
      const output = stream ? outputOf(text) : (JSON.parse(text) as { output: Record<string, unknown>[] }).output;
      expect(output).toMatchObject([
        { type: 'custom_tool_call', call_id: 'call_1', name: 'apply_patch', input: '*** Begin Patch\n*** End Patch' },
        { type: 'function_call', call_id: 'call_2', name: 'find', namespace: 'mcp__docs', arguments: '{"path":"a"}' },
      ]);
      if (stream) expect(text).toContain('event: response.custom_tool_call_input.done');
    });

    it('Cursor’s chat, whose tools are described on another wire, and its agent’s request', async () => {
      const shared = {
        model,
        stream,
        user: 'google-oauth2|1',
        ...(stream ? { stream_options: { include_usage: true } } : {}),
      };
      const ask = {
        ...shared,
        messages: [
          { role: 'system', content: 'You are an agent.' },
          { role: 'user', content: [{ type: 'text', text: `Open a.ts ${words()}` }] },
        ],
        temperature: 1,
        tools: [
          { type: 'function', function: { name: 'read', parameters: schema } },
          { type: 'function', name: 'flat', description: 'Flat.', parameters: schema, strict: false },
          { name: 'plain', description: 'As Anthropic’s.', input_schema: schema },
          { type: 'custom', name: 'ApplyPatch', description: 'Patches.', format: { type: 'text' } },
        ],
        tool_choice: 'auto',
      };
      v1.provider.respond({ toolCalls: [{ name: 'ApplyPatch', arguments: { input: '*** Begin' }, id: 'call_1' }] });
      const chat = await asked('/chat/completions', ask);
      v1.provider.reset();
      expect(chat.sent).toMatch(/read.*flat.*plain.*ApplyPatch/);
      expect(chat.text).toMatch(/"type":"custom","custom":\{"name":"ApplyPatch"/);
      expect(chat.text).toContain('"input":"*** Begin"');
      const again = await asked('/chat/completions', {
        ...ask,
        messages: [
          ...ask.messages,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'ApplyPatch', input: '*** Begin' } }],
          },
          { role: 'tool', tool_call_id: 'call_1', content: 'Patched.' },
        ],
      });
      expect(again.sent).toMatch(/\*\*\* Begin.*Patched\./);
      const agent = await asked('/chat/completions', {
        ...shared,
        input: [
          { role: 'system', content: 'You are an agent.' },
          { role: 'user', content: [{ type: 'input_text', text: `Open b.ts ${words()}` }] },
        ],
        tools: [
          { type: 'function', name: 'flat', description: 'Flat.', parameters: schema, strict: false },
          {
            type: 'custom',
            name: 'ApplyPatch',
            description: 'Patches.',
            format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' },
          },
        ],
        tool_choice: 'auto',
        reasoning: { effort: 'medium', summary: 'auto' },
        text: { verbosity: 'medium' },
        include: ['reasoning.encrypted_content'],
        metadata: { cursorConversationId: 'c' },
        prompt_cache_retention: '24h',
        store: false,
      });
      expect(agent.sent).toMatch(/Open b\.ts/);
      expect(agent.text).toMatch(stream ? /chat\.completion\.chunk/ : /"object":"chat\.completion"/);
    });

    it('LangChain’s and LiteLLM’s', async () => {
      const { sent } = await asked('/chat/completions', {
        model,
        stream,
        ...(stream ? { stream_options: { include_usage: true } } : {}),
        messages: [
          { role: 'system', content: 'Short.' },
          { role: 'user', content: words(), name: null },
        ],
        temperature: 1,
        top_p: 1,
        frequency_penalty: 0,
        presence_penalty: 0,
        n: 1,
        logit_bias: {},
        logprobs: false,
        stop: null,
        user: 'u',
        tools: [],
      });
      expect(sent).toContain('Short.');
      await asked('/messages', {
        model,
        stream,
        max_tokens: 4_096,
        temperature: 1,
        top_k: -1,
        top_p: -1,
        thinking: { type: 'disabled' },
        messages: [{ role: 'user', content: words() }],
        metadata: { user_id: 'u' },
        mcp_servers: null,
      });
      await asked('/chat/completions', {
        model,
        stream,
        messages: [{ role: 'user', content: [{ type: 'text', text: words(), cache_control: { type: 'ephemeral' } }] }],
        max_tokens: 8_000,
        thinking: { type: 'enabled', budget_tokens: 1_024 },
      });
    });

    it('the AI SDK’s, of its OpenAI providers', async () => {
      const { sent } = await asked('/responses', {
        model,
        stream,
        input: [
          { role: 'system', content: 'Short.' },
          { role: 'user', content: [{ type: 'input_text', text: words() }] },
        ],
        tools: [
          {
            type: 'function',
            name: 'read',
            parameters: { $schema: 'http://json-schema.org/draft-07/schema#', ...schema },
          },
        ],
        tool_choice: 'auto',
        store: false,
        include: ['reasoning.encrypted_content'],
        reasoning: { effort: 'low', summary: 'auto' },
        text: { verbosity: 'low', format: { type: 'json_schema', strict: true, name: 'response', schema } },
        user: 'u',
        service_tier: 'auto',
        safety_identifier: 's',
      });
      expect(sent).toContain('Short.');
      await asked('/chat/completions', {
        model,
        stream,
        messages: [{ role: 'user', content: words() }],
        reasoning_effort: 'low',
        verbosity: 'low',
        max_completion_tokens: 9_000,
        prompt_cache_key: 'k',
        response_format: { type: 'json_schema', json_schema: { schema, strict: true, name: 'response' } },
      });
    });
  });

  it('the AI SDK’s own Anthropic provider, with its cache marks, thinking and tools', async () => {
    const provider = createAnthropic({ baseURL: v1.url, apiKey: 'sk-client' });
    const options = { anthropic: { cacheControl: { type: 'ephemeral' as const } } };
    const result = await provider(model).doGenerate({
      maxOutputTokens: 3_000,
      prompt: [
        { role: 'system', content: 'Short.', providerOptions: options },
        { role: 'user', content: [{ type: 'text', text: words() }], providerOptions: options },
      ],
      tools: [{ type: 'function', name: 'read', inputSchema: { type: 'object', properties: {} } }],
      providerOptions: {
        anthropic: { thinking: { type: 'enabled', budgetTokens: 1_024 }, metadata: { userId: 'u' }, effort: 'low' },
      },
    });
    expect(result.finishReason.unified).toMatch(/stop|tool-calls/);
  });
});

describe('embeddings of token ids, LangChain’s default', () => {
  it('reach OpenAI’s wire as they are, in either form of an answer', async () => {
    const input = [
      [9906, 1917],
      [15339, 11],
    ];
    const { sent } = await asked('/embeddings', { model: 'chat', input, encoding_format: 'base64' });
    expect(JSON.parse(sent)).toMatchObject({ input });
    const client = new OpenAI({ baseURL: v1.url, apiKey: 'k', maxRetries: 0 });
    const { data } = await client.embeddings.create({ model: 'chat', input: [9906, 1917] });
    expect(data).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(v1.provider.requests.at(-1)?.body))).toMatchObject({ input: [[9906, 1917]] });
  });

  it('are refused by name where only texts are read', async () => {
    const response = await v1.post('/embeddings', { model: 'gemini', input: [[1, 2]] });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('token ids')]);
  });
});

function outputOf(stream: string): readonly Record<string, unknown>[] {
  const last = stream.split('\n').findLast((line) => line.startsWith('data:') && line.includes('"response.completed"'));
  const { response } = JSON.parse(last?.slice(5) ?? '{}') as { response: { output: Record<string, unknown>[] } };
  return response.output;
}
