/**
 * The abort of a piece of work, without an `AbortSignal` for it: that is made where somebody needs one, as `fetch` and
 * plugins do. Listeners within the gateway are called from a list and are no listeners of events. What listens to an
 * EventTarget of Node 26 survives young collections with all that it refers to; a listener for each model call left 4 KB of
 * every call to be copied.
 */

/** What may be aborted: an {@link Aborter}, or an `AbortSignal` from elsewhere. */
export interface Abortable {
  readonly aborted: boolean;
  /** Why, once it has aborted. */
  readonly reason: unknown;
  /** @throws the reason */
  throwIfAborted(): void;
}

export type AbortListener = (() => void) | { handleEvent(): void };

/** Which aborter a signal was made for: its listeners are in that one's list. */
const aborterOfSignal = Symbol('aborter');

/** Used as an `AbortController` is, and as its signal. */
export class Aborter implements Abortable {
  aborted = false;
  reason: unknown;
  #listeners: AbortListener[] | undefined;
  #controller: AbortController | undefined;

  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) {
      if (typeof listener === 'function') listener();
      else listener.handleEvent();
    }
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** Made when it is first read. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      (this.#controller.signal as AborterSignal)[aborterOfSignal] = this;
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  add(listener: AbortListener): void {
    if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  remove(listener: AbortListener): void {
    const listeners = this.#listeners;
    if (listeners === undefined) return;
    // The latest are the first to end.
    const place = listeners.lastIndexOf(listener);
    if (place === -1) return;
    const last = listeners.pop();
    if (last !== undefined && place < listeners.length) listeners[place] = last;
  }
}

type AborterSignal = AbortSignal & { [aborterOfSignal]?: Aborter };

/** For what takes nothing else: it aborts when `abortable` does. */
export function abortSignalOf(abortable: Abortable): AbortSignal {
  return abortable instanceof Aborter ? abortable.signal : signalIn(abortable);
}

function signalIn(abortable: Abortable): AborterSignal {
  // There are no others: whatever is no aborter is a signal of Node.
  return abortable as AborterSignal;
}

function aborterOf(abortable: Abortable): Aborter | undefined {
  return abortable instanceof Aborter ? abortable : signalIn(abortable)[aborterOfSignal];
}

/** Calls `listener` when it aborts, once; never where it has aborted. */
export function addAbortListener(abortable: Abortable, listener: AbortListener): void {
  if (abortable.aborted) return;
  const aborter = aborterOf(abortable);
  if (aborter !== undefined) aborter.add(listener);
  else signalIn(abortable).addEventListener('abort', listener, { once: true });
}

export function removeAbortListener(abortable: Abortable, listener: AbortListener): void {
  const aborter = aborterOf(abortable);
  if (aborter !== undefined) aborter.remove(listener);
  else signalIn(abortable).removeEventListener('abort', listener);
}
