/**
 * Shares one run of work among everyone who asks for it while it is under way. Every participant keeps its own abort; the
 * run goes on while anyone waits for it, whoever began it, and is aborted when the last has left. A run that has ended is
 * forgotten before its value is given, so nobody gets what was read before they asked.
 */
interface Running<Value> {
  readonly promise: Promise<Value>;
  readonly controller: AbortController;
  participants: number;
}

export class SharedRuns<Value> {
  readonly #running = new Map<string, Running<Value>>();

  /** How many runs are under way. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * @param signal the participant's own: it leaves when this aborts, and rejects with its reason
   * @param work begins the run where none is under way for `key`; its signal aborts when everyone has left
   */
  run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const running = this.#running.get(key) ?? this.#begin(key, work);
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
      signal.addEventListener('abort', leave, { once: true });
      running.promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<Value>): Running<Value> {
    const controller = new AbortController();
    const promise = work(controller.signal).finally(() => this.#forget(key, running));
    const running: Running<Value> = { promise, controller, participants: 0 };
    this.#running.set(key, running);
    return running;
  }

  #forget(key: string, running: Running<Value>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
