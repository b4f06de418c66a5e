/** Who waits for an amount to be subtracted, by key. */
export class LoweredListeners {
  readonly #byKey = new Map<string, Set<() => void>>();

  get size(): number {
    return this.#byKey.size;
  }

  add(key: string, listener: () => void): () => void {
    let listeners = this.#byKey.get(key);
    if (listeners === undefined) {
      listeners = new Set();
      this.#byKey.set(key, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byKey.get(key) === listeners) this.#byKey.delete(key);
    };
  }

  call(key: string): void {
    const listeners = this.#byKey.get(key);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) listener();
  }

  callAll(): void {
    for (const key of [...this.#byKey.keys()]) this.call(key);
  }
}
