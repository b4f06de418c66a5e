import type { CallBounds } from '../../model-call/index.ts';

const basePauseMs = 500;
const longestPauseMs = 5_000;

/**
 * How long to leave a target alone before its retry number `retry` (from 1): full jitter below a bound that doubles, so
 * that callers who failed together do not come back together. A provider that says how long is obeyed, with up to a
 * tenth more for the same reason.
 *
 * @param random from 0 to below 1
 */
export function backoffMs(retry: number, retryAfterMs: number | undefined, random: number): number {
  if (retryAfterMs !== undefined) return retryAfterMs + random * Math.min(retryAfterMs / 10, 1_000);
  return random * Math.min(longestPauseMs, basePauseMs * 2 ** (retry - 1));
}

/** Waits; rejects with the signal's reason when it aborts. Leaves no timer and no listener behind. */
export function pause(milliseconds: number, { signal }: Pick<CallBounds, 'signal'>): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
