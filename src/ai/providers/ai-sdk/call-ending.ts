import { addAbortListener, CallbackEntry, removeAbortListener, timerWheel } from '../../../lib/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import { deadlinePassed } from '../../model-call/index.ts';

/**
 * One abort signal for everything that a call has started: the caller's abort, the deadline, or the end of the call.
 */
export interface CallEnding {
  /** The bounds of all work of the call. The signal aborts with the caller's reason, at the deadline, or at `end`. */
  readonly bounds: CallBounds & { readonly signal: AbortSignal };
  /**
   * Waits no longer than the bounds allow, even if the work ignores them; work is not started after the deadline. Not
   * to be called concurrently.
   */
  race<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Removes the listeners from the caller's bounds and aborts work that is still running. */
  end(): void;
}

/** Created once: an abort without a reason creates an error with a stack, 3 % of a whole call. */
const over = new Error('the call is over');

export function callEndingOf(call: CallBounds): CallEnding {
  const { signal, deadline } = call;
  const controller = new AbortController();
  let rejectWait: ((reason: unknown) => void) | undefined;
  const stop = (reason: unknown) => {
    controller.abort(reason);
    rejectWait?.(reason);
  };
  const onAbort = () => stop(signal.reason);
  const atDeadline = new CallbackEntry(() => stop(deadlinePassed()));
  timerWheel.add(atDeadline, deadline.remainingMs);
  if (signal.aborted) onAbort();
  else if (deadline.passed) stop(deadlinePassed());
  else addAbortListener(signal, onAbort);
  return {
    bounds: {
      signal: controller.signal,
      deadline,
      headers: call.headers,
      onSend: () => call.onSend?.(),
      onArrival: () => call.onArrival?.(),
    },
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
      timerWheel.remove(atDeadline);
      removeAbortListener(signal, onAbort);
      controller.abort(over);
    },
  };
}
