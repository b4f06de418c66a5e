/** The token usage of a call. */

/**
 * The tokens of a call in the model's own tokenizer, as OpenTelemetry's GenAI conventions define them: `inputTokens`
 * includes cached tokens and cache writes, `outputTokens` includes reasoning.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Read from the provider's cache; part of `inputTokens`. */
  readonly cachedInputTokens?: number;
  /** Written to the provider's cache; part of `inputTokens`. */
  readonly cacheWriteTokens?: number;
  /** The part of `cacheWriteTokens` with a TTL of an hour, which some providers price higher. */
  readonly cacheWriteHourTokens?: number;
  /** Part of `outputTokens`. */
  readonly reasoningTokens?: number;
  /** Audio tokens, part of `inputTokens` and `outputTokens`. */
  readonly inputAudioTokens?: number;
  readonly outputAudioTokens?: number;
  /** `reported` by the provider, or `estimated` by the gateway if the provider reports none. */
  readonly source: 'reported' | 'estimated';
}
