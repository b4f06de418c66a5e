import type { CallBounds } from './model-provider.ts';
import { ProviderFailure } from './provider-failure.ts';

export function deadlinePassed(): ProviderFailure {
  return new ProviderFailure({ kind: 'timeout', detail: 'the deadline passed' });
}

/**
 * Waits for `work` no longer than `bounds` allow, even where the work itself does not look at them: rejects with the
 * signal's reason, or with a `ProviderFailure` of kind `timeout` when the deadline passes. Work that is too late is not
 * started. Leaves no timer and no listener behind, and no rejection unhandled.
 */
export async function withinBounds<Value>(bounds: CallBounds, work: () => Promise<Value>): Promise<Value> {
  bounds.signal.throwIfAborted();
  if (bounds.deadline.passed) throw deadlinePassed();
  const ended = Promise.withResolvers<never>();
  const onAbort = () => ended.reject(bounds.signal.reason);
  // Timers count whole milliseconds of the loop's clock and may fire up to one early: the deadline has passed after this.
  const timer = setTimeout(() => ended.reject(deadlinePassed()), bounds.deadline.timerMs);
  bounds.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), ended.promise]);
  } finally {
    clearTimeout(timer);
    bounds.signal.removeEventListener('abort', onAbort);
  }
}
