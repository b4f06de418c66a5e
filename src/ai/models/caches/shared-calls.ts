/**
 * Deduplicates equal calls in flight (lib's `SharedRuns`), with deadlines: each caller stops waiting at its own deadline,
 * without an effect on the others.
 *
 * A call has the deadline and the budget of the caller that started it. If it fails because that has passed, or is used
 * up, the callers with time left share another call.
 */
import {
  type Abortable,
  Aborter,
  addAbortListener,
  CallbackEntry,
  removeAbortListener,
  SharedRuns,
  timerWheel,
} from '../../../lib/index.ts';
import type { CallEvents } from '../../../observability/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import { BudgetExceeded, deadlinePassed } from '../../model-call/index.ts';

/** A call failed for what is its owner's alone: after the owner's deadline, or at the owner's budget. */
class OwnerFailed extends Error {}

export class SharedCalls<Value> {
  readonly #runs = new SharedRuns<Value>();

  /** How many calls are under way. */
  get size(): number {
    return this.#runs.size;
  }

  /**
   * @param work makes the call if none is in flight for `key`; its signal aborts when every caller has left
   * @returns the value, and whether this caller's work computed it
   * @throws the error of the call; the signal's reason; `timeout` when the caller's deadline passes
   */
  async run(
    key: string,
    bounds: CallBounds & { readonly events?: CallEvents | undefined },
    work: (bounds: CallBounds) => Promise<Value>,
  ): Promise<{ readonly value: Value; readonly isOwner: boolean }> {
    const { signal, deadline, account } = bounds;
    signal.throwIfAborted();
    if (deadline.passed) throw deadlinePassed();
    let isOwner = false;
    const begin = async (runSignal: Abortable): Promise<Value> => {
      isOwner = true;
      try {
        return await work({ signal: runSignal, deadline, account });
      } catch (error) {
        throw deadline.passed || error instanceof BudgetExceeded ? new OwnerFailed('', { cause: error }) : error;
      }
    };
    const leaving = new Aborter();
    const onAbort = (): void => leaving.abort(signal.reason);
    const atDeadline = new CallbackEntry(() => leaving.abort(deadlinePassed()));
    timerWheel.add(atDeadline, deadline.remainingMs);
    addAbortListener(signal, onAbort);
    const running = this.#runs.run(key, leaving, begin);
    // Whoever makes the call waits for its providers.
    const operation = isOwner ? undefined : bounds.events?.operation;
    operation?.wait(performance.now());
    try {
      return { value: await running, isOwner };
    } catch (error) {
      if (!(error instanceof OwnerFailed)) throw error;
      if (isOwner || deadline.passed || signal.aborted) throw error.cause;
    } finally {
      operation?.resume(performance.now());
      timerWheel.remove(atDeadline);
      removeAbortListener(signal, onAbort);
    }
    return this.run(key, bounds, work);
  }
}
