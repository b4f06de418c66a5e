/**
 * What has been invalidated, as numbers that all threads of a process see at once: an invalidation takes the same time for one
 * entry as for a million, and nothing has to find them.
 *
 * A tag has two of a fixed number of slots, by its hash; an invalidation gives both another version. An entry has the versions
 * with which it was stored, and is current while each of its tags still has one of its two. So memory is bounded, and where
 * tags share slots, an entry may be invalidated with another’s tag, and never outlives its own: of 10,000 invalidations
 * of other tags, one in 200 entries is lost that are older than all of them.
 *
 * A slot also has the time of its last invalidation, so that what was read before it is not stored after it.
 */
import { machineNow } from '../../lib/index.ts';
import { type CacheName, cacheNames } from '../store-stats.ts';

/** The version of the entry’s cache, and for each tag its two slots, each with its version. */
export type Stamp = readonly number[];

/** 2^18 of 12 bytes each, of which the system gives what is touched. */
const defaultSlotBits = 18;
const numbersPerTag = 4;

interface Origin {
  readonly tags: readonly string[];
  readonly cache: CacheName;
  readonly readAt: number;
  readonly stamp: Stamp;
}

export function createStampMemory(slotBits = defaultSlotBits): SharedArrayBuffer {
  return new SharedArrayBuffer((2 ** slotBits + cacheNames.length + (cacheNames.length % 2)) * 12);
}

export class TagStamps {
  readonly #versions: Int32Array;
  /** Of the clock that threads share. */
  readonly #times: Float64Array;
  readonly #slotBits: number;
  /** The slot of the first cache, after those of tags. */
  readonly #firstCache: number;
  /** The last stamp, for entries that share its tags: those of a wave. */
  #last: Origin | undefined;

  /** @param memory from `createStampMemory`; one for all threads. @default of its own */
  constructor(memory: SharedArrayBuffer = createStampMemory()) {
    const slots = memory.byteLength / 12;
    this.#slotBits = Math.floor(Math.log2(slots));
    this.#firstCache = 2 ** this.#slotBits;
    this.#times = new Float64Array(memory, 0, slots);
    this.#versions = new Int32Array(memory, slots * 8, slots);
  }

  /**
   * The stamp of an entry.
   *
   * @param readMsAgo when the first of its sources was read
   * @returns undefined where something of it has been invalidated since
   */
  stampOf(tags: readonly string[], cache: CacheName, readMsAgo: number): Stamp | undefined {
    const last = this.#last;
    const readAt = machineNow() - readMsAgo;
    if (last?.tags === tags && last.cache === cache && last.readAt <= readAt && this.isCurrent(last.stamp, cache))
      return last.stamp;
    const ofCache = this.#slotOfCache(cache);
    const stamp = new Array<number>(1 + tags.length * numbersPerTag);
    // Versions before times: what is invalidated in between has another version than the stamp.
    stamp[0] = Atomics.load(this.#versions, ofCache);
    if (this.#timeOf(ofCache) > readAt) return undefined;
    let at = 1;
    for (const tag of tags) {
      const [first, second] = this.#slotsOf(tag);
      stamp[at++] = first;
      stamp[at++] = Atomics.load(this.#versions, first);
      stamp[at++] = second;
      stamp[at++] = Atomics.load(this.#versions, second);
      if (this.#timeOf(first) > readAt && this.#timeOf(second) > readAt) return undefined;
    }
    this.#last = { tags, cache, readAt, stamp };
    return stamp;
  }

  /** Whether nothing of the entry has been invalidated. */
  isCurrent(stamp: Stamp, cache: CacheName): boolean {
    const versions = this.#versions;
    if (Atomics.load(versions, this.#slotOfCache(cache)) !== stamp[0]) return false;
    for (let at = 1; at < stamp.length; at += numbersPerTag) {
      if (Atomics.load(versions, stamp[at] as number) === stamp[at + 1]) continue;
      if (Atomics.load(versions, stamp[at + 2] as number) !== stamp[at + 3]) return false;
    }
    return true;
  }

  invalidate(tag: string): void {
    this.#renew(this.#slotsOf(tag));
  }

  /** Invalidates all entries of a cache. */
  purge(cache: CacheName): void {
    this.#renew([this.#slotOfCache(cache)]);
  }

  #renew(slots: readonly number[]): void {
    const now = machineNow();
    for (const slot of slots) this.#times[slot] = Math.max(now, this.#timeOf(slot));
    for (const slot of slots) Atomics.add(this.#versions, slot, 1);
  }

  #timeOf(slot: number): number {
    return this.#times[slot] as number;
  }

  #slotOfCache(cache: CacheName): number {
    return this.#firstCache + cacheNames.indexOf(cache);
  }

  /** FNV-1a, and a second hash with another multiplier; the upper bits of each, mixed. */
  #slotsOf(tag: string): readonly [number, number] {
    let first = 0x811c9dc5;
    let second = 0x9747b28c;
    for (let index = 0; index < tag.length; index++) {
      const unit = tag.charCodeAt(index);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second ^ unit, 0x5bd1e995);
      second ^= second >>> 15;
    }
    const shift = 32 - this.#slotBits;
    first = Math.imul(first ^ (first >>> 16), 0x85ebca6b);
    second = Math.imul(second ^ (second >>> 13), 0xc2b2ae35);
    return [first >>> shift, second >>> shift];
  }
}
