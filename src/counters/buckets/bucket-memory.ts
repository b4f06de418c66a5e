/**
 * What token buckets are kept in: one block of memory that all threads of a process see, a header and a table of slots.
 * A slot has no text: a bucket is named by a hash of 64 bits with a secret seed. Its pages are the system's until they are
 * used: memory of a gateway without rates takes nothing.
 */
import { randomInt } from 'node:crypto';
import { invariant } from '../../lib/index.ts';
import { header } from '../shared/memory.ts';
import { type LockedMemory, releaseLock } from '../shared/memory-lock.ts';

/** As of the memory of counters: they share the lock. */
const headerBytes = 64;
const hashBytes = 8;
const levelBytes = 16;

export interface BucketViews extends LockedMemory {
  /** Two numbers a slot: the hash. */
  readonly hashes: Int32Array;
  /** Two numbers a slot: how long a full bucket takes to fill, and when it is full again, both in milliseconds. */
  readonly levels: Float64Array;
  readonly capacity: number;
  readonly seed: number;
}

export interface BucketMemoryOptions {
  /** Buckets that are not full at once: a power of two, at least 64. @default 65536, which are 1.5 MB */
  readonly capacity?: number;
}

export function createBucketMemory({ capacity = 65_536 }: BucketMemoryOptions = {}): SharedArrayBuffer {
  invariant(capacity >= 64 && Number.isInteger(Math.log2(capacity)), 'a capacity is a power of two and at least 64');
  const memory = new SharedArrayBuffer(headerBytes + capacity * (hashBytes + levelBytes));
  const int32 = new Int32Array(memory);
  int32[header.plainCapacity] = capacity;
  int32[header.seed] = randomInt(0x7fffffff);
  return memory;
}

export function viewBuckets(memory: SharedArrayBuffer): BucketViews {
  const int32 = new Int32Array(memory);
  const capacity = int32[header.plainCapacity] ?? 0;
  return {
    int32,
    hashes: new Int32Array(memory, headerBytes, capacity * 2),
    levels: new Float64Array(memory, headerBytes + capacity * hashBytes, capacity * 2),
    capacity,
    seed: int32[header.seed] ?? 0,
  };
}

/**
 * After the death of a thread. What it was writing is one request's tokens of one bucket more or less: nothing is mended.
 */
export function endBucketHolder(memory: SharedArrayBuffer, holder: number): void {
  releaseLock({ int32: new Int32Array(memory) }, holder);
}
