const baseDelayMs = 500;
const maxDelayMs = 5_000;

/**
 * The delay before retry number `retry` (from 1): exponential backoff with full jitter, so that callers that failed
 * together do not retry together. A provider's `retry-after` is respected, with up to 10 % of jitter on top.
 *
 * @param random from 0 to below 1
 */
export function backoffMs(retry: number, retryAfterMs: number | undefined, random: number): number {
  if (retryAfterMs !== undefined) return retryAfterMs + random * Math.min(retryAfterMs / 10, 1_000);
  return random * Math.min(maxDelayMs, baseDelayMs * 2 ** (retry - 1));
}
