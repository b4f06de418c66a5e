/** How much a call for an AI field may read: as its @generate says, else its prompt, else the configuration. */
import type { AiFieldsConfig, LongInput } from '../../../config/index.ts';
import type { AiField } from '../ai-field.ts';
import type { Prompt } from '../prompts/prompt.ts';
import type { InputBound } from './field-question.ts';

/** Of the message that combines the answers of parts, besides these: its words, and the words before each answer. */
const combiningTokens = 200;
const tokensPerPart = 16;

export function inputBoundOf(
  field: AiField,
  prompt: Prompt,
  config: Pick<AiFieldsConfig, 'maxInputTokens' | 'longInput' | 'maxChunks'>,
  maxOutputTokens: number,
): InputBound {
  const maxTokens = field.maxInputTokens ?? prompt.maxInputTokens ?? config.maxInputTokens;
  const longInput = (field.longInput as LongInput | undefined) ?? prompt.longInput ?? config.longInput;
  return { maxTokens, longInput, maxChunks: Math.min(config.maxChunks, mostChunks(maxTokens, maxOutputTokens)) };
}

/** All their answers have to fit into one call. */
function mostChunks(maxInputTokens: number, maxOutputTokens: number): number {
  return Math.floor((maxInputTokens - combiningTokens) / (maxOutputTokens + tokensPerPart));
}

/** The least bound of an input that may be cut into parts. */
export function leastChunkedTokens(maxOutputTokens: number): number {
  return combiningTokens + 2 * (maxOutputTokens + tokensPerPart);
}

/** How many calls the first attempt at an answer may take. */
export function callsOf({ longInput, maxChunks }: InputBound): number {
  return longInput === 'chunk' && maxChunks >= 2 ? maxChunks + 1 : 1;
}
