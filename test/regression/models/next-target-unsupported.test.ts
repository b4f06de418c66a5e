/** If a target rejects a field or its value, the next one is tried, if the alias allows it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

let v1: V1Gateway;
beforeAll(async () => {
  v1 = await startV1Gateway({
    ai: ({ anthropicBaseUrl, openAiBaseUrl, geminiBaseUrl }) => `  providers:
    chat: { kind: openai, base_url: "${openAiBaseUrl}", api_key: sk-1 }
    responses: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: sk-1 }
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: sk-1 }
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: sk-1 }
  models:
    chat: { targets: [chat/first, chat/second], retries: 2 }
    responses: { targets: [responses/first, chat/second], retries: 2 }
    anthropic: { targets: [anthropic/first, chat/second], retries: 2 }
    gemini: { targets: [gemini/first, chat/second], retries: 2 }
    errors: { targets: [chat/first, chat/second], fallback: { on: [provider_error] } }
    none: { targets: [chat/first, chat/second], fallback: { on: [] } }
    window: { targets: [chat/first, chat/second], fallback: { on: [context_window] } }
    alone: { targets: [chat/first] }
  prices:
    chat/first: { free: true }
    chat/second: { free: true }
    responses/first: { free: true }
    anthropic/first: { free: true }
    gemini/first: { free: true }
  breaker: { min_requests: 5, threshold_percent: 50 }
`,
  });
});
afterAll(() => v1[Symbol.asyncDispose]());
beforeEach(() => v1.provider.reset());

const body = (error: object, status = 400) => ({
  status,
  body: JSON.stringify({ error }),
  headers: { 'content-type': 'application/json' },
});
const value = body({
  message: "Unsupported value: 'temperature' does not support 0.2 with this model. Secret words.",
  type: 'invalid_request_error',
  param: 'temperature',
  code: 'unsupported_value',
});

const complaints: readonly (readonly [string, ReturnType<typeof body>])[] = [
  ['unsupported_value', value],
  [
    'unsupported_parameter',
    body({
      message: "Unsupported parameter: 'max_tokens' is not supported.",
      param: 'max_tokens',
      code: 'unsupported_parameter',
    }),
  ],
  ['unknown_parameter', body({ message: "Unknown parameter: 'store'.", param: 'store', code: 'unknown_parameter' })],
  [
    'a sentence alone',
    body({ message: 'Unrecognized request argument supplied: reasoning_effort', type: 'invalid_request_error' }),
  ],
  [
    'Mistral’s',
    {
      ...body({}, 422),
      body: '{"detail":[{"type":"extra_forbidden","loc":["body","store"],"msg":"Extra inputs are not permitted"}]}',
    },
  ],
];

describe('a target that rejects a field', () => {
  it.each(complaints)('by %s is followed by the next, once, streamed or not', async (_name, complaint) => {
    for (const stream of [false, true]) {
      v1.provider.reset();
      v1.provider.respond(complaint, { model: 'first' });
      const response = await v1.post('/chat/completions', {
        model: 'chat',
        messages: [{ role: 'user', content: words() }],
        stream,
      });
      await response.text();
      expect([response.status, response.headers.get('isthmus-model')]).toEqual([200, 'chat/second']);
      expect(v1.provider.requests.map(({ model }) => model)).toEqual(['first', 'second']);
    }
  });

  it.each(['responses', 'anthropic', 'gemini'])('on the wire of %s is followed too', async (model) => {
    const said =
      model === 'anthropic'
        ? body({ type: 'invalid_request_error', message: 'effort: Extra inputs are not permitted' })
        : model === 'gemini'
          ? body({
              code: 400,
              status: 'INVALID_ARGUMENT',
              message: 'Invalid JSON payload received. Unknown name "store": Cannot find field.',
            })
          : value;
    v1.provider.respond(said, { model: 'first' });
    const response = await v1.post('/chat/completions', { model, messages: [{ role: 'user', content: words() }] });
    expect([response.status, response.headers.get('isthmus-model')]).toEqual([200, 'chat/second']);
  });

  it('is followed by the next if `fallback.on` has provider_error, and not otherwise', async () => {
    v1.provider.respond(value, { model: 'first' });
    const statusOf = async (model: string) =>
      (await v1.post('/chat/completions', { model, messages: [{ role: 'user', content: words() }] })).status;
    expect(await statusOf('errors')).toBe(200);
    expect(await statusOf('none')).toBe(400);
    expect(await statusOf('window')).toBe(400);
  });

  it('is reported by the field’s name if no target is left, never in the provider’s words', async () => {
    v1.provider.respond(value);
    for (const model of ['alone', 'chat']) {
      const response = await v1.post('/chat/completions', {
        model,
        messages: [{ role: 'user', content: words() }],
        temperature: 0.2,
      });
      const text = await response.text();
      expect(response.status).toBe(400);
      expect(text).toContain('AI_REQUEST_UNSUPPORTED');
      expect(text).toContain('temperature');
      expect(text).not.toContain('Secret');
    }
  });

  it('is not a failure: its breaker stays closed', async () => {
    v1.provider.respond(value, { model: 'first' });
    for (let call = 0; call < 8; call++) {
      await v1.post('/chat/completions', { model: 'chat', messages: [{ role: 'user', content: words() }] });
    }
    v1.provider.reset();
    const response = await v1.post('/chat/completions', {
      model: 'chat',
      messages: [{ role: 'user', content: words() }],
    });
    expect(response.headers.get('isthmus-model')).toBe('chat/first');
  });

  it('is not assumed if the request itself is wrong', async () => {
    v1.provider.respond(
      body({ message: 'messages: at least one message is required', type: 'invalid_request_error', code: null }),
      { model: 'first' },
    );
    const response = await v1.post('/chat/completions', {
      model: 'chat',
      messages: [{ role: 'user', content: words() }],
    });
    expect([response.status, v1.provider.requests.length]).toEqual([400, 1]);
  });
});
