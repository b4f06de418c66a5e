import { addAbortListener, CallbackEntry, removeAbortListener, timerWheel } from '../../lib/index.ts';
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
  const atDeadline = new CallbackEntry(() => ended.reject(deadlinePassed()));
  timerWheel.add(atDeadline, bounds.deadline.remainingMs);
  addAbortListener(bounds.signal, onAbort);
  try {
    return await Promise.race([work(), ended.promise]);
  } finally {
    timerWheel.remove(atDeadline);
    removeAbortListener(bounds.signal, onAbort);
  }
}
