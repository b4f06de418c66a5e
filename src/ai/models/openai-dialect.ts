/**
 * What endpoints of the chat completions wire call differently or lack, by their host (ai-conventions 5.1). A host that
 * is not known here is taken for one that knows the older names and vLLM's additions, as most self-hosted servers do.
 */
export interface ChatDialect {
  /** OpenAI's reasoning models refuse the older name; many other endpoints know no other. */
  readonly tokenBound: 'max_completion_tokens' | 'max_tokens';
  readonly seed: 'seed' | 'random_seed';
  /** Whether `top_k` can be said. */
  readonly topK: boolean;
  /** The word for "call some tool". */
  readonly requiredChoice: 'required' | 'any';
  /** Whether usage in streams is asked for; Mistral sends it unasked and refuses fields it does not know. */
  readonly asksForStreamUsage: boolean;
  /** Whether reasoning goes back with the tool calls it led to: DeepSeek refuses the next request without it. */
  readonly wantsReasoningBack: boolean;
}

const openAi: ChatDialect = {
  tokenBound: 'max_completion_tokens',
  seed: 'seed',
  topK: false,
  requiredChoice: 'required',
  asksForStreamUsage: true,
  wantsReasoningBack: false,
};

const others: ChatDialect = { ...openAi, tokenBound: 'max_tokens', topK: true };

const byDomain: readonly (readonly [domain: string, dialect: ChatDialect])[] = [
  ['api.openai.com', openAi],
  ['openai.azure.com', openAi],
  ['cognitiveservices.azure.com', openAi],
  ['services.ai.azure.com', openAi],
  ['api.mistral.ai', { ...others, seed: 'random_seed', topK: false, requiredChoice: 'any', asksForStreamUsage: false }],
  ['api.deepseek.com', { ...others, topK: false, wantsReasoningBack: true }],
  ['api.x.ai', { ...others, topK: false }],
  ['api.groq.com', { ...others, topK: false }],
];

export function dialectOf(hostname: string): ChatDialect {
  for (const [domain, dialect] of byDomain) {
    if (hostname === domain || hostname.endsWith(`.${domain}`)) return dialect;
  }
  return others;
}
