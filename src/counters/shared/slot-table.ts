/**
 * A table of fixed size with open addressing. A counter is in one of the 256 slots from its hash's place on. A slot that
 * counts nothing any more keeps its key and is taken by the next counter that has no place.
 *
 * Used under the lock alone. A thread may be ended at any instruction: a slot is free while its key is written.
 */
import type { MemoryViews, TableLayout } from './memory.ts';

/**
 * So few that a full table answers at once, so many that one of two thirds practically always has a place: of 16,384 slots, each
 * key was at most 149 from its place with each of 1,000 seeds.
 */
const longestProbe = 256;

/** Never used: nothing is further on. */
const unused = 0;
const used = 1;
/** Free, but others may be further on. */
const free = 2;

const metaUnits = 4;
/** The numbers of a slot's meta data. */
const [stateAt, hashAt, lengthAt, holderAt] = [0, 1, 2, 3] as const;

export class SlotTable {
  readonly #views: MemoryViews;
  readonly #layout: TableLayout;

  constructor(views: MemoryViews, layout: TableLayout) {
    this.#views = views;
    this.#layout = layout;
  }

  /** The first word of a slot. */
  wordsOf(slot: number): number {
    return this.#layout.words + slot * this.#layout.wordCount;
  }

  /** @param holder 0: the counter itself; else what this holder has leased of it. @returns -1: there is none */
  find(key: string, hash: number, holder: number): number {
    const { int32 } = this.#views;
    const { capacity, meta } = this.#layout;
    const probes = Math.min(longestProbe, capacity);
    for (let probe = 0; probe < probes; probe++) {
      const slot = (hash + probe) & (capacity - 1);
      const at = meta + slot * metaUnits;
      const state = int32[at + stateAt];
      if (state === unused) return -1;
      if (state === used && int32[at + hashAt] === hash && int32[at + holderAt] === holder && this.#hasKey(slot, key))
        return slot;
    }
    return -1;
  }

  /**
   * Makes a slot whose words are all 0.
   *
   * @param isIdle whether a used slot, by its first word, counts nothing any more
   * @returns -1: there is no place
   */
  create(key: string, hash: number, holder: number, isIdle: (words: number) => boolean): number {
    const { int32, uint16, float64 } = this.#views;
    const { capacity, meta, keys, keyUnits, wordCount } = this.#layout;
    const probes = Math.min(longestProbe, capacity);
    for (let probe = 0; probe < probes; probe++) {
      const slot = (hash + probe) & (capacity - 1);
      const at = meta + slot * metaUnits;
      const words = this.wordsOf(slot);
      if (int32[at + stateAt] === used && !isIdle(words)) continue;
      Atomics.store(int32, at + stateAt, free);
      int32[at + hashAt] = hash;
      int32[at + lengthAt] = key.length;
      int32[at + holderAt] = holder;
      const firstUnit = keys + slot * keyUnits;
      for (let unit = 0; unit < key.length; unit++) uint16[firstUnit + unit] = key.charCodeAt(unit);
      float64.fill(0, words, words + wordCount);
      Atomics.store(int32, at + stateAt, used);
      return slot;
    }
    return -1;
  }

  /** Every used slot of a holder. */
  *slotsOf(holder: number): Generator<{ readonly slot: number; readonly key: string; readonly hash: number }> {
    const { int32, uint16 } = this.#views;
    const { capacity, meta, keys, keyUnits } = this.#layout;
    for (let slot = 0; slot < capacity; slot++) {
      const at = meta + slot * metaUnits;
      if (int32[at + stateAt] !== used || int32[at + holderAt] !== holder) continue;
      const firstUnit = keys + slot * keyUnits;
      const key = String.fromCharCode(...uint16.subarray(firstUnit, firstUnit + (int32[at + lengthAt] ?? 0)));
      yield { slot, key, hash: int32[at + hashAt] ?? 0 };
    }
  }

  free(slot: number): void {
    Atomics.store(this.#views.int32, this.#layout.meta + slot * metaUnits + stateAt, free);
  }

  #hasKey(slot: number, key: string): boolean {
    const { int32, uint16 } = this.#views;
    const { meta, keys, keyUnits } = this.#layout;
    if (int32[meta + slot * metaUnits + lengthAt] !== key.length) return false;
    const firstUnit = keys + slot * keyUnits;
    for (let unit = 0; unit < key.length; unit++) {
      if (uint16[firstUnit + unit] !== key.charCodeAt(unit)) return false;
    }
    return true;
  }
}
