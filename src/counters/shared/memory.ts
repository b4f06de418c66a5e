/**
 * What shared counters are kept in: one block of memory that all threads of a process see, laid out as a header, a
 * journal, and two tables of slots: of plain counters and of sliding windows.
 */
import { randomInt } from 'node:crypto';
import { invariant } from '../../lib/index.ts';
import { maxChanges } from '../counters.ts';
import { slidingWords } from '../sliding-window.ts';
import { maxKeyUnits } from './stored-key.ts';

/** A slot's amount, and the end of its fixed window (0: none). */
export const plainWords = 2;
/** A slot's window in milliseconds, and the window. */
export const slidingSlotWords = 1 + slidingWords;

/** The header's numbers of 32 bits. */
export const header = {
  version: 0,
  plainCapacity: 1,
  slidingCapacity: 2,
  seed: 3,
  /** Who changes the tables; 0: nobody. */
  lock: 4,
  /** How many threads wait for the lock, or died while they did. */
  lockWaiters: 5,
  /** How many words the journal has, once it is complete. */
  journalLength: 6,
  /** Grows whenever an amount is subtracted while somebody listens. */
  loweredSequence: 7,
  loweredWaiters: 8,
} as const;

const version = 1;
const headerBytes = 64;
/** A step writes at most an amount, an end and a lease's amount and end for each of its changes. */
const journalBytes = 4 * maxChanges * 2 * 8;
const metaBytes = 16;
/** Padded, so that what follows is aligned. */
const keyBytes = Math.ceil((maxKeyUnits * 2) / 8) * 8;

/** Where a table's slots are, as indexes of the views of 4, 2 and 8 bytes. */
export interface TableLayout {
  readonly capacity: number;
  readonly wordCount: number;
  readonly meta: number;
  readonly keys: number;
  readonly keyUnits: number;
  readonly words: number;
}

/** The memory as numbers of the three sizes, and where its parts are. */
export interface MemoryViews {
  readonly int32: Int32Array;
  readonly uint16: Uint16Array;
  readonly float64: Float64Array;
  readonly seed: number;
  /** The journal's first word. */
  readonly journal: number;
  readonly plain: TableLayout;
  readonly sliding: TableLayout;
}

export interface CounterMemoryOptions {
  /** Plain counters and leases: a power of two, at least 64. @default 65536 */
  readonly capacity?: number;
  /** Counters of sliding windows, likewise. @default 16384 */
  readonly slidingCapacity?: number;
}

/**
 * Memory for counters, about 160 bytes each and 650 with a sliding window, of which only what is used is taken. Three
 * quarters of the places of a table practically always have room. It is given to every thread.
 */
export function createCounterMemory(options: CounterMemoryOptions = {}): SharedArrayBuffer {
  const { capacity = 65_536, slidingCapacity = 16_384 } = options;
  for (const slots of [capacity, slidingCapacity]) {
    invariant(slots >= 64 && Number.isInteger(Math.log2(slots)), 'a capacity is a power of two and at least 64');
  }
  const bytes =
    headerBytes + journalBytes + tableBytes(capacity, plainWords) + tableBytes(slidingCapacity, slidingSlotWords);
  const memory = new SharedArrayBuffer(bytes);
  const int32 = new Int32Array(memory);
  int32[header.version] = version;
  int32[header.plainCapacity] = capacity;
  int32[header.slidingCapacity] = slidingCapacity;
  int32[header.seed] = randomInt(0x7fffffff);
  return memory;
}

/**
 * Memory for the reads of limited fields, 7 MB of which only what is used is taken: sliding windows, and counters of
 * callers for where there is no room for another window.
 */
export function createFieldCounterMemory(): SharedArrayBuffer {
  return createCounterMemory({ capacity: 8_192, slidingCapacity: 8_192 });
}

export function viewMemory(memory: SharedArrayBuffer): MemoryViews {
  const int32 = new Int32Array(memory);
  invariant(int32[header.version] === version, 'the memory of counters is of this version');
  const plain = tableLayout(headerBytes + journalBytes, int32[header.plainCapacity] ?? 0, plainWords);
  return {
    int32,
    uint16: new Uint16Array(memory),
    float64: new Float64Array(memory),
    seed: int32[header.seed] ?? 0,
    journal: headerBytes / 8,
    plain,
    sliding: tableLayout(
      headerBytes + journalBytes + tableBytes(plain.capacity, plainWords),
      int32[header.slidingCapacity] ?? 0,
      slidingSlotWords,
    ),
  };
}

function tableBytes(capacity: number, wordCount: number): number {
  return capacity * (metaBytes + keyBytes + wordCount * 8);
}

function tableLayout(start: number, capacity: number, wordCount: number): TableLayout {
  const keys = start + capacity * metaBytes;
  return {
    capacity,
    wordCount,
    meta: start / 4,
    keys: keys / 2,
    keyUnits: keyBytes / 2,
    words: (keys + capacity * keyBytes) / 8,
  };
}
