/**
 * The keys of cached entries in Redis. They are hashes with a prefix, without user input.
 *
 * A script may only touch keys of one slot of a cluster, and reads an entry together with its tags. So there the keys are in 32
 * slots, evenly over the nodes, each with tags of its own: a wave is still one round trip, one script in each of the
 * slots that it needs, and an invalidation is 32 writes instead of one. Tags in one slot would need a second round trip for each
 * read, and all of them at one node.
 */
import { hash } from 'node:crypto';
import { type CacheName, cacheOfKey } from '../store-stats.ts';

/** Texts whose CRC-16 is in the first, second… of 32 equal parts of a cluster’s 16,384 slots. */
const slotTexts =
  '10 113 21 3 61 72 50 43 11 112 20 2 60 73 51 42 12 111 23 1 63 70 52 41 13 110 22 0 62 71 53 40'.split(' ');

/** 192 bits: nobody finds two keys of the same hash. */
const hashCharacters = 32;
export const tagNameCharacters = 16;

export interface EntryKey {
  /** Which of `slots` it is in. */
  readonly slot: number;
  readonly name: string;
}

export class RedisKeys {
  /** What keys of each slot begin with. */
  readonly slots: readonly string[];
  readonly #pattern: string;

  constructor(prefix: string, isCluster: boolean) {
    this.slots = isCluster ? slotTexts.map((text) => `${prefix}{${text}}`) : [prefix];
    this.#pattern = `${prefix.replace(/[*?[\]\\^]/g, '\\$&')}${isCluster ? '{*}' : ''}`;
  }

  entry(key: string): EntryKey {
    const name = hash('sha256', key, 'base64url').slice(0, hashCharacters);
    const slot = this.#slotOf(name);
    return { slot, name: `${this.slots[slot]}e:${cacheOfKey(key)}:${name}` };
  }

  /** Who fills the entry; in its slot, so that a node executes the write of the entry before the end of the lease. */
  lease(key: string): EntryKey {
    const name = hash('sha256', key, 'base64url').slice(0, hashCharacters);
    const slot = this.#slotOf(name);
    return { slot, name: `${this.slots[slot]}l:${name}` };
  }

  /** What keys of tags in a slot begin with; their `tagName` follows. */
  tagPrefix(slot: number): string {
    return `${this.slots[slot]}t:`;
  }

  /** When something was last invalidated in a slot that could not be written to: redis-scripts.ts. */
  mark(slot: number): string {
    return `${this.slots[slot]}m`;
  }

  /** Where each invalidation is listed. */
  get journal(): string {
    return `${this.slots[0]}j`;
  }

  /** A pattern of `SCAN` for the entries of a cache, or of all. */
  entryPattern(cache: CacheName | undefined): string {
    return `${this.#pattern}e:${cache ?? '*'}:*`;
  }

  #slotOf(name: string): number {
    if (this.slots.length === 1) return 0;
    return (name.charCodeAt(0) * 7 + name.charCodeAt(1)) % this.slots.length;
  }
}

/** 96 bits of the hash of a tag, as text. */
export function tagName(tag: string): string {
  return hash('sha256', tag, 'base64url').slice(0, tagNameCharacters);
}

/** The tag that every entry of a cache has. */
export function purgeTag(cache: CacheName): string {
  return `cache ${cache}`;
}
