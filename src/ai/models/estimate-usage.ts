import type { ModelRequest, Usage } from './model.ts';

/** A token of English text is about four characters; used where a provider reports nothing. Rounded up. */
export const charactersPerToken = 4;

export function estimateTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

/** What a completion that reported no usage has used, as well as its characters tell. */
export function estimateUsage(request: ModelRequest, answer: string): Usage {
  let inputTokens = 0;
  for (const message of request.messages) inputTokens += estimateTokens(message.content);
  if (request.output.kind === 'json') inputTokens += estimateTokens(JSON.stringify(request.output.schema));
  return { inputTokens, outputTokens: estimateTokens(answer), source: 'estimated' };
}
