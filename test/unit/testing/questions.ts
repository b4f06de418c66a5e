import type { ScriptedAnswer } from '../../../src/testing.ts';

export const schema = {
  type: 'object',
  properties: { label: { enum: ['GOOD', 'BAD'] }, score: { type: 'integer', minimum: 3 }, note: { type: 'string' } },
  required: ['label', 'score'],
  additionalProperties: false,
} as const;
/** What the provider answers to it by itself. */
export const leastThatFits = { label: 'GOOD', score: 3 };
export const messages = [{ role: 'user' as const, content: 'Is it good?' }];
const usage = { inputTokens: 100, outputTokens: 40, cachedInputTokens: 60, cacheWriteTokens: 10, reasoningTokens: 15 };
/** Everything an answer can have at once. */
export const eventful: ScriptedAnswer = {
  reasoning: 'Let me see.',
  text: 'Très bien, 👍 naïve café.',
  toolCalls: [{ name: 'look', arguments: { at: 'the "lid"' } }, { name: 'touch' }],
  usage,
};
