import { type Abortable, Aborter, addAbortListener, removeAbortListener } from './time/abort.ts';

/**
 * Deduplicates work: concurrent callers with the same key share one run. Every participant has its own abort signal;
 * the run continues while anyone waits for it, and is aborted when the last one has left. A run is removed before its
 * value is returned, so that later callers never get data that was read before their call.
 */
interface Running<Value> {
  readonly promise: Promise<Value>;
  readonly controller: Aborter;
  participants: number;
  /** Whether anyone joined who had not begun it. */
  isJoined: boolean;
}

export class SharedRuns<Value> {
  readonly #running = new Map<string, Running<Value>>();
  readonly #onShared: ((value: Value) => void) | undefined;

  /** @param onShared called with a value that several participants get, before they do */
  constructor(onShared?: (value: Value) => void) {
    this.#onShared = onShared;
  }

  /** The number of runs in flight. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * @param signal the participant's own: when it aborts, the participant leaves and the call rejects with the reason
   * @param work starts the run if there is none for `key`; its signal aborts when everyone has left
   */
  run(key: string, signal: Abortable, work: (signal: Abortable) => Promise<Value>): Promise<Value> {
    const earlier = this.#running.get(key);
    if (earlier !== undefined) earlier.isJoined = true;
    const running = earlier ?? this.#begin(key, work);
    running.participants++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        running.participants--;
        if (running.participants === 0) {
          this.#forget(key, running);
          running.controller.abort(signal.reason);
        }
        reject(signal.reason);
      };
      addAbortListener(signal, leave);
      running.promise.then(
        (value) => {
          removeAbortListener(signal, leave);
          resolve(value);
        },
        (error: unknown) => {
          removeAbortListener(signal, leave);
          reject(error);
        },
      );
    });
  }

  #begin(key: string, work: (signal: Abortable) => Promise<Value>): Running<Value> {
    const controller = new Aborter();
    const promise = work(controller).then(
      (value) => {
        this.#forget(key, running);
        if (running.isJoined) this.#onShared?.(value);
        return value;
      },
      (error: unknown) => {
        this.#forget(key, running);
        throw error;
      },
    );
    const running: Running<Value> = { promise, controller, participants: 0, isJoined: false };
    this.#running.set(key, running);
    return running;
  }

  #forget(key: string, running: Running<Value>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
