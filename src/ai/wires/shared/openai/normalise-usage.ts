import { readUsage } from '../read-usage.ts';

/**
 * The usage of the chat completions wire in its own meaning: output includes reasoning, which xAI leaves out, and a count
 * is a number, which vLLM's is not always. What cannot be read is `null`: what is booked instead is told.
 *
 * @returns the same object where it is well
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
