/**
 * What Anthropic's Messages API supports for each of its models: the maximum output, thinking modes, settings, tools. The
 * API refuses everything else, but only after the request was sent.
 *
 * Sources: Anthropic's model pages and the model catalogue of `@ai-sdk/anthropic`, as of the models named here.
 */

export interface ClaudeFacts {
  /** Whether the model is listed by name, so that `maxOutputTokens` is a fact and not an estimate. */
  readonly isListed: boolean;
  /** The maximum output in tokens, thinking included; sent if the request has no bound. */
  readonly maxOutputTokens: number;
  /** Whether `output_config.format` and `strict` tools are taken. */
  readonly structuredOutput: boolean;
  /** Whether `thinking: { type: "adaptive" }` with an effort is taken. */
  readonly adaptiveThinking: boolean;
  /** Whether `thinking: { type: "enabled", budget_tokens }` is taken. */
  readonly budgetThinking: boolean;
  /** Whether thinking can be switched off: not at all, up to the effort `high`, or always. */
  readonly disablesThinking: 'never' | 'up-to-high' | 'always';
  /** Whether `thinking: { type: "between_tools" }` is taken. */
  readonly thinksBetweenTools: boolean;
  readonly xhighEffort: boolean;
  /** Whether `temperature`, `top_p` and `top_k` are taken. */
  readonly sampling: boolean;
  /** Whether the model can be made to call a tool. */
  readonly forcedTools: boolean;
  /** Whether `temperature` and `top_p` exclude each other. */
  readonly isClaude: boolean;
}

const legacy: ClaudeFacts = {
  isListed: true,
  maxOutputTokens: 4_096,
  structuredOutput: false,
  adaptiveThinking: false,
  budgetThinking: true,
  disablesThinking: 'always',
  thinksBetweenTools: false,
  xhighEffort: false,
  sampling: true,
  forcedTools: true,
  isClaude: true,
};
const structured: ClaudeFacts = { ...legacy, structuredOutput: true };
const adaptive: ClaudeFacts = { ...structured, maxOutputTokens: 128_000, adaptiveThinking: true };
const withoutSampling: ClaudeFacts = { ...adaptive, sampling: false, xhighEffort: true };
const alwaysThinks: ClaudeFacts = {
  ...withoutSampling,
  disablesThinking: 'never',
  budgetThinking: false,
  forcedTools: false,
};
const disablesUpToHigh: ClaudeFacts = { ...withoutSampling, disablesThinking: 'up-to-high' };

/** The first entry whose pattern matches applies. */
const entries: readonly (readonly [id: RegExp, facts: ClaudeFacts])[] = [
  [/claude-sonnet-5-5/, { ...alwaysThinks, thinksBetweenTools: true }],
  [/claude-opus-5-5/, alwaysThinks],
  [/claude-haiku-5-5/, { ...disablesUpToHigh, budgetThinking: false }],
  [/claude-opus-5/, disablesUpToHigh],
  [/claude-fable-5-[12]/, alwaysThinks],
  [/claude-fable-5/, { ...alwaysThinks, forcedTools: true }],
  [/claude-opus-4-[78]|claude-sonnet-5/, withoutSampling],
  [/claude-(?:sonnet|opus)-4-6/, adaptive],
  [/claude-(?:sonnet|opus|haiku)-4-5/, { ...structured, maxOutputTokens: 64_000 }],
  [/claude-opus-4-1/, { ...structured, maxOutputTokens: 32_000 }],
  [/claude-sonnet-4[-@]/, { ...legacy, maxOutputTokens: 64_000 }],
  [/claude-opus-4[-@]/, { ...legacy, maxOutputTokens: 32_000 }],
  [/claude-3-haiku/, legacy],
  [/claude-(?:instant(?:-|$)|v?2(?=$|[-.:])|3(?=$|[-.]))/, { ...legacy, isListed: false, isClaude: true }],
  // Unknown Claude models are assumed to be like the latest ones.
  [/claude-/, { ...disablesUpToHigh, isListed: false }],
];

/** Another vendor's model behind an endpoint of this API. */
const unlisted: ClaudeFacts = { ...legacy, isListed: false, isClaude: false };

export function claudeFactsOf(model: string): ClaudeFacts {
  return entries.find(([pattern]) => pattern.test(model))?.[1] ?? unlisted;
}
