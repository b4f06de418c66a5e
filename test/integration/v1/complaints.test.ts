/** Common complaints of users of other gateways that no other test of /v1 covers. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from './v1-gateway.ts';

let gateway: V1Gateway;
beforeAll(async () => {
  gateway = await startV1Gateway({
    ai: ({ openAiBaseUrl, anthropicBaseUrl }) => `  providers:
    p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k }
    r: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: k }
    claude: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: k }
  models:
    cached: { targets: [p/best, p/spare], retries: 0, cache: { exact: true } }
    chat: { targets: [p/best, p/spare], retries: 0 }
    responses: { targets: [r/best, r/spare], retries: 0 }
    claude: { targets: [claude/best, p/spare], retries: 0 }
    alone: { targets: [p/best], retries: 0 }
  prices: { p/best: { input_per_mtok: "5", output_per_mtok: "5" }, p/spare: { input_per_mtok: "1", output_per_mtok: "1" }, r/best: { free: true }, r/spare: { free: true }, claude/best: { free: true } }
  breaker: { min_requests: 100000 }
`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => gateway.provider.reset());

const chat = (model: string, text = words(), stream = false) => ({
  model,
  stream,
  messages: [{ role: 'user', content: text }],
});

it.each([false, true])(
  'an answer of a fallback is kept as the fallback’s, never as the better model’s (stream: %s)',
  async (stream) => {
    const text = words();
    const ask = async () => {
      const { headers, body } = await gateway.post('/chat/completions', chat('cached', text, stream));
      return [headers.get('isthmus-model'), headers.get('isthmus-cache'), await new Response(body).text()] as const;
    };
    gateway.provider.respond({ error: { status: 500 } }, { model: 'best' });
    gateway.provider.respond({ text: 'From the spare.' }, { model: 'spare' });
    expect(await ask()).toMatchObject(['p/spare', 'miss', expect.stringContaining('spare')]);
    gateway.provider.respond({ text: 'From the best.' }, { model: 'best' });
    expect(await ask()).toMatchObject(['p/best', 'miss', expect.stringContaining('best')]);
    expect(await ask()).toMatchObject(['p/best', 'hit', expect.stringContaining('best')]);
    expect(gateway.provider.requests).toHaveLength(3);
  },
);

describe('a stream that fails after it has said that it begins', () => {
  const created = (id: string) => ({
    type: 'response.created',
    response: { id, object: 'response', created_at: 1, status: 'in_progress', model: 'best', output: [] },
  });
  const start = {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'best',
      content: [],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  };
  const begun: Readonly<Record<string, readonly object[]>> = {
    chat: [
      {
        id: 'first',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'best',
        choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
      },
    ],
    responses: [created('first'), { ...created('first'), type: 'response.in_progress' }],
    claude: [
      start,
      { type: 'ping' },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ],
  };
  const paths: Readonly<Record<string, (model: string) => object>> = {
    '/chat/completions': (model) => chat(model, words(), true),
    '/responses': (model) => ({ model, stream: true, input: words() }),
    '/messages': (model) => ({ ...chat(model, words(), true), max_tokens: 9 }),
  };
  const error = {
    type: 'error',
    error: { type: 'server_error', message: 'boom' },
    message: 'boom',
    code: 'server_error',
  };

  it.each(Object.keys(begun))('is answered by the next target, and begins once: %s', async (model) => {
    for (const ends of [[error], []]) {
      const body = [...(begun[model] ?? []), ...ends]
        .map((event) => `${'type' in event ? `event: ${String(event.type)}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
        .join('');
      gateway.provider.reset();
      gateway.provider.respond({ body, headers: { 'content-type': 'text/event-stream' } }, { model: 'best' });
      gateway.provider.respond({ text: 'From the spare.', chunks: 1 }, { model: 'spare' });
      for (const [path, bodyOf] of Object.entries(paths)) {
        const response = await gateway.post(path, bodyOf(model));
        const text = await response.text();
        expect([response.status, response.headers.get('isthmus-model')]).toEqual([
          200,
          expect.stringContaining('spare'),
        ]);
        expect(
          text.match(/"role":"assistant","content":""|"type":"response.created"|"type":"message_start"/g),
        ).toHaveLength(1);
        expect(text).not.toMatch(/"first"|"best"|boom/);
        expect(text).toMatch(/\[DONE\]|response\.completed|message_stop/);
      }
    }
  });
});

describe('what is billed', () => {
  it('is nothing where the provider refused before it wrote anything', async () => {
    for (const status of [400, 401, 429, 500, 503]) {
      gateway.provider.reset();
      gateway.provider.respond({ error: { status } });
      for (const stream of [false, true])
        await (await gateway.post('/chat/completions', chat('alone', words(), stream))).text();
    }
    await expect.poll(() => gateway.callLog().match(/"alias":"alone"/g)?.length ?? 0).toBeGreaterThanOrEqual(10);
    for (const line of gateway
      .callLog()
      .split('\n')
      .filter((one) => one.includes('"alias":"alone"'))) {
      expect(JSON.parse(line)).toMatchObject({ costUsd: '0' });
    }
  });

  it('says whether it was told or estimated', async () => {
    gateway.provider.respond({ text: 'Yes.', usage: { inputTokens: 9, outputTokens: 3 } });
    const told = words();
    await gateway.post('/chat/completions', { ...chat('chat', told), user: told });
    gateway.provider.respond({ text: 'Yes.', faults: { usage: 'absent' } });
    await gateway.post('/chat/completions', chat('chat'));
    await expect.poll(() => gateway.callLog()).toMatch(/"source":"reported"[\s\S]*"source":"estimated"/);
  });
});
