import { afterEach, describe, expect, it } from 'vitest';
import { userText } from '../../../../src/ai/model-call/index.ts';
import { createModelClient, type ModelClient } from '../../../../src/ai/models/index.ts';
import { createMemoryStore } from '../../../../src/cache/index.ts';
import { aiYaml, resolveAi } from '../../../../src/config/ai/ai.ts';
import type { Logger, ModelCallRecord } from '../../../../src/observability/index.ts';
import { type ScriptedProvider, startScriptedProvider } from '../../../../src/testing.ts';
import { call, collect, request, textIn } from './model-client-kit.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
let server: ScriptedProvider | undefined;
let client: ModelClient | undefined;

afterEach(async () => {
  await client?.close();
  await server?.close();
});

async function start(models: Record<string, unknown>, more: Record<string, unknown> = {}) {
  server = await startScriptedProvider();
  const provider = { kind: 'openai', base_url: server.openAiBaseUrl, api_keys: ['key-0', 'key-1'] };
  const yaml = aiYaml.parse({ providers: { openai: provider, local: { kind: 'local' } }, models, ...more });
  const records: ModelCallRecord[] = [];
  client = createModelClient({
    ai: resolveAi(yaml, (path) => path),
    log: silent,
    resolveFrom: process.cwd(),
    cache: createMemoryStore(),
    sink: { record: (one) => void records.push(one), close: async () => {} },
  });
  return { server, client, records };
}

describe('a model client created from the configuration', () => {
  it('prices a call by the built-in list, to the nano-dollar', async () => {
    const { server: scripted, client: made, records } = await start({ fast: ['openai/gpt-4.1-mini'] });
    scripted.respond({ text: 'yes', usage: { inputTokens: 1_000, outputTokens: 100 } });
    // 1,000 tokens at $0.40 and 100 at $1.60 a million.
    expect(await made.complete(call())).toMatchObject({ costNanoUsd: 560_000n, model: 'openai/gpt-4.1-mini' });
    expect(records).toMatchObject([
      { costUsd: '0.00056', price: { source: 'genai-prices' }, usage: { inputTokens: 1_000, source: 'reported' } },
    ]);
  });

  it('refuses a model without a known price until a price is declared', async () => {
    const unpriced = await start({ fast: ['openai/our-finetune'] });
    await expect(unpriced.client.complete(call())).rejects.toMatchObject({ code: 'AI_PRICE_UNKNOWN' });
    expect(unpriced.server.requests).toHaveLength(0);
    await unpriced.client.close();
    await unpriced.server.close();
    const declared = await start(
      { fast: ['openai/our-finetune'] },
      { prices: { 'openai/our-finetune': { free: true } } },
    );
    expect(await declared.client.complete(call())).toMatchObject({ costNanoUsd: 0n });
  });

  it('answers an equal request from its exact cache, and never another tenant’s', async () => {
    const models = { fast: { targets: ['openai/gpt-4.1-mini'], cache: { exact: true } } };
    const { server: scripted, client: made } = await start(models);
    await made.complete(call());
    expect(await made.complete(call())).toMatchObject({ cache: 'exact', costNanoUsd: 0n });
    const other = { ...call(), caller: { id: 'anonymous', tenant: 'acme' } };
    expect(await made.complete(other)).toMatchObject({ cache: 'miss' });
    expect(scripted.requests).toHaveLength(2);
  });

  it('calls its moderation model without moderating that call', async () => {
    const models = { fast: ['openai/gpt-4.1-mini'], judge: ['openai/gpt-4.1-nano'] };
    const guardrails = { moderation: { model: 'judge', mode: 'block', check: ['input'] } };
    const { server: scripted, client: made, records } = await start(models, { guardrails });
    scripted.respond({ json: { flagged: true, categories: ['violence'] } });
    const error = made.complete({ ...call(), request: { ...request, messages: [userText('bad')] } });
    await expect(error).rejects.toMatchObject({ code: 'AI_INPUT_BLOCKED' });
    expect(scripted.requests).toHaveLength(1);
    expect(records.map(({ alias, finish }) => [alias, finish])).toEqual([
      ['judge', 'stop'],
      ['fast', 'AI_INPUT_BLOCKED'],
    ]);
  });

  it('shows nothing of a stream before its moderation model has judged the whole', async () => {
    const models = { fast: ['openai/gpt-4.1-mini'], judge: ['openai/gpt-4.1-nano'] };
    const guardrails = { moderation: { model: 'judge', mode: 'block', check: ['output'] } };
    const { server: scripted, client: made } = await start(models, { guardrails });
    let flagged = true;
    scripted.respond(({ body }) =>
      JSON.stringify(body).includes('gpt-4.1-nano') ? { json: { flagged, categories: [] } } : { text: 'so so' },
    );
    const refused = await collect(made.stream(call()));
    expect(refused.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(refused[1]).toMatchObject({ answer: { finishReason: 'content_filter', content: [] } });
    flagged = false;
    expect(textIn(await collect(made.stream(call())))).toBe('so so');
  });

  it('lists its aliases', async () => {
    const { client: made } = await start({ fast: ['openai/gpt-4.1-mini', 'local/extractive'] });
    expect(made.list()).toEqual([{ alias: 'fast', targets: ['openai/gpt-4.1-mini', 'local/extractive'] }]);
  });
});
