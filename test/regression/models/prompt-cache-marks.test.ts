/** Cache marks of a client (`cache_control`) reach providers with such caches, and are priced accordingly. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const prices =
  '{ input_per_mtok: "3", cached_input_per_mtok: "0.30", cache_write_per_mtok: "3.75", cache_write_1h_per_mtok: "6", output_per_mtok: "15" }';

let v1: V1Gateway;
beforeAll(async () => {
  v1 = await startV1Gateway({
    ai: ({ anthropicBaseUrl, url, openAiBaseUrl, geminiBaseUrl }) => `  providers:
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: sk-1 }
    bedrock: { kind: ai-sdk, package: "@ai-sdk/amazon-bedrock", base_url: "${url}", api_key: sk-2, settings: { region: us-east-1 } }
    chat: { kind: openai, base_url: "${openAiBaseUrl}", api_key: sk-3 }
    responses: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: sk-3 }
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: sk-4 }
    strict: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: sk-4, unsupported: refuse }
  models:
    claude: { targets: [anthropic/claude-sonnet-4-5], retries: 0 }
    bedrock: { targets: ["bedrock/${claude}"], retries: 0 }
    old: { targets: [bedrock/anthropic.claude-3-7-sonnet-20250219-v1:0], retries: 0 }
    llama: { targets: [bedrock/meta.llama3-3-70b-instruct-v1:0], retries: 0 }
    gpt: { targets: [chat/m], retries: 0 }
    codex: { targets: [responses/m], retries: 0 }
    gemini: { targets: [gemini/m], retries: 0 }
    strict: { targets: [strict/m], retries: 0 }
  prices:
    anthropic/claude-sonnet-4-5: ${prices}
    "bedrock/${claude}": ${prices}
    bedrock/anthropic.claude-3-7-sonnet-20250219-v1:0: { free: true }
    bedrock/meta.llama3-3-70b-instruct-v1:0: { free: true }
    chat/m: { free: true }
    responses/m: { free: true }
    gemini/m: { free: true }
    strict/m: { free: true }
`,
  });
});
afterAll(() => v1[Symbol.asyncDispose]());
beforeEach(() => v1.provider.reset());

const mark = { cache_control: { type: 'ephemeral' } } as const;
const hour = { cache_control: { type: 'ephemeral', ttl: '1h', scope: 'global' } } as const;
const weather = { name: 'weather', description: 'Tells it.', input_schema: { type: 'object', properties: {} } };

/** A third turn, as Claude Code marks it: the system's words for an hour, the last two turns for five minutes. */
const conversation = (model: string) => ({
  model,
  max_tokens: 100,
  system: [
    { type: 'text', text: 'You are an agent.' },
    { type: 'text', text: 'Long instructions.', ...hour },
    { type: 'text', text: `Today: ${words()}.` },
  ],
  tools: [weather, { ...weather, name: 'time', ...hour }],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Weather?', ...mark }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'Cold.', ...mark }] }],
    },
  ],
});

async function sent(path: string, body: Record<string, unknown>) {
  v1.provider.reset();
  const response = await v1.post(path, body);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const [request] = v1.provider.requests;
  return {
    sent: request?.body as Record<string, unknown>,
    adapted: response.headers.get('isthmus-adapted'),
    text,
    response,
  };
}

describe.each([false, true])('marks of /v1/messages, streamed: %s', (stream) => {
  it('reach Anthropic where they stood, tools included', async () => {
    const { sent: body, adapted } = await sent('/messages', { ...conversation('claude'), stream });
    expect(body).toMatchObject({
      system: [
        { text: 'You are an agent.\n\nLong instructions.', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { text: expect.stringMatching(/^Today/) },
      ],
      tools: [{ name: 'weather' }, { name: 'time', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        { role: 'user', content: [{ text: 'Weather?', cache_control: { type: 'ephemeral' } }] },
        { role: 'assistant', content: [{ type: 'tool_use' }] },
        { role: 'user', content: [{ type: 'tool_result', cache_control: { type: 'ephemeral' } }] },
      ],
    });
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(4);
    expect(adapted).toBeNull();
  });

  it('reach Bedrock as cache points, that of the tools behind the words of the system', async () => {
    const { sent: body } = await sent('/messages', { ...conversation('bedrock'), stream });
    expect(body).toMatchObject({
      system: [
        { text: 'You are an agent.\n\nLong instructions.' },
        { cachePoint: { type: 'default', ttl: '1h' } },
        { text: expect.stringMatching(/^Today/) },
        { cachePoint: { type: 'default', ttl: '1h' } },
      ],
      messages: [
        { role: 'user', content: [{ text: 'Weather?' }, { cachePoint: { type: 'default' } }] },
        { role: 'assistant', content: [{ toolUse: { name: 'weather' } }] },
        { role: 'user', content: [{ toolResult: {} }, { cachePoint: { type: 'default' } }] },
      ],
    });
  });

  it('are priced by their time to live, and reported in the answer', async () => {
    const usage = {
      inputTokens: 10_000,
      outputTokens: 10,
      cachedInputTokens: 4_000,
      cacheWriteTokens: 5_000,
      cacheWriteHourTokens: 3_000,
    };
    for (const model of ['claude', 'bedrock']) {
      v1.provider.reset();
      v1.provider.script({ text: 'Kept.', usage });
      const response = await v1.post('/messages', { ...conversation(model), stream });
      const text = await response.text();
      // 1000 plain, 4000 read, 2000 and 3000 written.
      const cost = (1_000 * 3 + 4_000 * 0.3 + 2_000 * 3.75 + 3_000 * 6 + 10 * 15) / 1e6;
      const told = stream ? /isthmus-cost-usd ([\d.]+)/.exec(text)?.[1] : response.headers.get('isthmus-cost-usd');
      expect(Number(told)).toBeCloseTo(cost, 9);
      expect(text).toContain('"cache_read_input_tokens":4000');
      expect(text).toContain('"ephemeral_1h_input_tokens":3000');
    }
  });
});

describe('marks', () => {
  it('of chat parts, messages and tools reach Anthropic and Bedrock too', async () => {
    const body = {
      messages: [
        {
          role: 'system',
          content: [
            { type: 'text', text: `Rules ${words()}.`, ...mark },
            { type: 'text', text: 'Date.' },
          ],
        },
        { role: 'user', content: 'A string.', ...hour },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'time', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'Noon.', ...mark }] },
      ],
      tools: [{ type: 'function', function: { name: 'time', parameters: { type: 'object' } }, ...mark }],
    };
    const { sent: anthropic } = await sent('/chat/completions', { model: 'claude', ...body });
    expect(anthropic).toMatchObject({
      system: [{ cache_control: { type: 'ephemeral' } }, { text: 'Date.' }],
      tools: [{ name: 'time', cache_control: { type: 'ephemeral' } }],
      messages: [
        { content: [{ text: 'A string.', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        { content: [{ type: 'tool_use' }] },
        { content: [{ type: 'tool_result', cache_control: { type: 'ephemeral' } }] },
      ],
    });
    const { sent: bedrock } = await sent('/chat/completions', { model: 'bedrock', ...body });
    expect(JSON.stringify(bedrock).match(/cachePoint/g)).toHaveLength(4);
  });

  it('of the whole request are where the conversation ends', async () => {
    const body = { max_tokens: 10, messages: [{ role: 'user', content: words() }], ...mark };
    expect((await sent('/messages', { model: 'claude', ...body })).sent).toMatchObject({
      cache_control: { type: 'ephemeral' },
    });
    expect((await sent('/messages', { model: 'bedrock', ...body })).sent).toMatchObject({
      messages: [{ content: [{ text: expect.any(String) }, { cachePoint: { type: 'default' } }] }],
    });
  });

  it('beyond four are removed and reported: the first and the last three remain', async () => {
    const messages = Array.from({ length: 6 }, (_, turn) => ({
      role: turn % 2 === 0 ? 'user' : 'assistant',
      content: [{ type: 'text', text: `Turn ${turn} ${words()}`, ...mark }],
    }));
    messages.push({ role: 'user', content: [{ type: 'text', text: 'Last.' } as never] });
    const { sent: body, adapted } = await sent('/messages', { model: 'claude', max_tokens: 10, messages });
    const marked = (body.messages as { content: object[] }[]).map(
      ({ content }) => 'cache_control' in (content[0] ?? {}),
    );
    expect(marked).toEqual([true, false, false, true, true, true, false]);
    expect(adapted).toContain('cache_control');
  });

  it('are removed for models and providers without such caches, and reported', async () => {
    for (const model of ['llama', 'gpt', 'codex', 'gemini']) {
      const { tools: _, ...plain } = conversation(model);
      const body = model === 'llama' ? { ...plain, messages: plain.messages.slice(0, 1) } : conversation(model);
      const { sent: received, adapted } = await sent('/messages', body);
      expect(JSON.stringify(received)).not.toMatch(/cache_?(?:control|point)|"cache"/i);
      expect(JSON.stringify(received)).toContain('You are an agent.');
      expect(adapted).toContain('cache_control');
    }
    // What an endpoint cannot keep for an hour it keeps for five minutes.
    const { sent: old, adapted } = await sent('/messages', conversation('old'));
    expect(JSON.stringify(old)).not.toContain('1h');
    expect(JSON.stringify(old)).toContain('cachePoint');
    expect(adapted).toContain('cache_control.ttl=5m');
  });

  it('are removed by merging the system texts if no target supports them', async () => {
    const { sent: body } = await sent('/messages', conversation('gpt'));
    expect(body.messages).toMatchObject([
      { role: 'system', content: expect.stringMatching(/^You are an agent\.\n\nLong instructions\.\n\nToday/) },
      { role: 'user' },
      { role: 'assistant' },
      { role: 'tool' },
    ]);
  });

  it('of an unknown kind are refused by name, as is every mark if the provider’s policy is refuse', async () => {
    const asked = (cache_control: object, model = 'claude') =>
      v1.post('/messages', {
        model,
        max_tokens: 10,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control }] }],
      });
    const wrong = await asked({ type: 'ephemeral', ttl: '2d' });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('cache_control.ttl')]);
    const strict = await asked({ type: 'ephemeral' }, 'strict');
    expect([strict.status, await strict.text()]).toEqual([400, expect.stringContaining('cache_control')]);
  });
});
