/**
 * What users of gateways for models complain about where money is counted, each as a test: usage of streams that is lost,
 * tokens of prompt caches that are counted twice, models without a price that void budgets, and token limits that are passed.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, wires, words } from '../v1/v1-gateway.ts';

const keyed = 'api_key: sk-operator';
let gateway: V1Gateway;
beforeAll(async () => {
  gateway = await startV1Gateway({
    ai: ({ openAiBaseUrl, anthropicBaseUrl, geminiBaseUrl }) => `  providers:
    chat: { kind: openai, base_url: "${openAiBaseUrl}", ${keyed} }
    responses: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", ${keyed} }
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", ${keyed} }
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", ${keyed} }
  models:
${wires.map((wire) => `    ${wire}: { targets: [${wire}/m], retries: 0, cache: { exact: false } }`).join('\n')}
    unknown: { targets: [chat/unpriced], retries: 0 }
    free: [local/extractive]
    counted: { targets: [chat/m], retries: 0, cache: { exact: false } }
  prices:
${wires.map((wire) => `    ${wire}/m: { input_per_mtok: "4.00", cached_input_per_mtok: "1.00", output_per_mtok: "8.00" }`).join('\n')}
  breaker: { min_requests: 100000 }
  budgets:
    - { name: tokens of a minute, match: { model: counted }, limit_tokens: 1000, every: 1h }
    - { name: poor, match: { client: poor }, limit_calls: 1, every: 1h }
`,
  });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => gateway.provider.reset());

let recorded = 0;
/** Of the calls since the last time, so many. */
async function records(count: number) {
  recorded += count;
  return (await gateway.records(recorded)).slice(-count);
}

const bodyOf = (model: string, stream = false, more: object = {}) => ({
  ...{ model, stream, max_tokens: 10, messages: [{ role: 'user', content: words() }] },
  ...more,
});

describe('3: usage of streams', () => {
  it('is asked for, and counted, though the client did not ask for it', async () => {
    gateway.provider.respond(() => ({ text: 'one two three', usage: { inputTokens: 100, outputTokens: 5 } }));
    const answer = await gateway.post('/chat/completions', bodyOf('chat', true));
    expect(await answer.text()).not.toContain('"usage":{');
    expect(gateway.provider.requests[0]?.body).toMatchObject({ stream_options: { include_usage: true } });
    const [record] = await records(1);
    expect(record).toMatchObject({ usage: { inputTokens: 100, outputTokens: 5, source: 'reported' } });
    expect(Number(record?.costUsd)).toBe(0.00044);
  });

  it('of a client that leaves in the midst is an estimate and not nothing', async () => {
    gateway.provider.respond(() => ({ text: 'one two three four five six seven', faults: { chunkDelayMs: 20 } }));
    const controller = new AbortController();
    const answer = await gateway.post('/chat/completions', bodyOf('chat', true), { signal: controller.signal });
    await answer.body?.getReader().read();
    controller.abort();
    const [record] = await records(1);
    expect(record?.usage?.source).toBe('estimated');
    expect(record?.usage?.inputTokens).toBeGreaterThan(0);
    expect(Number(record?.costUsd)).toBeGreaterThan(0);
  });

  it('that a provider says is nothing costs nothing, and so does a failed call', async () => {
    gateway.provider.respond(() => ({ text: 'a whole sentence', faults: { usage: 'zero' } }));
    await (await gateway.post('/chat/completions', bodyOf('chat', true))).text();
    gateway.provider.respond(() => ({ error: { status: 500 } }));
    await (await gateway.post('/chat/completions', bodyOf('chat', true))).text();
    const [zero, failed] = await records(2);
    expect(zero).toMatchObject({ usage: { inputTokens: 0, outputTokens: 0, source: 'reported' }, costUsd: '0' });
    expect(Number(failed?.costUsd ?? 0)).toBe(0);
  });
});

describe('4: tokens of prompt caches', () => {
  it.each(wires)('are counted once, however the %s wire tells them', async (wire) => {
    const usage = { inputTokens: 1_000, cachedInputTokens: 900, outputTokens: 10 };
    gateway.provider.respond(() => ({ text: 'ok', usage }));
    for (const stream of [false, true]) await (await gateway.post('/chat/completions', bodyOf(wire, stream))).text();
    // 100 at $4, 900 at $1 and 10 at $8 per million.
    for (const record of await records(2)) {
      expect(record.usage).toMatchObject({ inputTokens: 1_000, cachedInputTokens: 900, outputTokens: 10 });
      expect(record.costUsd).toBe('0.00138');
    }
  });
});

describe('5: a model without a price', () => {
  it('is not called, with a budget or without one', async () => {
    const answer = await gateway.post('/chat/completions', bodyOf('unknown'));
    expect(await answer.json()).toMatchObject({ error: { code: 'AI_PRICE_UNKNOWN' } });
    expect(gateway.provider.requests).toHaveLength(0);
  });

  it('that is declared free is served though the budget is used up', async () => {
    const headers = { 'apollographql-client-name': 'poor' };
    const statusOf = async (model: string) =>
      (await gateway.post('/chat/completions', bodyOf(model), { headers })).status;
    expect([await statusOf('chat'), await statusOf('chat'), await statusOf('free')]).toEqual([200, 429, 200]);
    expect(gateway.provider.requests).toHaveLength(1);
  });
});

describe('7: a limit of tokens', () => {
  it('is not passed by calls at once, and used up before anyone is refused', async () => {
    // Each may use what its words and ten tokens of output come to, and uses half of that.
    gateway.provider.respond(() => ({
      text: 'ok',
      usage: { inputTokens: 5, outputTokens: 10 },
      faults: { delayMs: 20 },
    }));
    const first = await gateway.post('/chat/completions', bodyOf('counted', false, { max_tokens: 1 }));
    expect(first.status).toBe(200);
    let used = 15;
    let refused = 0;
    for (let turn = 0; turn < 3; turn++) {
      const answers = await Promise.all(
        Array.from({ length: 60 }, () => gateway.post('/chat/completions', bodyOf('counted'))),
      );
      for (const answer of answers) {
        if (answer.status === 200) used += 15;
        else refused++;
        await answer.arrayBuffer();
      }
      expect(used).toBeLessThanOrEqual(1_000);
    }
    expect(refused).toBeGreaterThan(0);
    // Less is left than one more call may need.
    expect(used).toBeGreaterThan(900);
    expect(gateway.provider.requests).toHaveLength(used / 15);
  });
});
