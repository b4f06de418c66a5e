import { addAbortListener, removeAbortListener } from '../../lib/index.ts';
import type { CallBounds } from './model-provider.ts';
import { ProviderFailure } from './provider-failure.ts';

export function deadlinePassed(): ProviderFailure {
  return new ProviderFailure({ kind: 'timeout', detail: 'the deadline passed' });
}

/**
 * Waits for `work` no longer than `bounds` allow, even if the work itself ignores them: rejects with the signal's
 * reason, or with a `ProviderFailure` of kind `timeout` when the deadline passes. Work is not started after the
 * deadline. The timer and the listener are always removed, and no rejection is unhandled.
 */
export async function withinBounds<Value>(bounds: CallBounds, work: () => Promise<Value>): Promise<Value> {
  bounds.signal.throwIfAborted();
  if (bounds.deadline.passed) throw deadlinePassed();
  const ended = Promise.withResolvers<never>();
  const onAbort = () => ended.reject(bounds.signal.reason);
  // A timer may fire up to a millisecond early; `timerMs` allows for it, so that the deadline has passed when it fires.
  const timer = setTimeout(() => ended.reject(deadlinePassed()), bounds.deadline.timerMs);
  addAbortListener(bounds.signal, onAbort);
  try {
    return await Promise.race([work(), ended.promise]);
  } finally {
    clearTimeout(timer);
    removeAbortListener(bounds.signal, onAbort);
  }
}
