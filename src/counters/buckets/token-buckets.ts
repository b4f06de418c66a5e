/**
 * Token buckets by name, exact over all threads of a process: a bucket holds `burst` tokens, is filled evenly, and whoever
 * takes more than it holds waits or is refused. Several buckets are taken from in one step, all of them or none.
 *
 * A bucket is one number, the time at which it is full again (the generic cell rate algorithm of ATM, ITU-T I.371): what is
 * full needs no slot. Memory is bounded. Where all slots that a name may have are taken, the fullest bucket of them gives
 * its place, and is full when it comes back: so names that nobody saw before displace each other, and a bucket that is used
 * up is displaced last.
 */
import { invariant, machineNow } from '../../lib/index.ts';

import { lockMemory, unlockMemory } from '../shared/memory-lock.ts';
import { type BucketViews, viewBuckets } from './bucket-memory.ts';

/** How a bucket is filled, and what becomes of those who find it empty. A name is always used with the same. */
export interface BucketRate {
  readonly tokensPerMs: number;
  /** What it holds at most. */
  readonly burst: number;
  /** How long a token may be waited for, in milliseconds; 0: what is not there is refused. */
  readonly delayMs: number;
}

export interface BucketTake {
  readonly name: string;
  readonly tokens: number;
  readonly rate: BucketRate;
}

/** A bucket after a step. */
export interface BucketState {
  /** Whole tokens. */
  readonly remaining: number;
  readonly fullInMs: number;
}

export type TakeOutcome =
  | {
      readonly kind: 'taken';
      /** How long to wait until the tokens are there. */
      readonly waitMs: number;
      readonly states: readonly BucketState[];
    }
  | {
      readonly kind: 'refused';
      /** The first bucket that does not have what is to be taken. */
      readonly index: number;
      /** When the same step may be taken. */
      readonly retryInMs: number;
      readonly states: readonly BucketState[];
    };

export interface TokenBucketsOptions {
  /** Of `createBucketMemory`. */
  readonly memory: SharedArrayBuffer;
  /** Names this thread: a positive integer that no other thread has or, until it was ended, had. */
  readonly holder: number;
  /** Milliseconds of a clock that never goes back and that all threads share. @default the machine's */
  readonly now?: (() => number) | undefined;
}

/** A name's slot is one of so many from its hash's place on. */
const probes = 64;
/** So many names are remembered with their hashes and slots. */
const maxRemembered = 4_096;

/** A name's hash, and the slot in which it was found last. */
interface Place {
  readonly first: number;
  readonly second: number;
  slot: number;
}
/** Of a token: what sums of fractions may differ by. */
const tolerance = 1e-3;

export class TokenBuckets {
  readonly #views: BucketViews;
  readonly #holder: number;
  readonly #now: () => number;
  readonly #hash = new Int32Array(2);
  readonly #places = new Map<string, Place>();
  /** Of the step under way: where each of its buckets is, and when it is full. */
  readonly #step: { readonly places: Place[]; readonly fullInMs: number[] } = { places: [], fullInMs: [] };

  constructor({ memory, holder, now = machineNow }: TokenBucketsOptions) {
    invariant(Number.isInteger(holder) && holder > 0, 'a holder is a positive integer');
    this.#views = viewBuckets(memory);
    this.#holder = holder;
    this.#now = now;
  }

  /** @throws GatewayError OVERLOADED where another thread does not release the memory in time */
  take(takes: readonly BucketTake[]): TakeOutcome {
    lockMemory(this.#views, this.#holder);
    try {
      return this.#take(takes, this.#now());
    } finally {
      unlockMemory(this.#views);
    }
  }

  /** Puts back what was taken and not used. */
  putBack(takes: readonly BucketTake[]): void {
    const { levels } = this.#views;
    lockMemory(this.#views, this.#holder);
    try {
      for (const { name, tokens, rate } of takes) {
        const slot = this.#find(this.#placeOf(name));
        if (slot >= 0) levels[slot * 2 + 1] = (levels[slot * 2 + 1] ?? 0) - tokens / rate.tokensPerMs;
      }
    } finally {
      unlockMemory(this.#views);
    }
  }

  #take(takes: readonly BucketTake[], now: number): TakeOutcome {
    const { places, fullInMs } = this.#step;
    let refused = -1;
    let waitMs = 0;
    let retryInMs = 0;
    for (let index = 0; index < takes.length; index++) {
      const { name, tokens, rate } = takes[index] as BucketTake;
      const { tokensPerMs, burst, delayMs } = rate;
      const place = this.#placeOf(name);
      const slot = this.#find(place);
      const lacking = slot < 0 ? 0 : Math.max(0, this.#fullAt(slot) - now);
      places[index] = place;
      fullInMs[index] = lacking;
      // What is more than a bucket holds takes a full one, which then lacks all of it.
      const missingMs = lacking + (Math.min(tokens, burst) - burst) / tokensPerMs;
      waitMs = Math.max(waitMs, missingMs);
      if (missingMs <= delayMs + tolerance / tokensPerMs) continue;
      if (refused < 0) refused = index;
      retryInMs = Math.max(retryInMs, missingMs - delayMs);
    }
    const isTaken = refused < 0;
    const states: BucketState[] = [];
    for (let index = 0; index < takes.length; index++) {
      const { tokens, rate } = takes[index] as BucketTake;
      const place = places[index] as Place;
      const lacking = fullInMs[index] ?? 0;
      states.push(stateOf(isTaken ? this.#fill(place, tokens, rate, now) : lacking, rate));
    }
    if (!isTaken) return { kind: 'refused', index: refused, retryInMs, states };
    // Less is the tolerance, and no timer's.
    return { kind: 'taken', waitMs: waitMs < 0.5 ? 0 : waitMs, states };
  }

  /** @returns how long the bucket takes until it is full */
  #fill(place: Place, tokens: number, { tokensPerMs, burst }: BucketRate, now: number): number {
    const { levels, hashes } = this.#views;
    // Another bucket of the step may have taken its slot.
    let slot = this.#find(place);
    if (slot < 0) {
      slot = this.#fullest(place, now);
      levels[slot * 2 + 1] = 0;
      hashes[slot * 2] = place.first;
      hashes[slot * 2 + 1] = place.second;
      place.slot = slot;
    }
    const fullAt = Math.max(now, this.#fullAt(slot)) + tokens / tokensPerMs;
    levels[slot * 2] = burst / tokensPerMs;
    levels[slot * 2 + 1] = fullAt;
    return fullAt - now;
  }

  #fullAt(slot: number): number {
    return this.#views.levels[slot * 2 + 1] ?? 0;
  }

  #placeOf(name: string): Place {
    const remembered = this.#places.get(name);
    if (remembered !== undefined) return remembered;
    hashInto(this.#hash, name, this.#views.seed);
    const [first = 0, second = 0] = this.#hash;
    const place = { first, second, slot: 0 };
    if (this.#places.size >= maxRemembered) this.#places.clear();
    this.#places.set(name, place);
    return place;
  }

  /** @returns -1: the bucket is full, or was displaced */
  #find(place: Place): number {
    const { hashes, capacity } = this.#views;
    const { first, second, slot: last } = place;
    if (hashes[last * 2] === first && hashes[last * 2 + 1] === second) return last;
    for (let probe = 0; probe < probes; probe++) {
      const slot = (first + probe) & (capacity - 1);
      if (hashes[slot * 2] !== first || hashes[slot * 2 + 1] !== second) continue;
      place.slot = slot;
      return slot;
    }
    return -1;
  }

  /** Of the slots that a name may have, the one whose bucket lacks the smallest part. */
  #fullest({ first }: Place, now: number): number {
    const { levels, capacity } = this.#views;
    let fullest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let probe = 0; probe < probes; probe++) {
      const slot = (first + probe) & (capacity - 1);
      const lacking = (this.#fullAt(slot) - now) / (levels[slot * 2] || 1);
      if (lacking <= 0) return slot;
      if (lacking >= least) continue;
      least = lacking;
      fullest = slot;
    }
    return fullest;
  }
}

export function stateOf(fullInMs: number, { tokensPerMs, burst }: BucketRate): BucketState {
  const remaining = Math.floor(burst - fullInMs * tokensPerMs + tolerance);
  // To the microsecond: a clock of days has no more digits.
  return { remaining: Math.max(0, remaining), fullInMs: Math.round(fullInMs * 1_000) / 1_000 };
}

/** Two hashes that differ in how they mix (FNV-1a, and MurmurHash3's finaliser over another prime). */
function hashInto(target: Int32Array, name: string, seed: number): void {
  let first = seed;
  let second = seed ^ 0x5bd1e995;
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x85ebca6b);
    second ^= second >>> 13;
  }
  first = Math.imul(first ^ (first >>> 16), 0x85ebca6b);
  second = Math.imul(second ^ (second >>> 15), 0xc2b2ae35);
  target[0] = first ^ (first >>> 13);
  // No name has the hash of a slot that was never used.
  target[1] = (second ^ (second >>> 16)) | 1;
}
