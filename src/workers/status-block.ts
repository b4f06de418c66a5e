/** What all threads read of one another without a message: which generation serves, and how many workers do. */
import type { WorkerCount } from '../runtime/index.ts';

const epochIndex = 0;
const configuredIndex = 1;
const servingIndex = 2;

export class StatusBlock {
  readonly buffer: SharedArrayBuffer;
  readonly #values: Int32Array;

  constructor(buffer = new SharedArrayBuffer(12)) {
    this.buffer = buffer;
    this.#values = new Int32Array(buffer);
  }

  /** Counts the generations that have served; the store that raises it swaps the next one in, in all threads. */
  get epoch(): number {
    return Atomics.load(this.#values, epochIndex);
  }

  set epoch(epoch: number) {
    Atomics.store(this.#values, epochIndex, epoch);
  }

  set configured(workers: number) {
    Atomics.store(this.#values, configuredIndex, workers);
  }

  set serving(workers: number) {
    Atomics.store(this.#values, servingIndex, workers);
  }

  count(): WorkerCount {
    return {
      configured: Atomics.load(this.#values, configuredIndex),
      serving: Atomics.load(this.#values, servingIndex),
    };
  }
}
