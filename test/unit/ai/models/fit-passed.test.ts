import { describe, expect, it } from 'vitest';
import { Adaptation } from '../../../../src/ai/fitting/adaptation.ts';
import { effortOfBudget, factsOfModel, nearestEffort } from '../../../../src/ai/fitting/model-facts.ts';
import { type JsonObject, type ModelRequest, userText } from '../../../../src/ai/model-call/index.ts';
import { fitPassed } from '../../../../src/ai/providers/openai/fit-passed.ts';
import { dialectOf } from '../../../../src/ai/wires/shared/openai/openai-dialect.ts';

const hi: ModelRequest = { messages: [userText('Hi')], output: { kind: 'text' } };

function fitted(
  host: string,
  model: string,
  body: JsonObject,
  request: Partial<ModelRequest> = {},
  policy = 'adapt' as const,
) {
  const told: string[] = [];
  const wire = { wire: 'openai-chat' as const, body, unmapped: [] };
  const sent = fitPassed(body, model, { ...hi, wire, ...request }, dialectOf(host), new Adaptation(policy, told));
  return { sent, told };
}

const openAiAlone = {
  store: false,
  service_tier: 'auto',
  metadata: { a: '1' },
  prompt_cache_key: 'k',
  safety_identifier: 's',
};

describe('a request that is passed on', () => {
  it('is the same object for an unknown endpoint and model', () => {
    const body = { model: 'm', messages: [], ...openAiAlone, max_tokens: 1_000_000, thinking: { type: 'enabled' } };
    expect(fitted('127.0.0.1', 'm', body)).toEqual({ sent: body, told: [] });
    expect(fitted('127.0.0.1', 'm', body).sent).toBe(body);
  });

  it.each(['api.mistral.ai', 'api.groq.com', 'generativelanguage.googleapis.com', 'api.cerebras.ai'])(
    'is sent to %s without fields that only OpenAI supports',
    (host) => {
      const { sent, told } = fitted(host, 'm', { messages: [], seed: 1, ...openAiAlone });
      expect(sent).toEqual({ messages: [], seed: 1 });
      expect(told.toSorted()).toEqual(Object.keys(openAiAlone).toSorted());
    },
  );

  it('is sent to OpenAI completely, its bound by the name that reasoning models accept', () => {
    const { sent, told } = fitted('api.openai.com', 'o3', { ...openAiAlone, max_tokens: 500 });
    expect(sent).toEqual({ ...openAiAlone, max_completion_tokens: 500 });
    expect(told).toEqual(['max_tokens=max_completion_tokens']);
    expect(fitted('api.openai.com', 'gpt-4.1', { max_tokens: 500 }).sent).toEqual({ max_tokens: 500 });
    expect(fitted('api.mistral.ai', 'm', { max_completion_tokens: 5 }).sent).toEqual({ max_tokens: 5 });
  });

  it('is sent to OpenAI without cache marks, empty tools, and other vendors’ thinking', () => {
    const body = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] }],
      tools: [],
      tool_choice: 'auto',
      thinking: { type: 'enabled', budget_tokens: 8_000 },
    };
    const messages = [
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi', cache: { ttl: '5m' as const } }] },
    ];
    const { sent, told } = fitted('api.openai.com', 'gpt-5', body, { messages, reasoning: { budgetTokens: 8_000 } });
    expect(sent).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      reasoning_effort: 'medium',
    });
    expect(told).toEqual(['thinking.budget_tokens=medium', 'tools', 'cache_control']);
  });

  it('is not changed if the provider’s policy is refuse', () => {
    const body = { max_tokens: 100_000, ...openAiAlone };
    const told: string[] = [];
    expect(fitPassed(body, 'gpt-4o', hi, dialectOf('api.groq.com'), new Adaptation('refuse', told))).toBe(body);
    expect(told).toEqual([]);
  });
});

describe('facts of a model', () => {
  it.each([
    ['claude-sonnet-4-5-20250929', 64_000],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 64_000],
    ['anthropic/claude-sonnet-4.5', 64_000],
    ['claude-sonnet-4-20250514', 64_000],
    ['claude-opus-4-20250514', 32_000],
    ['claude-opus-4-1-20250805', 32_000],
    ['claude-sonnet-4-6', 128_000],
    ['claude-opus-4-7', 128_000],
    ['claude-haiku-5', 128_000],
    ['claude-3-5-haiku-latest', 8_192],
    ['gpt-4o-mini-2024-07-18', 16_384],
    ['ft:gpt-4o-2024-08-06:org::id', 16_384],
    ['openai/gpt-4.1', 32_768],
    ['gpt-4', 8_192],
    ['gpt-5.2-codex', 128_000],
    ['o4-mini', 100_000],
    ['gemini-2.5-flash', 65_536],
    ['proto3-chat', undefined],
    ['my-model', undefined],
  ])('%s writes at most %s tokens', (model, most) => {
    expect(factsOfModel(model).maxOutputTokens).toBe(most);
  });

  it('makes an effort the nearest that is no more', () => {
    expect(nearestEffort('max', ['low', 'medium', 'high'])).toBe('high');
    expect(nearestEffort('minimal', ['low', 'medium'])).toBe('low');
    expect(nearestEffort('low', ['none', 'medium'])).toBe('medium');
    expect(nearestEffort('none', ['low', 'high'])).toBe('low');
    expect(nearestEffort('high', [])).toBeUndefined();
    expect([0, 1_024, 4_000, 10_000, 31_999].map(effortOfBudget)).toEqual(['none', 'low', 'medium', 'medium', 'high']);
  });
});
