/**
 * What endpoints of the chat completions wire call differently or lack, by their host. A host that
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
  /** Which `extra_content` of a call goes back to it: what an endpoint of this wire gave, or Gemini's signatures too. */
  readonly extraContent: 'none' | 'given' | 'gemini';
  /** Whether usage in streams is asked for; Mistral sends it unasked and refuses fields it does not know. */
  readonly asksForStreamUsage: boolean;
  /** Whether reasoning goes back with the tool calls it led to: DeepSeek refuses the next request without it. */
  readonly wantsReasoningBack: boolean;
  /** Whether the endpoint is a vendor's, whose rules are known: a field it does not know is refused by it. */
  readonly isVendor: boolean;
  /** Fields of OpenAI's own that it refuses, of those that change nothing of what is asked. */
  readonly lacks: readonly string[];
}

const openAiAlone = [
  ...['store', 'service_tier', 'metadata', 'client_metadata', 'safety_identifier'],
  ...['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
];

const openAi: ChatDialect = {
  tokenBound: 'max_completion_tokens',
  seed: 'seed',
  topK: false,
  requiredChoice: 'required',
  asksForStreamUsage: true,
  wantsReasoningBack: false,
  extraContent: 'none',
  isVendor: true,
  lacks: [],
};

const others: ChatDialect = { ...openAi, tokenBound: 'max_tokens', topK: true, isVendor: false, extraContent: 'given' };
const vendors: ChatDialect = { ...others, topK: false, isVendor: true, extraContent: 'none', lacks: openAiAlone };

const byDomain: readonly (readonly [domain: string, dialect: ChatDialect])[] = [
  ['api.openai.com', openAi],
  ['openai.azure.com', openAi],
  ['cognitiveservices.azure.com', openAi],
  ['services.ai.azure.com', openAi],
  [
    'api.mistral.ai',
    {
      ...vendors,
      seed: 'random_seed',
      requiredChoice: 'any',
      asksForStreamUsage: false,
      lacks: [...openAiAlone, 'user', 'stream_options'],
    },
  ],
  ['api.deepseek.com', { ...vendors, wantsReasoningBack: true }],
  ['api.x.ai', vendors],
  ['api.groq.com', vendors],
  ['api.cerebras.ai', vendors],
  ['api.cohere.ai', vendors],
  ['api.cohere.com', vendors],
  ['generativelanguage.googleapis.com', { ...vendors, extraContent: 'gemini', lacks: [...openAiAlone, 'user'] }],
];

export function dialectOf(hostname: string): ChatDialect {
  for (const [domain, dialect] of byDomain) {
    if (hostname === domain || hostname.endsWith(`.${domain}`)) return dialect;
  }
  return others;
}
