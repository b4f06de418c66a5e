/**
 * Which keys the main thread's memory may have, as numbers that all threads of a process see at once: what is in none of them
 * is a miss without a message to that thread.
 *
 * A key is counted in one of a fixed number of slots, by its hash. Where keys share a slot, or a thread ended before what it
 * sent had arrived, a thread asks in vain; what is held is always found.
 */
import { hashText } from '../../lib/index.ts';

/** 2^20 of two bytes, of which the system gives what is touched: one in eight misses is asked for beside 130,000 entries. */
const slotBits = 20;
const seed = 0x811c9dc5;

export function createKeyMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 ** slotBits * Uint16Array.BYTES_PER_ELEMENT);
}

export class StoredKeys {
  readonly #counts: Uint16Array;

  /** @param memory from `createKeyMemory`; one for all threads */
  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Uint16Array(memory);
  }

  /** Each time a key is added, it is removed once. */
  add(key: string): void {
    Atomics.add(this.#counts, slotOf(key), 1);
  }

  remove(key: string): void {
    Atomics.sub(this.#counts, slotOf(key), 1);
  }

  mayHave(key: string): boolean {
    return Atomics.load(this.#counts, slotOf(key)) !== 0;
  }
}

const slotOf = (key: string): number => hashText(key, seed) >>> (32 - slotBits);
