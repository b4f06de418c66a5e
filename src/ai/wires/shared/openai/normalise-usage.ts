import { readUsage } from '../read-usage.ts';

/**
 * Normalises the usage of the chat completions wire: output includes reasoning, which xAI excludes, and a count is a
 * number, which vLLM's is not always. Unusable usage is replaced by the booked usage, or `null`.
 *
 * @returns the same object if it is valid
 */
export function normaliseUsage(usage: unknown): unknown {
  if (usage === undefined || usage === null) return usage;
  const read = readUsage('openai-chat', usage);
  if (read === undefined) return null;
  const counts = usage as Readonly<Record<string, unknown>>;
  const { inputTokens, outputTokens } = read;
  if (counts.prompt_tokens === inputTokens && counts.completion_tokens === outputTokens) return usage;
  const total = inputTokens + outputTokens;
  return { ...counts, prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: total };
}
