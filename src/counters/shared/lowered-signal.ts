/** Tells listeners of all threads that an amount was subtracted: those of this thread by key, others of any key. */
import { LoweredListeners } from '../lowered-listeners.ts';
import { header, type MemoryViews } from './memory.ts';

export class LoweredSignal {
  readonly #int32: Int32Array;
  readonly #listeners = new LoweredListeners();
  #isWaiting = false;

  constructor({ int32 }: MemoryViews) {
    this.#int32 = int32;
  }

  listen(key: string, listener: () => void): () => void {
    const stop = this.#listeners.add(key, listener);
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      Atomics.add(this.#int32, header.loweredWaiters, 1);
      this.#wait();
    }
    return stop;
  }

  signal(key: string): void {
    this.#listeners.call(key);
    signalLowered(this.#int32);
  }

  #wait(): void {
    const sequence = Atomics.load(this.#int32, header.loweredSequence);
    const waiting = Atomics.waitAsync(this.#int32, header.loweredSequence, sequence);
    // Another thread was faster than this one's wait.
    const raised = waiting.async ? waiting.value : Promise.resolve();
    void raised.then(() => {
      if (this.#listeners.size === 0) {
        this.#isWaiting = false;
        Atomics.sub(this.#int32, header.loweredWaiters, 1);
        return;
      }
      this.#wait();
      this.#listeners.callAll();
    });
  }
}

/** Wakes the threads that listen. */
export function signalLowered(int32: Int32Array): void {
  if (Atomics.load(int32, header.loweredWaiters) <= 0) return;
  Atomics.add(int32, header.loweredSequence, 1);
  Atomics.notify(int32, header.loweredSequence);
}
