/** No bound and no effort exceeds what a model can do, and an effort of the answer switches no thinking on. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

const claudes = [
  'claude-sonnet-4-5',
  'claude-haiku-4-5',
  'claude-opus-4-1',
  'claude-opus-4-5',
  'claude-opus-4-6',
  'claude-opus-5',
] as const;
const limits: Readonly<Record<string, number>> = {
  'claude-sonnet-4-5': 64_000,
  'claude-haiku-4-5': 64_000,
  'claude-opus-4-1': 32_000,
  'claude-opus-4-5': 64_000,
  'claude-opus-4-6': 128_000,
  'claude-opus-5': 128_000,
};
const bedrock = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

let v1: V1Gateway;
beforeAll(async () => {
  v1 = await startV1Gateway({
    ai: ({ anthropicBaseUrl, openAiBaseUrl, geminiBaseUrl, url }) => {
      const targets = [
        ...claudes.map((id) => `anthropic/${id}`),
        ...['gpt-4o', 'gpt-4.1-mini', 'gpt-5', 'o3', 'unknown'].flatMap((id) => [`chat/${id}`, `responses/${id}`]),
        ...['gemini-2.5-flash', 'gemini-2.5-pro'].map((id) => `gemini/${id}`),
        `bedrock/${bedrock}`,
      ];
      return `  expose_references: true
  models: { own: [{ model: chat/unknown, max_output_tokens: 2000 }], owned: [{ model: anthropic/claude-opus-5, max_output_tokens: 2000 }] }
  providers:
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: sk-1 }
    bedrock: { kind: ai-sdk, package: "@ai-sdk/amazon-bedrock", base_url: "${url}", api_key: sk-1, settings: { region: us-east-1 } }
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: sk-1 }
    chat: { kind: openai, base_url: "${openAiBaseUrl}", api_key: sk-1 }
    responses: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: sk-1 }
  prices:
${targets.map((target) => `    "${target}": { free: true }\n`).join('')}`;
    },
  });
});
afterAll(() => v1[Symbol.asyncDispose]());
beforeEach(() => v1.provider.reset());

async function asked(path: string, body: object) {
  v1.provider.reset();
  const response = await v1.post(path, { messages: [{ role: 'user', content: words() }], ...body });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const sent = v1.provider.requests[0]?.body as {
    readonly max_tokens: number;
    readonly thinking?: { readonly type: string; readonly budget_tokens?: number };
    readonly output_config?: { readonly effort?: string };
    readonly inferenceConfig: { readonly maxTokens: number };
    readonly additionalModelRequestFields?: Record<string, { readonly budget_tokens: number }>;
    readonly generationConfig: { readonly maxOutputTokens: number; readonly thinkingConfig?: object };
    readonly [name: string]: unknown;
  };
  return { sent, adapted: response.headers.get('isthmus-adapted') ?? '' };
}

describe('an effort and a bound', () => {
  const efforts = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
  it.each(claudes)('are consistent with each other and with the model’s limit: %s', async (id) => {
    const limit = limits[id] ?? 0;
    for (const effort of efforts) {
      for (const max of [4_000, 32_000, limit, 200_000]) {
        for (const stream of max === 32_000 ? [false, true] : [false]) {
          const { sent, adapted } = await asked('/chat/completions', {
            model: `anthropic/${id}`,
            max_completion_tokens: max,
            reasoning_effort: effort,
            stream,
          });
          expect(sent.max_tokens).toBe(Math.min(max, limit));
          expect(sent.thinking?.type).toMatch(/enabled|adaptive/);
          if (sent.thinking?.budget_tokens !== undefined) {
            expect(sent.thinking.budget_tokens).toBeGreaterThanOrEqual(1_024);
            expect(sent.thinking.budget_tokens).toBeLessThan(sent.max_tokens);
          }
          expect(adapted.includes(`max_tokens=${limit}`)).toBe(max > limit);
        }
      }
    }
  });

  it('scale with the bound: high with 32,000 on Sonnet 4.5 is the same share as of 64,000', async () => {
    const ask = (reasoning_effort: string) =>
      asked('/chat/completions', {
        model: 'anthropic/claude-sonnet-4-5',
        max_completion_tokens: 32_000,
        reasoning_effort,
      });
    expect((await ask('high')).sent.thinking).toEqual({ type: 'enabled', budget_tokens: 19_200 });
    const [low, medium] = [(await ask('low')).sent.thinking, (await ask('medium')).sent.thinking];
    expect(low?.budget_tokens).toBeLessThan(medium?.budget_tokens ?? 0);
  });

  it('are within the bound on Bedrock too', async () => {
    for (const max of [32_000, 64_000, 100_000]) {
      const { sent } = await asked('/chat/completions', {
        model: `bedrock/${bedrock}`,
        max_completion_tokens: max,
        reasoning_effort: 'high',
      });
      expect(sent.inferenceConfig.maxTokens).toBe(Math.min(max, 64_000));
      expect(sent.additionalModelRequestFields?.thinking?.budget_tokens).toBeLessThan(sent.inferenceConfig.maxTokens);
    }
  });

  it('without room for thinking disable it, and report that', async () => {
    const { sent, adapted } = await asked('/chat/completions', {
      model: 'anthropic/claude-sonnet-4-5',
      max_completion_tokens: 500,
      reasoning_effort: 'low',
    });
    expect(sent).toMatchObject({ max_tokens: 500 });
    expect(sent).not.toHaveProperty('thinking');
    expect(adapted).toBe('reasoning_effort');
  });
});

describe('a bound alone', () => {
  it.each([
    ['chat/gpt-4o', 'max_tokens', 16_384],
    ['chat/gpt-4.1-mini', 'max_tokens', 32_768],
    ['chat/o3', 'max_tokens', 64_000],
    ['responses/gpt-4o', 'max_output_tokens', 16_384],
    ['chat/unknown', 'max_tokens', 64_000],
  ] as const)('of 64,000 is reduced to the limit of %s', async (model, field, most) => {
    const { sent, adapted } = await asked('/messages', { model, max_tokens: 64_000 });
    expect(sent[field]).toBe(most);
    expect(adapted).toBe(most === 64_000 ? '' : `max_tokens=${most}`);
  });

  it('is reduced to the configured limit of an unknown model', async () => {
    for (const [path, model] of [
      ['/messages', 'own'],
      ['/messages', 'owned'],
      ['/chat/completions', 'own'],
    ] as const) {
      const { sent, adapted } = await asked(path, { model, max_tokens: 8_000 });
      expect([sent.max_tokens, adapted]).toEqual([2_000, 'max_tokens=2000']);
    }
  });

  it('of a request that is passed on is reduced to the same limit', async () => {
    const { sent, adapted } = await asked('/chat/completions', { model: 'chat/gpt-4o', max_tokens: 32_000 });
    expect([sent.max_tokens, adapted]).toEqual([16_384, 'max_tokens=16384']);
    const { sent: responses } = await asked('/responses', {
      model: 'responses/gpt-4o',
      input: 'Hi',
      messages: undefined,
      max_output_tokens: 32_000,
    });
    expect(responses.max_output_tokens).toBe(16_384);
  });
});

describe('a budget of thinking', () => {
  it('is one that the model supports', async () => {
    const budget = (model: string, budget_tokens: number) =>
      asked('/messages', { model, max_tokens: 60_000, thinking: { type: 'enabled', budget_tokens } });
    expect((await budget('gemini/gemini-2.5-flash', 31_999)).sent.generationConfig.thinkingConfig).toEqual({
      thinkingBudget: 24_576,
    });
    expect((await budget('gemini/gemini-2.5-pro', 50_000)).sent.generationConfig.thinkingConfig).toEqual({
      thinkingBudget: 32_768,
    });
    const { sent, adapted } = await budget('anthropic/claude-opus-4-1', 40_000);
    expect(sent.max_tokens).toBe(32_000);
    expect(sent.thinking?.budget_tokens).toBeLessThan(32_000);
    expect(adapted).toMatch(/max_tokens=32000.*thinking\.budget_tokens=/);
  });
});

describe('`output_config.effort`', () => {
  const effort = (model: string, value: string, more: object = {}) =>
    asked('/messages', { model, max_tokens: 8_000, output_config: { effort: value }, ...more });

  it('alone does not enable thinking, with any provider', async () => {
    for (const id of claudes) {
      const { sent } = await effort(`anthropic/${id}`, 'low');
      expect(sent).not.toHaveProperty('thinking');
    }
    expect((await effort('anthropic/claude-opus-4-5', 'medium')).sent.output_config).toEqual({ effort: 'medium' });
    expect((await effort('chat/unknown', 'high')).sent).not.toHaveProperty('reasoning_effort');
    expect((await effort('gemini/gemini-2.5-flash', 'high')).sent.generationConfig).not.toHaveProperty(
      'thinkingConfig',
    );
    expect((await effort(`bedrock/${bedrock}`, 'high')).sent).not.toHaveProperty('additionalModelRequestFields');
  });

  it('is the nearest that the model supports, or is removed and reported', async () => {
    expect((await effort('anthropic/claude-opus-4-5', 'max')).sent.output_config).toEqual({ effort: 'high' });
    expect((await effort('anthropic/claude-opus-4-6', 'xhigh')).sent.output_config).toEqual({ effort: 'high' });
    expect((await effort('anthropic/claude-opus-5', 'xhigh')).sent.output_config).toEqual({ effort: 'xhigh' });
    const { sent, adapted } = await effort('anthropic/claude-sonnet-4-5', 'high');
    expect([sent.output_config, adapted]).toEqual([undefined, 'output_config.effort']);
    // A model that always reasons does so with that effort.
    expect((await effort('chat/gpt-5', 'low')).sent).toMatchObject({ reasoning_effort: 'low' });
  });

  it('is combined with thinking that is on, off or adaptive', async () => {
    const on = await effort('anthropic/claude-opus-4-5', 'medium', {
      thinking: { type: 'enabled', budget_tokens: 2_000 },
    });
    expect(on.sent).toMatchObject({
      max_tokens: 8_000,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      output_config: { effort: 'medium' },
    });
    const off = await effort('anthropic/claude-opus-4-5', 'low', { thinking: { type: 'disabled' } });
    expect(off.sent).toMatchObject({ thinking: { type: 'disabled' }, output_config: { effort: 'low' } });
    const adaptive = await effort('anthropic/claude-opus-4-6', 'low', { thinking: { type: 'adaptive' } });
    expect(adaptive.sent).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } });
  });
});
