/**
 * The abort of a piece of work: an `AbortSignal` like any other, whose listeners within the gateway are called from a list
 * and are no listeners of events. What listens to an EventTarget of Node 26 survives young collections with all that it
 * refers to; a listener for each model call left 4 KB of every call to be copied.
 */
const listeners = Symbol('abort listeners');

export type AbortListener = (() => void) | { handleEvent(): void };

/** `null`: its own list, not made yet. `undefined`: a signal from elsewhere, which has events only. */
type ListenedSignal = AbortSignal & { [listeners]?: AbortListener[] | null };

/** Used as an `AbortController` is. */
export class Aborter {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();

  constructor() {
    this.signal = this.#controller.signal;
    (this.signal as ListenedSignal)[listeners] = null;
  }

  abort(reason?: unknown): void {
    if (this.signal.aborted) return;
    this.#controller.abort(reason);
    const signal = this.signal as ListenedSignal;
    const called = signal[listeners] ?? [];
    signal[listeners] = null;
    for (const listener of called) {
      if (typeof listener === 'function') listener();
      else listener.handleEvent();
    }
  }
}

/** Calls `listener` when the signal aborts, once; never where it has aborted. */
export function addAbortListener(signal: ListenedSignal, listener: AbortListener): void {
  const list = signal[listeners];
  if (list === undefined) signal.addEventListener('abort', listener, { once: true });
  else if (list === null) signal[listeners] = [listener];
  else list.push(listener);
}

export function removeAbortListener(signal: ListenedSignal, listener: AbortListener): void {
  const list = signal[listeners];
  if (list === undefined) signal.removeEventListener('abort', listener);
  if (!list) return;
  // The latest are the first to end.
  const place = list.lastIndexOf(listener);
  if (place === -1) return;
  const last = list.pop();
  if (last !== undefined && place < list.length) list[place] = last;
}
