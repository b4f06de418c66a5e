/**
 * The differences between endpoints of the chat completions wire, by host. An unknown host is assumed to support the
 * older names and vLLM's additions, as most self-hosted servers do.
 */
export interface ChatDialect {
  /** OpenAI's reasoning models refuse the older name; many other endpoints only support it. */
  readonly tokenBound: 'max_completion_tokens' | 'max_tokens';
  readonly seed: 'seed' | 'random_seed';
  /** Whether `top_k` is supported. */
  readonly topK: boolean;
  /** The value of `tool_choice` that requires a tool call. */
  readonly requiredChoice: 'required' | 'any';
  /** Which `extra_content` of a call is sent back: that of an endpoint of this wire, or Gemini's signatures too. */
  readonly extraContent: 'none' | 'given' | 'gemini';
  /** Whether usage in streams is requested; Mistral sends it without, and refuses unknown fields. */
  readonly requestsStreamUsage: boolean;
  /** Whether reasoning is sent back with its tool calls: DeepSeek refuses the next request without it. */
  readonly requiresReasoning: boolean;
  /** Whether the endpoint is a known vendor's, which refuses unknown fields. */
  readonly isVendor: boolean;
  /** OpenAI's fields without effect on the answer that the endpoint refuses. */
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
  requestsStreamUsage: true,
  requiresReasoning: false,
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
      requestsStreamUsage: false,
      lacks: [...openAiAlone, 'user', 'stream_options'],
    },
  ],
  ['api.deepseek.com', { ...vendors, requiresReasoning: true }],
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
