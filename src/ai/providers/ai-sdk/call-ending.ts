import type { CallBounds } from '../../model-call/index.ts';
import { deadlinePassed } from '../../model-call/index.ts';

/** One end for everything a call has begun: the caller's abort, the deadline, or that it is over. */
export interface CallEnding {
  /** What everything of the call is bound by. The signal aborts with the caller's reason, at the deadline, or at `end`. */
  readonly bounds: CallBounds;
  /**
   * Waits no longer than the bounds allow, even where the work does not look at them; work that is too late is not
   * begun. One wait at a time.
   */
  race<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Lets go of the caller's bounds and aborts what is still under way. */
  end(): void;
}

/** Made once: an abort without a reason makes an error with a stack, 3 % of a whole call. */
const over = new Error('the call is over');

export function endingOf({ signal, deadline, onArrival }: CallBounds): CallEnding {
  const controller = new AbortController();
  let rejectWait: ((reason: unknown) => void) | undefined;
  const stop = (reason: unknown) => {
    controller.abort(reason);
    rejectWait?.(reason);
  };
  const onAbort = () => stop(signal.reason);
  // Timers may fire up to a millisecond early: the deadline has really passed after this.
  const timer = setTimeout(() => stop(deadlinePassed()), deadline.timerMs);
  if (signal.aborted) onAbort();
  else if (deadline.passed) stop(deadlinePassed());
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    bounds: { signal: controller.signal, deadline, ...(onArrival === undefined ? {} : { onArrival }) },
    race: (work) =>
      new Promise((resolve, reject) => {
        if (controller.signal.aborted) {
          reject(controller.signal.reason);
          return;
        }
        rejectWait = reject;
        work().then(resolve, reject);
      }),
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      controller.abort(over);
    },
  };
}
