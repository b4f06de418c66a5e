/** The usage that a provider reported. */
import type { Usage } from './usage.ts';

/** What `Usage` has no place for and is priced apart all the same; the price book reads it where it is there. */
export interface ReportedUsage extends Usage {
  /** Part of both `cachedInputTokens` and `inputAudioTokens`. */
  readonly cachedAudioTokens?: number;
  /** Part of `outputTokens`. */
  readonly outputImageTokens?: number;
  /** Searches the provider made on the web, priced per search. */
  readonly webSearches?: number;
}
