/** Tokens of a call. */

/**
 * How much was read and written, in tokens of the model's own, as OpenTelemetry's GenAI conventions define them:
 * `inputTokens` includes cached tokens and cache writes, `outputTokens` includes reasoning.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Read from the provider's cache; part of `inputTokens`. */
  readonly cachedInputTokens?: number;
  /** Written to the provider's cache; part of `inputTokens`. */
  readonly cacheWriteTokens?: number;
  /** The part of `cacheWriteTokens` that is kept for an hour, which some providers price higher. */
  readonly cacheWriteHourTokens?: number;
  /** Part of `outputTokens`. */
  readonly reasoningTokens?: number;
  /** Parts of `inputTokens` and `outputTokens` that were sound. */
  readonly inputAudioTokens?: number;
  readonly outputAudioTokens?: number;
  /** `reported` by the provider, or `estimated` by us where it said nothing. */
  readonly source: 'reported' | 'estimated';
}
