/** Inconsistent token counts: the consistent ones are used, and priced. */
import { describe, expect, it } from 'vitest';
import { readUsage } from '../../../src/ai/wires/shared/read-usage.ts';

const chat = (prompt: number, cached: number, written: number) => ({
  prompt_tokens: prompt,
  completion_tokens: 10,
  prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
});

describe('parts of the input', () => {
  it('that are inconsistent keep the cached input tokens', () => {
    const usage = readUsage('openai-chat', chat(100, 80, 30));
    expect(usage).toMatchObject({ inputTokens: 100, cachedInputTokens: 80 });
    expect(usage).not.toHaveProperty('cacheWriteTokens');
  });

  it('of which one is impossible keep the other', () => {
    const usage = readUsage('openai-chat', chat(100, 300, 30));
    expect(usage).toMatchObject({ inputTokens: 100, cacheWriteTokens: 30 });
    expect(usage).not.toHaveProperty('cachedInputTokens');
    expect(readUsage('openai-chat', chat(100, 300, 300))).toEqual({
      inputTokens: 100,
      outputTokens: 10,
      source: 'reported',
    });
  });

  it('that are consistent are complete, on every wire', () => {
    expect(readUsage('openai-chat', chat(100, 60, 40))).toMatchObject({ cachedInputTokens: 60, cacheWriteTokens: 40 });
    expect(
      readUsage('openai-responses', {
        input_tokens: 100,
        output_tokens: 10,
        input_tokens_details: { cached_tokens: 90, cache_write_tokens: 20 },
      }),
    ).toMatchObject({ inputTokens: 100, cachedInputTokens: 90 });
    expect(
      readUsage('gemini', { promptTokenCount: 100, candidatesTokenCount: 10, cachedContentTokenCount: 60 }),
    ).toMatchObject({ cachedInputTokens: 60 });
  });
});

describe('parts of the output', () => {
  it('that are inconsistent keep the consistent ones', () => {
    const usage = readUsage('openai-chat', {
      prompt_tokens: 5,
      completion_tokens: 100,
      total_tokens: 105,
      completion_tokens_details: { reasoning_tokens: 70, audio_tokens: 50 },
    });
    expect(usage).toMatchObject({ outputTokens: 100, reasoningTokens: 70 });
    expect(usage).not.toHaveProperty('outputAudioTokens');
  });
});

it('tokens of any modality are read as the tokens they are', () => {
  const details = ['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'MODALITY_UNSPECIFIED', 'SOMETHING_NEW'].map((modality) => ({
    modality,
    tokenCount: 10,
  }));
  const usage = readUsage('gemini', {
    promptTokenCount: 80,
    candidatesTokenCount: 20,
    promptTokensDetails: [...details, { modality: 'AUDIO', tokenCount: 20 }, { modality: 'AUDIO' }, { tokenCount: 3 }],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 20 }],
  });
  expect(usage).toEqual({
    ...{ inputTokens: 80, outputTokens: 20, source: 'reported' },
    ...{ inputAudioTokens: 20, outputImageTokens: 20 },
  });
});
