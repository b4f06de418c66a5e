/** The usage that a provider reported. */
import type { Usage } from './usage.ts';

/** Counts that `Usage` does not have and that are priced separately; the price book uses them if present. */
export interface ReportedUsage extends Usage {
  /** Part of both `cachedInputTokens` and `inputAudioTokens`. */
  readonly cachedAudioTokens?: number;
  /** Part of `outputTokens`. */
  readonly outputImageTokens?: number;
  /** Web searches by the provider, priced per search. */
  readonly webSearches?: number;
}
