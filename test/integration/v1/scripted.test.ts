/** The official clients, the real server, the real model client and a provider on real sockets behind it. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createModelClient, type ModelClient } from '../../../src/ai/models/index.ts';
import { createMemoryStore } from '../../../src/cache/index.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { createLogger } from '../../../src/observability/index.ts';
import { type ScriptedProvider, startScriptedProvider } from '../../../src/testing.ts';
import { startV1Server, type V1Server } from './v1-server.ts';

let provider: ScriptedProvider;
let models: ModelClient;
let server: V1Server;
let openai: OpenAI;
let anthropic: Anthropic;
let folder: string;

beforeAll(async () => {
  provider = await startScriptedProvider();
  folder = await mkdtemp(join(tmpdir(), 'isthmus-v1-'));
  const configFile = join(folder, 'supergraph.yaml');
  await writeFile(join(folder, 'a.graphql'), 'type Query { a: Int }');
  await writeFile(
    configFile,
    `subgraphs: { a: { routing_url: "http://127.0.0.1:1/", schema: { file: a.graphql } } }
ai:
  providers:
    chat: { kind: openai, base_url: "${provider.openAiBaseUrl}", api_key: sk-operator }
    responses: { kind: openai, wire: responses, base_url: "${provider.openAiBaseUrl}", api_key: sk-operator }
  models: { chat: { targets: [chat/m], retries: 0 }, responses: { targets: [responses/m], retries: 0 } }
  breaker: { min_requests: 10000 }
  prices: { chat/m: { input_per_mtok: "1.00", output_per_mtok: "2.00" }, responses/m: { free: true } }
`,
  );
  const config = await loadConfig(configFile, {});
  const log = createLogger({ level: 'silent', readable: false });
  models = createModelClient({ cache: createMemoryStore(), ai: config.ai, log, resolveFrom: folder });
  server = await startV1Server({ client: models });
  openai = new OpenAI({ baseURL: server.url, apiKey: 'sk-client', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: server.url.replace(/\/v1$/, ''), apiKey: 'sk-client', maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  await models.close();
  await provider.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => provider.reset());

const toolCalls = [{ name: 'weather', arguments: { city: 'Paris' } }];
const usage = { inputTokens: 100, outputTokens: 20 };
let turn = 0;
/** Never the same words twice: nothing here may come from a cache. */
const words = () => `Question ${turn++}`;

describe.each(['chat', 'responses'])('over a provider of the %s wire', (model) => {
  it('chat completions answer, whole and streamed', async () => {
    provider.respond({ text: 'Hello there.', usage });
    const asked = { model, messages: [{ role: 'user' as const, content: words() }] };
    const { data, response } = await openai.chat.completions.create(asked).withResponse();
    expect(data.choices[0]?.message.content).toBe('Hello there.');
    expect(data.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 20 });
    expect(response.headers.get('isthmus-model')).toBe(`${model}/m`);
    expect(response.headers.get('isthmus-cost-usd')).toBe(model === 'chat' ? '0.00014' : '0');
    const final = await openai.chat.completions
      .stream({ model, messages: [{ role: 'user', content: words() }], stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('Hello there.');
    expect(final.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 20 });
    expect(provider.requests.map(({ key }) => key)).toEqual(['sk-operator', 'sk-operator']);
  });

  it('responses answer, whole and streamed', async () => {
    provider.respond({ text: 'Hello there.', usage });
    const whole = await openai.responses.create({ model, input: words() });
    expect(whole).toMatchObject({ output_text: 'Hello there.', status: 'completed', usage: { input_tokens: 100 } });
    const streamed = await openai.responses.stream({ model, input: words() }).finalResponse();
    expect(streamed.output_text).toBe('Hello there.');
    expect(streamed.usage).toMatchObject({ input_tokens: 100, output_tokens: 20 });
  });

  it('messages answer, whole and streamed', async () => {
    provider.respond({ text: 'Hello there.', usage });
    const asked = () => ({ model, max_tokens: 50, messages: [{ role: 'user' as const, content: words() }] });
    const whole = await anthropic.messages.create(asked());
    expect(whole).toMatchObject({
      content: [{ text: 'Hello there.' }],
      usage: { input_tokens: 100, output_tokens: 20 },
    });
    const streamed = await anthropic.messages.stream(asked()).finalMessage();
    expect(streamed).toMatchObject({
      content: [{ text: 'Hello there.' }],
      usage: { input_tokens: 100, output_tokens: 20 },
    });
  });

  it('tools are called through every wire', async () => {
    provider.respond({ toolCalls });
    const schema = { type: 'object' as const, properties: { city: { type: 'string' } } };
    const chat = await openai.chat.completions
      .stream({
        model,
        messages: [{ role: 'user', content: words() }],
        tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }],
      })
      .finalChatCompletion();
    expect(chat.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'weather', arguments: expect.stringContaining('Paris') } },
    ]);
    const response = await openai.responses
      .stream({
        model,
        input: words(),
        tools: [{ type: 'function', name: 'weather', parameters: schema, strict: false }],
      })
      .finalResponse();
    const called = response.output.find(({ type }) => type === 'function_call');
    expect(called).toMatchObject({ name: 'weather', arguments: expect.stringContaining('Paris') });
    const message = await anthropic.messages
      .stream({
        model,
        max_tokens: 50,
        messages: [{ role: 'user', content: words() }],
        tools: [{ name: 'weather', input_schema: schema }],
      })
      .finalMessage();
    expect(message).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', input: { city: 'Paris' } }],
    });
  });

  it('a stream cut after any chunk is never a whole answer', async () => {
    for (let chunks = 1; chunks <= 4; chunks++) {
      provider.respond({ text: 'One two three four five six.', faults: { stop: { at: { afterChunks: chunks } } } });
      const messages = [{ role: 'user' as const, content: words() }];
      await expect(openai.chat.completions.stream({ model, messages }).finalChatCompletion()).rejects.toThrow();
      const raw = await server.post('/responses', { model, input: words(), stream: true });
      expect(await raw.text()).not.toMatch(/response\.completed/);
      await expect(anthropic.messages.stream({ model, max_tokens: 50, messages }).finalMessage()).rejects.toThrow();
    }
  });

  it('a provider’s refusal is ours in code and words', async () => {
    provider.respond({ error: { status: 429, retryAfter: 7 } });
    const failed: unknown = await openai.chat.completions
      .create({ model, messages: [{ role: 'user', content: words() }] })
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(JSON.stringify(failed)).not.toContain('127.0.0.1');
  });
});

it('a field beyond the form goes to a provider of the same wire, and is refused by name elsewhere', async () => {
  const asked = { messages: [{ role: 'user' as const, content: words() }], logit_bias: { '50256': -100 } };
  await openai.chat.completions.create({ model: 'chat', ...asked });
  expect(provider.requests[0]?.body).toMatchObject({ logit_bias: { '50256': -100 }, model: 'm' });
  await expect(openai.chat.completions.create({ model: 'responses', ...asked })).rejects.toMatchObject({
    status: 400,
    code: 'AI_REQUEST_UNSUPPORTED',
    message: expect.stringContaining('logit_bias'),
  });
  await expect(openai.chat.completions.create({ model: 'nothing', messages: asked.messages })).rejects.toBeInstanceOf(
    OpenAI.NotFoundError,
  );
});
