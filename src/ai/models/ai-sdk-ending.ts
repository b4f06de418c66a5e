import type { CallBounds } from './model.ts';
import { deadlinePassed } from './within-bounds.ts';

/** One signal for everything a call has begun: aborts with the caller's reason, at the deadline, or when it is ended. */
export interface CallEnding {
  readonly signal: AbortSignal;
  /** Lets go of the bounds and aborts what is still under way. */
  end(): void;
}

export function endingOf(bounds: CallBounds): CallEnding {
  const controller = new AbortController();
  const onAbort = () => controller.abort(bounds.signal.reason);
  // Timers may fire up to a millisecond early: the deadline has really passed after this.
  const remainingMs = bounds.deadline.timerMs;
  const timer = setTimeout(() => controller.abort(deadlinePassed()), remainingMs);
  if (bounds.signal.aborted) onAbort();
  else bounds.signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      bounds.signal.removeEventListener('abort', onAbort);
      controller.abort();
    },
  };
}
