import { describe, expect, it } from 'vitest';
import { readUsage, type UsageDialect } from '../../../../../src/ai/wires/shared/read-usage.ts';
import { hasUsageBodies, type Reading, readUsageBodies } from '../../models/usage-bodies.ts';

const cases: readonly [what: string, UsageDialect, usage: unknown, expected: object][] = [
  [
    'OpenAI counts cached tokens in the prompt and reasoning in the completion',
    'openai-chat',
    {
      prompt_tokens: 687,
      completion_tokens: 240,
      total_tokens: 927,
      prompt_tokens_details: { cached_tokens: 512, audio_tokens: 7, cache_write_tokens: 100 },
      completion_tokens_details: { reasoning_tokens: 165, audio_tokens: 3 },
    },
    {
      inputTokens: 687,
      outputTokens: 240,
      cachedInputTokens: 512,
      cacheWriteTokens: 100,
      reasoningTokens: 165,
      inputAudioTokens: 7,
      outputAudioTokens: 3,
    },
  ],
  [
    'xAI leaves reasoning out of the completion, as its total shows',
    'openai-chat',
    {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 115,
      completion_tokens_details: { reasoning_tokens: 100 },
    },
    { inputTokens: 10, outputTokens: 105, reasoningTokens: 100 },
  ],
  [
    'DeepSeek names cache hits of its own',
    'openai-chat',
    { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
    { inputTokens: 100, outputTokens: 5, cachedInputTokens: 64 },
  ],
  [
    'vLLM writes null for what it did not generate',
    'openai-chat',
    { prompt_tokens: 100, completion_tokens: null, total_tokens: 100, prompt_tokens_details: null },
    { inputTokens: 100, outputTokens: 0 },
  ],
  [
    'the responses API says the same in other words',
    'openai-responses',
    {
      input_tokens: 4020,
      input_tokens_details: { cached_tokens: 8, cache_write_tokens: 4012 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 32 },
    },
    { inputTokens: 4020, outputTokens: 50, cachedInputTokens: 8, cacheWriteTokens: 4012, reasoningTokens: 32 },
  ],
  [
    'embeddings have no output',
    'openai-embeddings',
    { prompt_tokens: 8, total_tokens: 8 },
    { inputTokens: 8, outputTokens: 0 },
  ],
  [
    'Anthropic leaves both kinds of cached tokens out of its input',
    'anthropic',
    {
      input_tokens: 10,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 20,
      output_tokens_details: { thinking_tokens: 12 },
      server_tool_use: { web_search_requests: 2 },
    },
    {
      inputTokens: 1_310,
      outputTokens: 20,
      cachedInputTokens: 1_000,
      cacheWriteTokens: 300,
      cacheWriteHourTokens: 200,
      reasoningTokens: 12,
      webSearches: 2,
    },
  ],
  [
    'Gemini counts thoughts and what tools read aside',
    'gemini',
    {
      promptTokenCount: 29,
      candidatesTokenCount: 15,
      thoughtsTokenCount: 1801,
      toolUsePromptTokenCount: 100,
      cachedContentTokenCount: 20,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 20 },
        { modality: 'AUDIO', tokenCount: 9 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 4 }],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 10 }],
    },
    {
      inputTokens: 129,
      outputTokens: 1816,
      cachedInputTokens: 20,
      reasoningTokens: 1801,
      inputAudioTokens: 9,
      cachedAudioTokens: 4,
      outputImageTokens: 10,
    },
  ],
  ['Gemini leaves out zeros', 'gemini', { promptTokenCount: 29 }, { inputTokens: 29, outputTokens: 0 }],
  [
    'Mistral is like OpenAI',
    'mistral',
    { prompt_tokens: 70, completion_tokens: 12, num_cached_tokens: 69 },
    { inputTokens: 70, outputTokens: 12 },
  ],
  [
    'Cohere is paid for billed units, not for its preamble',
    'cohere',
    { billed_units: { input_tokens: 12, output_tokens: 7 }, tokens: { input_tokens: 507, output_tokens: 10 } },
    { inputTokens: 12, outputTokens: 7 },
  ],
  [
    'Cohere embeds',
    'cohere',
    { api_version: {}, billed_units: { input_tokens: 3 } },
    { inputTokens: 3, outputTokens: 0 },
  ],
  [
    'Bedrock leaves both kinds of cached tokens out of its input',
    'bedrock',
    {
      inputTokens: 4,
      outputTokens: 5,
      totalTokens: 1_509,
      cacheReadInputTokens: 1_000,
      cacheWriteInputTokens: 500,
      cacheDetails: [
        { ttl: '5m', inputTokens: 300 },
        { ttl: '1h', inputTokens: 200 },
      ],
    },
    { inputTokens: 1_504, outputTokens: 5, cachedInputTokens: 1_000, cacheWriteTokens: 500, cacheWriteHourTokens: 200 },
  ],
  ['a zero is a count', 'openai-chat', { prompt_tokens: 0, completion_tokens: 0 }, { inputTokens: 0, outputTokens: 0 }],
];

describe('readUsage', () => {
  it.each(cases)('knows that %s', (_what, dialect, usage, expected) => {
    expect(readUsage(dialect, usage)).toEqual({ ...expected, source: 'reported' });
  });

  const dialects = [
    'openai-chat',
    'openai-responses',
    'openai-embeddings',
    'anthropic',
    'gemini',
    'mistral',
    'cohere',
    'bedrock',
  ] as const;

  it.each(dialects)('treats an empty report as none (%s)', (dialect) => {
    for (const nothing of [undefined, null, 'usage', 12, [], {}, { total_cost: 1 }, { usage: {} }])
      expect(readUsage(dialect, nothing)).toBeUndefined();
  });

  const bad = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '12', 1e12, true, {}];

  it.each(cases)('does not read as a count what is not one, if %s', (_what, dialect, usage) => {
    for (const [name, value] of countsIn(usage))
      for (const wrong of bad) {
        const read = readUsage(dialect, { ...(usage as object), [name]: wrong });
        // A broken total makes the report unusable; a broken part, or an unused total, changes nothing else.
        for (const number of Object.values(read ?? {}))
          expect(
            number === 'reported' || (Number.isSafeInteger(number) && number >= 0),
            `${name}: ${String(value)}`,
          ).toBe(true);
      }
  });

  it('does not accept half a report', () => {
    expect(readUsage('openai-chat', { prompt_tokens: 12 })).toBeUndefined();
    expect(readUsage('openai-chat', { completion_tokens: 12 })).toBeUndefined();
    expect(readUsage('anthropic', { output_tokens: 12 })).toBeUndefined();
    for (const wrong of bad) {
      expect(readUsage('openai-chat', { prompt_tokens: wrong, completion_tokens: 1 })).toBeUndefined();
      expect(
        readUsage('anthropic', { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: wrong }),
      ).toBeUndefined();
      expect(readUsage('gemini', { promptTokenCount: 1, thoughtsTokenCount: wrong })).toBeUndefined();
      expect(readUsage('bedrock', { inputTokens: 1, outputTokens: wrong })).toBeUndefined();
    }
  });

  it('omits a part that is larger than its whole', () => {
    expect(
      readUsage('openai-responses', {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 11 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 6 },
      }),
    ).toEqual({ inputTokens: 10, outputTokens: 5, source: 'reported' });
  });
});

function countsIn(usage: unknown): readonly [string, unknown][] {
  return Object.entries(usage as object).filter(([, value]) => typeof value === 'number');
}

/** Where the expected counts are not ours, and why. */
function reasonToDiffer({ provider, dialect, model, expected }: Reading): string | undefined {
  if (dialect === 'anthropic' && provider !== 'anthropic' && expected.output_reasoning_tokens === undefined)
    return 'thinking tokens and searches are read from every host of Anthropic’s models, not from its own alone';
  if (provider === 'azure' && model.startsWith('gpt-5.6') && expected.cache_write_tokens === undefined)
    return 'cache writes are read from every host of OpenAI’s models, as the current extractors do';
  if (provider === 'mistral' && expected.cache_write_tokens === undefined)
    return 'the body is OpenAI’s or OpenRouter’s: it has cache writes and sound, which Mistral does not count';
  return undefined;
}

describe.skipIf(!hasUsageBodies)('readUsage, of the recorded bodies (skipped where ../shared/fixtures is not)', () => {
  it('reads the usage of every body that names a model', () => {
    const bodies = readUsageBodies();
    expect(bodies.length).toBe(660);
    expect(bodies.filter((readings) => readings.length === 0)).toEqual([]);
    const wrong: unknown[] = [];
    const excused = new Map<string, number>();
    for (const reading of bodies.flat()) {
      const { dialect, usage, expected } = reading;
      const read = readUsage(dialect, usage);
      const wanted = {
        inputTokens: expected.input_tokens ?? 0,
        outputTokens: expected.output_tokens ?? 0,
        ...some('cachedInputTokens', expected.cache_read_tokens),
        ...some('cacheWriteTokens', expected.cache_write_tokens),
        ...some('cacheWriteHourTokens', expected.cache_write_1h_tokens),
        ...some('reasoningTokens', expected.output_reasoning_tokens),
        ...some('inputAudioTokens', expected.input_audio_tokens),
        ...some('outputAudioTokens', expected.output_audio_tokens),
        ...some('cachedAudioTokens', expected.cache_audio_read_tokens),
        ...some('outputImageTokens', expected.output_image_tokens),
        ...some('webSearches', expected.web_searches),
        source: 'reported',
      };
      if (isSame(read, wanted)) continue;
      const reason = reasonToDiffer(reading);
      if (reason === undefined) wrong.push({ reading, read });
      else excused.set(reason, (excused.get(reason) ?? 0) + 1);
    }
    expect(wrong).toEqual([]);
    expect([...excused.values()]).toEqual([30, 3, 5]);
  });
});

function some(name: string, tokens: number | undefined): object {
  return tokens === undefined || tokens === 0 ? {} : { [name]: tokens };
}

function isSame(first: object | undefined, second: object): boolean {
  return JSON.stringify(Object.entries(first ?? {}).sort()) === JSON.stringify(Object.entries(second).sort());
}
