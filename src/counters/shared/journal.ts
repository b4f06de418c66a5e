/**
 * Makes several words change together, although a thread may be ended between any two instructions: they are written to
 * the journal first, then its length, then the words themselves. Whoever takes over the lock writes them again.
 */
import { header, type MemoryViews } from './memory.ts';

export class Journal {
  readonly #views: MemoryViews;
  #length = 0;

  constructor(views: MemoryViews) {
    this.#views = views;
  }

  /** Begins a step; what was put and not committed is dropped. */
  begin(): void {
    this.#length = 0;
  }

  put(word: number, value: number): void {
    const { float64, journal } = this.#views;
    const at = journal + this.#length * 2;
    float64[at] = word;
    float64[at + 1] = value;
    this.#length++;
  }

  commit(): void {
    const { int32, float64, journal } = this.#views;
    // One word is written whole or not at all.
    if (this.#length === 1) float64[float64[journal] ?? 0] = float64[journal + 1] ?? 0;
    else if (this.#length > 1) {
      Atomics.store(int32, header.journalLength, this.#length);
      this.replay();
    }
    this.#length = 0;
  }

  /** Writes what was committed; nothing where there is none. */
  replay(): void {
    const { int32, float64, journal } = this.#views;
    const length = Atomics.load(int32, header.journalLength);
    if (length === 0) return;
    for (let index = 0; index < length; index++) {
      const at = journal + index * 2;
      float64[float64[at] ?? 0] = float64[at + 1] ?? 0;
    }
    Atomics.store(int32, header.journalLength, 0);
  }
}
